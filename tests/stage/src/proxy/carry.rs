//! One connection through the proxy.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep;

use super::{Mode, Order, Ways};
use crate::messages::Messages;

/// Serves a connection until either side or an order ends it.
pub(super) async fn carry(mut client: TcpStream, number: usize, ways: Arc<Ways>) {
    if carried(&mut client, number, &ways).await == End::Reset {
        client.set_zero_linger().unwrap();
    }
    drop(client);
    ways.open.lock().unwrap().retain(|open| *open != number);
    ways.closed.notify_all();
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Closed,
    Reset,
}

async fn carried(client: &mut TcpStream, number: usize, ways: &Ways) -> End {
    let mut orders = ways.order.subscribe();
    if orders.borrow_and_update().of(number) == Mode::Blackhole {
        return lose(client, &mut orders, number).await;
    }
    let server = *ways.server.lock().unwrap();
    let Ok(mut server) = TcpStream::connect(server).await else { return End::Reset };
    // Nagle's algorithm would delay each message until the previous one is acknowledged.
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let mut messages = Messages::default();
    let (mut there, mut back) = (Vec::new(), Vec::new());
    let mut is_unanswered = false;
    loop {
        let order = *orders.borrow_and_update();
        match order.of(number) {
            Mode::Reset | Mode::Refuse => return End::Reset,
            Mode::Blackhole => return lose(client, &mut orders, number).await,
            Mode::Delay(time) if there.len() + back.len() > 0 => sleep(time).await,
            Mode::Pass | Mode::Delay(_) => {}
        }
        if is_unanswered && !back.is_empty() {
            return End::Reset;
        }
        let before = ways.counts.statements.load(SeqCst);
        let passing = messages.read(&there, &ways.counts, order.most_queries);
        let sent = server.write_all(&there[..passing]).await.and(client.write_all(&back).await);
        if sent.is_err() || passing < there.len() {
            return End::Closed;
        }
        is_unanswered |=
            (before..ways.counts.statements.load(SeqCst)).contains(&(order.unanswered - 1));
        there.clear();
        back.clear();
        let read = tokio::select! {
            biased;
            _ = orders.changed() => continue,
            read = client.read_buf(&mut there) => read,
            read = server.read_buf(&mut back) => read,
        };
        if !read.is_ok_and(|bytes| bytes > 0) {
            return End::Closed;
        }
    }
}

/// Discards what the client sends until it disconnects.
async fn lose(client: &mut TcpStream, orders: &mut watch::Receiver<Order>, number: usize) -> End {
    let mut lost = Vec::new();
    loop {
        lost.clear();
        tokio::select! {
            _ = orders.changed() => {
                if matches!(orders.borrow_and_update().of(number), Mode::Reset | Mode::Refuse) {
                    return End::Reset;
                }
            }
            read = client.read_buf(&mut lost) => {
                if !read.is_ok_and(|bytes| bytes > 0) {
                    return End::Closed;
                }
            }
        }
    }
}
