//! HTTP: requests off the wire to the gateway, and its answers back.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::net::TcpListener;

use crate::{
    gateway::{Answer, BODY_BYTES, Gateway},
    mails::Mails,
};

/// How long a caller may take to send a request's head, or its body.
const SENDING: Duration = Duration::from_secs(30);

/// How much of a body that is too large we read away, so that its sender gets to hear of it.
const READ_AWAY_BYTES: usize = 64 * 1024 * 1024;

/// How long to wait after a connection that could not be accepted.
const AFTER_A_FAULT: Duration = Duration::from_millis(50);

/// How long open requests may take to end once we stop.
const STOPPING: Duration = Duration::from_secs(3);

/// Serves requests until `stop` is done, and then those that are open.
pub(crate) async fn serve(
    listener: TcpListener,
    gateway: Arc<Gateway>,
    mails: Mails,
    stop: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(SENDING).half_close(true);
    let open = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, caller)) = accepted else {
            // Out of file descriptors, say: one of the open connections has to end first.
            tokio::time::sleep(AFTER_A_FAULT).await;
            continue;
        };
        // Answers are small and whole: waiting for more to send only delays them.
        let _ = stream.set_nodelay(true);
        let (gateway, mails) = (Arc::clone(&gateway), mails.clone());
        let service = service_fn(move |request| {
            let (gateway, mails) = (Arc::clone(&gateway), mails.clone());
            async move { Ok::<_, Infallible>(answer(&gateway, &mails, request, caller).await) }
        });
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A caller that breaks the protocol or hangs up is no fault of ours.
            let _ = connection.await;
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(STOPPING, open.shutdown()).await;
}

async fn answer(
    gateway: &Gateway,
    mails: &Mails,
    request: Request<Incoming>,
    caller: SocketAddr,
) -> Answer {
    let (head, body) = request.into_parts();
    // A socket for both protocols has IPv4 addresses written as IPv6.
    let ip = caller.ip().to_canonical();
    if let Some(page) = mails.answer(&head.method, &head.uri, &head.headers, ip) {
        return page;
    }
    match tokio::time::timeout(SENDING, read(body)).await {
        Ok(Ok(body)) => gateway.answer(Request::from_parts(head, body), ip).await,
        Ok(Err(_)) => empty(StatusCode::BAD_REQUEST),
        Err(_) => empty(StatusCode::REQUEST_TIMEOUT),
    }
}

fn empty(status: StatusCode) -> Answer {
    let mut answer = Answer::default();
    *answer.status_mut() = status;
    answer
}

/// The whole body; `None` if it is over the gateway's limit.
async fn read(mut body: Incoming) -> Result<Option<Bytes>, hyper::Error> {
    if body.is_end_stream() {
        return Ok(Some(Bytes::new()));
    }
    let (mut kept, mut length) = (BytesMut::new(), 0);
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    while announced <= READ_AWAY_BYTES && length <= READ_AWAY_BYTES {
        let Some(frame) = body.frame().await else {
            return Ok((length <= BODY_BYTES).then(|| kept.freeze()));
        };
        if let Ok(data) = frame?.into_data() {
            length += data.len();
            if length <= BODY_BYTES {
                kept.extend_from_slice(&data);
            }
        }
    }
    Ok(None)
}

/// Takes a port. Fails with one sentence.
pub(crate) fn bind(host: &str, port: u16) -> Result<std::net::TcpListener, String> {
    let listener = std::net::TcpListener::bind((host, port)).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    listener.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!(
                "port {port} of {host} is taken: stop what listens there, or give --port another"
            )
        }
        _ => format!(
            "can't listen at port {port} of {host} ({error}): give --host an address of this \
             machine, and --port one that you may use"
        ),
    })
}
