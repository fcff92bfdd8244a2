//! A way to the database that breaks off after so many statements, as if the migration were killed
//! there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use stage::Stage;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// The way, and how many statements have gone it.
pub(crate) struct Cut {
    /// The same database, by that way.
    pub(crate) stage: Stage,
    sent: Arc<AtomicUsize>,
}

impl Cut {
    /// A way to that database that ends, for all connections, once the server has been sent the
    /// statement of that number.
    pub(crate) async fn after(statements: usize, stage: &Stage) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (before, rest) = stage.url.split_once("127.0.0.1:").unwrap();
        let (port, name) = rest.split_once('/').unwrap();
        let here = listener.local_addr().unwrap();
        let url = format!("{before}{here}/{name}");
        let server = format!("127.0.0.1:{port}");
        let sent = Arc::new(AtomicUsize::new(0));
        let counter = sent.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                // Or each message waits for the answer to the one before.
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let (from_client, mut to_client) = client.into_split();
                let (mut from_server, to_server) = server.into_split();
                let counter = counter.clone();
                let answers = tokio::spawn(async move {
                    let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
                });
                tokio::spawn(async move {
                    // An end of either kind ends the connection on both sides.
                    let _ = pass(from_client, to_server, &counter, statements).await;
                    answers.abort();
                });
            }
        });
        Self { stage: Stage { url, clock: stage.clock.clone() }, sent }
    }

    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    sent: &AtomicUsize,
    limit: usize,
) -> std::io::Result<()> {
    // The startup message has no letter before its length.
    let mut head = vec![0; 4];
    loop {
        from.read_exact(&mut head).await?;
        let length = u32::from_be_bytes(head[head.len() - 4..].try_into().unwrap());
        let mut body = vec![0; length as usize - 4];
        from.read_exact(&mut body).await?;
        // Whatever changes something but the keys goes as a simple query.
        let is_statement = head.len() == 5 && head[0] == b'Q';
        let number = sent.fetch_add(usize::from(is_statement), Ordering::SeqCst);
        if number >= limit {
            return Ok(());
        }
        to.write_all(&[head.as_slice(), &body].concat()).await?;
        head = vec![0; 5];
    }
}
