//! A bare connection, for bytes that no HTTP client sends.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream};
use std::time::Duration;

use tokio::net::TcpSocket;

/// The longest hash on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);

/// The answer on a bare connection.
#[derive(Debug)]
pub(crate) struct RawAnswer {
    /// The status, or `None` if the connection was closed without an answer.
    pub(crate) status: Option<u16>,
    /// All bytes after the head.
    pub(crate) body: String,
}

/// Sends bytes to the service at `base` and reads until it closes the connection.
///
/// The head must have `Connection: close`.
#[track_caller]
pub(crate) fn exchange(base: &str, bytes: &[u8]) -> RawAnswer {
    let mut stream = connect(base);
    // A server may answer and close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    parse(&answer)
}

/// A connection to the service at `base`.
#[track_caller]
pub(crate) fn connect(base: &str) -> TcpStream {
    let authority = base.strip_prefix("http://").expect("an http address");
    let authority = authority.split('/').next().unwrap_or(authority);
    let stream = TcpStream::connect(authority).expect("a connection");
    stream.set_read_timeout(Some(DEADLINE)).expect("a read timeout");
    stream.set_write_timeout(Some(DEADLINE)).expect("a write timeout");
    stream
}

/// The same, from another address of this machine, such as 127.1.2.3.
#[track_caller]
pub(crate) fn connect_from(source: IpAddr, base: &str) -> TcpStream {
    let authority = base.strip_prefix("http://").expect("an http address");
    let address = authority.parse().expect("an address without a path");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let stream = runtime.expect("a runtime").block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.bind((source, 0).into())?;
        socket.connect(address).await?.into_std()
    });
    let stream = stream.expect("a connection");
    stream.set_nonblocking(false).expect("a blocking connection");
    stream.set_read_timeout(Some(DEADLINE)).expect("a read timeout");
    stream
}

fn parse(answer: &[u8]) -> RawAnswer {
    let text = String::from_utf8_lossy(answer);
    let status = text
        .strip_prefix("HTTP/1.1 ")
        .or_else(|| text.strip_prefix("HTTP/1.0 "))
        .and_then(|rest| rest.get(..3))
        .and_then(|digits| digits.parse().ok());
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned();
    RawAnswer { status, body }
}
