//! Lambda's Invoke API at an address of this machine or of a test: `sam local start-lambda`, or
//! another program that speaks it.
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

use std::{fmt, io, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

use crate::invocation::{FunctionError, Handler, Outcome};

/// How long a check may take: the runner's start waits for it.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// The address of a service that speaks the Invoke API, as `http://127.0.0.1:3001`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LambdaEndpoint {
    /// The host with the port.
    authority: String,
}

/// Why a call to the endpoint has no answer of the function.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("nothing answers at {0}")]
    Unreachable(LambdaEndpoint),
    #[error("{0} has no function {1}")]
    Missing(LambdaEndpoint, String),
    #[error("it ended with an error, which its own log has")]
    Failed,
    #[error("{0} answered {1}")]
    Answered(LambdaEndpoint, StatusCode),
}

impl LambdaEndpoint {
    /// Parses an address. Fails with the rest of a sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let uri = text.parse::<Uri>().ok().filter(|uri| {
            uri.scheme_str() == Some("http") && uri.path() == "/" && uri.query().is_none()
        });
        let authority = uri.as_ref().and_then(Uri::authority);
        let authority = authority.filter(|it| !it.as_str().contains('@'));
        let authority = authority.ok_or("it must be an address as http://127.0.0.1:3001")?;
        let port = authority.port_u16().unwrap_or(80);
        Ok(Self { authority: format!("{}:{port}", authority.host()) })
    }

    /// Has the function answer an event.
    async fn invoke(&self, function: &str, event: Vec<u8>) -> Result<Vec<u8>, Fault> {
        let (status, has_failed, body) = self.post(function, "RequestResponse", event).await?;
        match status {
            StatusCode::OK if has_failed => Err(Fault::Failed),
            StatusCode::OK => Ok(body),
            StatusCode::NOT_FOUND => Err(Fault::Missing(self.clone(), function.to_owned())),
            other => Err(Fault::Answered(self.clone(), other)),
        }
    }

    /// Checks whether the function is there, without running it. An endpoint that doesn't know dry
    /// runs counts as one that has it.
    pub(crate) async fn check(&self, function: &str) -> Result<(), Fault> {
        let checked = timeout(CHECK_TIMEOUT, self.post(function, "DryRun", Vec::new()));
        match checked.await.map_err(|_| Fault::Unreachable(self.clone()))??.0 {
            StatusCode::NOT_FOUND => Err(Fault::Missing(self.clone(), function.to_owned())),
            _ => Ok(()),
        }
    }

    /// The status, whether the function failed, and the body.
    async fn post(
        &self,
        function: &str,
        kind: &str,
        event: Vec<u8>,
    ) -> Result<(StatusCode, bool, Vec<u8>), Fault> {
        let request = Request::post(format!("/2015-03-31/functions/{function}/invocations"))
            .header(header::HOST, &self.authority)
            .header(header::CONTENT_TYPE, "application/json")
            .header("X-Amz-Invocation-Type", kind)
            .body(Full::new(Bytes::from(event)));
        let answered = async {
            let request = request.map_err(io::Error::other)?;
            let stream = TcpStream::connect(&self.authority).await?;
            let (mut sender, connection) =
                http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
            let connection = tokio::spawn(connection);
            let answer = sender.send_request(request).await.map_err(io::Error::other)?;
            let (head, body) = answer.into_parts();
            let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
            connection.abort();
            let has_failed = head.headers.contains_key("X-Amz-Function-Error");
            Ok::<_, io::Error>((head.status, has_failed, body.into()))
        };
        answered.await.map_err(|_| Fault::Unreachable(self.clone()))
    }
}

impl fmt::Display for LambdaEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

/// A function that runs at an endpoint.
pub(crate) struct RemoteFunction {
    pub(crate) endpoint: LambdaEndpoint,
    /// Its name there: that of its resource in the template.
    pub(crate) name: String,
}

impl Handler for RemoteFunction {
    fn handle(&self, event: Vec<u8>) -> Outcome<'_> {
        Box::pin(async move {
            let answer = self.endpoint.invoke(&self.name, event).await;
            answer.map_err(|fault| FunctionError(fault.to_string()))
        })
    }
}

#[cfg(test)]
pub(crate) mod tests;
