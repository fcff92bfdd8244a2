//! The client of the Invoke API, against a small server of it.

use std::{convert::Infallible, sync::Arc};

use http::Response;
use hyper::{body::Incoming, server, service::service_fn};
use tokio::net::TcpListener;

use super::*;

/// What a function of the server answers: its output, or an error of its own.
type Answer = Arc<dyn Fn(&[u8]) -> Result<Vec<u8>, ()> + Send + Sync>;

/// A server of the Invoke API with one function.
pub(crate) async fn serving(
    name: &'static str,
    answer: impl Fn(&[u8]) -> Result<Vec<u8>, ()> + Send + Sync + 'static,
) -> LambdaEndpoint {
    let answer: Answer = Arc::new(answer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = Arc::clone(&answer);
            let service = service_fn(move |request| respond(name, Arc::clone(&answer), request));
            let http = server::conn::http1::Builder::new();
            tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
        }
    });
    LambdaEndpoint::parse(&format!("http://{address}")).unwrap()
}

async fn respond(
    name: &str,
    answer: Answer,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let is_there = request.uri().path() == format!("/2015-03-31/functions/{name}/invocations");
    let is_dry = request.headers()["x-amz-invocation-type"] == "DryRun";
    let event = request.into_body().collect().await.unwrap().to_bytes();
    let response = Response::builder();
    let response = match is_there {
        false => response.status(404).body(Bytes::new()),
        true if is_dry => response.status(204).body(Bytes::new()),
        true => match answer(&event) {
            Ok(output) => response.body(output.into()),
            Err(()) => response.header("X-Amz-Function-Error", "Unhandled").body("{}".into()),
        },
    };
    Ok(response.unwrap().map(Full::new))
}

#[tokio::test]
async fn an_event_is_answered_by_the_function() {
    let endpoint = serving("ReportsFunction", |event| Ok([event, b"!"].concat())).await;
    assert_eq!(endpoint.invoke("ReportsFunction", b"{}".into()).await.unwrap(), b"{}!");
    assert!(endpoint.check("ReportsFunction").await.is_ok());
}

#[tokio::test]
async fn a_function_that_fails_or_is_missing_is_named() {
    let failing = serving("F", |_| Err(())).await;
    let said = |fault: Fault| fault.to_string();
    assert_eq!(
        failing.invoke("F", vec![]).await.map_err(said).unwrap_err(),
        "it ended with an error, which its own log has"
    );
    let missing = format!("{failing} has no function G");
    assert_eq!(failing.invoke("G", vec![]).await.map_err(said).unwrap_err(), missing);
    assert_eq!(failing.check("G").await.map_err(said).unwrap_err(), missing);
    let nobody = LambdaEndpoint::parse("http://127.0.0.1:1").unwrap();
    let unreachable = "nothing answers at http://127.0.0.1:1";
    assert_eq!(nobody.invoke("F", vec![]).await.map_err(said).unwrap_err(), unreachable);
    assert_eq!(nobody.check("F").await.map_err(said).unwrap_err(), unreachable);
}

#[tokio::test(start_paused = true)]
async fn a_check_does_not_wait_for_an_endpoint_that_is_silent() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = LambdaEndpoint::parse(&format!("http://{}", silent.local_addr().unwrap()));
    let endpoint = endpoint.unwrap();
    let fault = endpoint.check("F").await.unwrap_err().to_string();
    assert_eq!(fault, format!("nothing answers at {endpoint}"));
}

#[test]
fn an_address_has_a_host_and_a_port() {
    for (text, shown) in [
        ("http://127.0.0.1:3001", "http://127.0.0.1:3001"),
        ("http://localhost:3001/", "http://localhost:3001"),
        ("http://lambda", "http://lambda:80"),
        ("http://[::1]:3001", "http://[::1]:3001"),
    ] {
        assert_eq!(LambdaEndpoint::parse(text).unwrap().to_string(), shown);
    }
    for text in ["", "127.0.0.1:3001", "https://a", "http://a/b", "http://a?b", "http://a:b@c", "x"]
    {
        let fault = LambdaEndpoint::parse(text).unwrap_err();
        assert_eq!(fault, "it must be an address as http://127.0.0.1:3001", "{text}");
    }
}
