//! A proxy before PostgreSQL that disturbs connections and counts messages.

mod carry;

use std::net::SocketAddr;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc as orders, watch};

use self::carry::carry;
use crate::messages::Counts;

/// How the proxy treats a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Forwards all data.
    Pass,
    /// Resets it in both directions.
    Reset,
    /// Silently drops all data, for as long as the connection lives.
    Blackhole,
    /// Refuses new connections and resets the others.
    Refuse,
    /// Forwards data after a delay.
    Delay(Duration),
}

/// A listener on loopback in its own thread, which runs while the test or its subject blocks. It
/// ends with the test binary.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    ways: Arc<Ways>,
    orders: orders::UnboundedSender<(Order, mpsc::Sender<()>)>,
}

#[derive(Debug)]
struct Ways {
    server: Mutex<SocketAddr>,
    order: watch::Sender<Order>,
    /// The numbers of the open connections.
    open: Mutex<Vec<usize>>,
    closed: Condvar,
    counts: Counts,
}

/// The mode of the connections up to a number, and of the later ones.
#[derive(Debug, Clone, Copy)]
struct Order {
    before: usize,
    present: Mode,
    others: Mode,
    /// A simple query beyond this number ends its connection instead of being forwarded.
    most_queries: usize,
    /// The statement with this number reaches the server, and its answer not the client.
    unanswered: usize,
}

impl Order {
    const fn of(&self, number: usize) -> Mode {
        if number < self.before { self.present } else { self.others }
    }
}

impl Proxy {
    /// A proxy to the server of a URL such as `postgresql://user@127.0.0.1:5432/name`.
    pub fn to(url: &str) -> Self {
        let (present, others) = (Mode::Pass, Mode::Pass);
        let (most_queries, unanswered) = (usize::MAX, usize::MAX);
        let order = Order { before: 0, present, others, most_queries, unanswered };
        let ways = Arc::new(Ways {
            server: Mutex::new(server_of(url)),
            order: watch::Sender::new(order),
            open: Mutex::default(),
            closed: Condvar::new(),
            counts: Counts::default(),
        });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (orders, receiver) = orders::unbounded_channel();
        let listening = ways.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                listen(TcpListener::from_std(listener).unwrap(), &listening, receiver).await;
            });
        });
        Self { address, ways, orders }
    }

    /// The URL's database, through this proxy.
    pub fn url(&self, url: &str) -> String {
        url.replace(&server_of(url).to_string(), &self.address.to_string())
    }

    /// Forwards new connections to another URL's server.
    pub fn lead_to(&self, url: &str) {
        *self.ways.server.lock().unwrap() = server_of(url);
    }

    /// Sets the mode of all connections, present and future.
    pub fn set(&self, mode: Mode) {
        let order = *self.ways.order.borrow();
        self.give(Order { before: 0, others: mode, ..order });
        if matches!(mode, Mode::Reset | Mode::Refuse) {
            self.wait_for_the_end_of_those_before(usize::MAX);
        }
    }

    /// Resets the present connections; later ones keep their mode.
    pub fn cut(&self) {
        let before = self.disturb_present(Mode::Reset);
        self.wait_for_the_end_of_those_before(before);
    }

    /// Drops all data of the present connections; later ones keep their mode.
    pub fn strand(&self) {
        self.disturb_present(Mode::Blackhole);
    }

    /// Ends all connections, future ones too, once this many simple queries were sent.
    pub fn end_after_queries(&self, most_queries: usize) {
        let order = *self.ways.order.borrow();
        self.give(Order { most_queries, ..order });
    }

    /// Resets the connection of the next statement with parameters, or of one after it, when its answer comes.
    pub fn lose_answer(&self, statements_between: usize) {
        let order = *self.ways.order.borrow();
        self.give(Order { unanswered: self.statements() + statements_between + 1, ..order });
    }

    /// The number of connections opened, without cancel requests.
    pub fn connects(&self) -> usize {
        self.ways.counts.connects.load(SeqCst)
    }

    /// The number of cancel requests.
    pub fn cancels(&self) -> usize {
        self.ways.counts.cancels.load(SeqCst)
    }

    /// The number of statements with parameters.
    pub fn statements(&self) -> usize {
        self.ways.counts.statements.load(SeqCst)
    }

    /// The number of simple queries, each with one or more statements.
    pub fn queries(&self) -> usize {
        self.ways.counts.queries.load(SeqCst)
    }

    /// The number of open connections.
    pub fn open(&self) -> usize {
        self.ways.open.lock().unwrap().len()
    }

    fn disturb_present(&self, present: Mode) -> usize {
        let before = self.ways.open.lock().unwrap().iter().max().map_or(0, |last| last + 1);
        let order = *self.ways.order.borrow();
        self.give(Order { before, present, ..order });
        before
    }

    /// Applies an order: at once for the listener, soon after for each connection.
    fn give(&self, order: Order) {
        let (done, obeyed) = mpsc::channel();
        self.orders.send((order, done)).unwrap();
        obeyed.recv().unwrap();
    }

    fn wait_for_the_end_of_those_before(&self, before: usize) {
        let open = self.ways.open.lock().unwrap();
        let any = |open: &mut Vec<usize>| open.iter().any(|number| *number < before);
        drop(self.ways.closed.wait_while(open, any).unwrap());
    }
}

/// The address of the URL's server.
fn server_of(url: &str) -> SocketAddr {
    let server = url.rsplit('@').next().unwrap_or_default();
    server.split('/').next().and_then(|address| address.parse().ok()).unwrap()
}

async fn listen(
    listener: TcpListener,
    ways: &Arc<Ways>,
    mut orders: orders::UnboundedReceiver<(Order, mpsc::Sender<()>)>,
) {
    let address = listener.local_addr().unwrap();
    let (mut listener, mut number) = (Some(listener), 0);
    loop {
        tokio::select! {
            biased;
            given = orders.recv() => {
                let Some((order, done)) = given else { return };
                match (order.others, listener.take()) {
                    (Mode::Refuse, _) => {}
                    (_, Some(open)) => listener = Some(open),
                    (_, None) => {
                        let socket = TcpSocket::new_v4().unwrap();
                        socket.set_reuseaddr(true).unwrap();
                        socket.bind(address).unwrap();
                        listener = Some(socket.listen(1024).unwrap());
                    }
                }
                ways.order.send_replace(order);
                let _ = done.send(());
            }
            Some(Ok((client, _))) = accept(listener.as_ref()) => {
                ways.open.lock().unwrap().push(number);
                tokio::spawn(carry(client, number, ways.clone()));
                number += 1;
            }
        }
    }
}

async fn accept(
    listener: Option<&TcpListener>,
) -> Option<std::io::Result<(TcpStream, SocketAddr)>> {
    Some(listener?.accept().await)
}
