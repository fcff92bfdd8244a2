//! Requests that we sign ourselves, for services of which we need one operation: their libraries have a
//! hundred, and megabytes (docs/adr/0038).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use lambda_http::http::Request;
use lambda_http::http::header::CONTENT_TYPE;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::config::config;
use super::credentials::AwsCredentials;
use super::http_client::{self, HttpsClient};
use crate::clock::{Clock, NumericDate};
use crate::environment::Environment;

/// A service of AWS.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// The name in its host: `email` of `email.eu-central-1.amazonaws.com`.
    pub host: &'static str,
    /// The name that requests are signed for.
    pub signed_as: &'static str,
    /// The variable with an emulator's address, which AWS's own tools read too.
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html>
    pub endpoint_variable: &'static str,
}

/// <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization>
const ERROR_TYPE: &str = "x-amzn-errortype";

/// A status, the name of an error, and a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The header that names an error, as AWS sends it.
    pub error: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Calls of one service. Clones share its connections.
#[derive(Debug, Clone)]
pub struct SignedCalls {
    service: &'static Service,
    clock: Clock,
    ready: Arc<OnceCell<Ready>>,
}

#[derive(Debug)]
struct Ready {
    endpoint: String,
    region: String,
    credentials: AwsCredentials,
    client: HttpsClient,
}

impl SignedCalls {
    /// Calls with the credentials of this process, which the first one finds.
    pub fn new(service: &'static Service) -> Self {
        Self { service, clock: Clock::System, ready: Arc::default() }
    }

    /// Calls to a test's server.
    pub fn to(service: &'static Service, endpoint: String, clock: Clock) -> Self {
        let credentials = Credentials::new("AKIDEXAMPLE", "hunter2", None, None, "test");
        let credentials = SharedCredentialsProvider::new(credentials);
        let ready = Ready {
            endpoint,
            region: "eu-central-1".to_owned(),
            credentials: AwsCredentials::from_provider(credentials),
            client: http_client::client(),
        };
        Self { service, clock, ready: Arc::new(OnceCell::new_with(Some(ready))) }
    }

    /// Posts JSON with these headers, and reads the answer within a time. Fails with a cause for the log,
    /// which has nothing of the request.
    pub async fn post(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Vec<u8>,
        within: Duration,
    ) -> Result<Answer, String> {
        let late = |_| Err(format!("no answer within {} ms", within.as_millis()));
        timeout(within, self.send(path, headers, body)).await.unwrap_or_else(late)
    }

    async fn send(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, String> {
        let ready = self.ready.get_or_try_init(|| prepare(self.service)).await?;
        let credentials = ready.credentials.read().await?;
        let request =
            ready.request(self.service, path, headers, body, &credentials, self.clock.now());
        let request = request.ok_or("the request can't be signed")?;
        let answer = ready.client.request(request).await.map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            cause.unwrap_or_else(|| error.to_string())
        })?;
        let status = answer.status().as_u16();
        let error = answer.headers().get(ERROR_TYPE).and_then(|it| it.to_str().ok());
        let error = error.map(ToOwned::to_owned);
        let body = ByteStream::new(SdkBody::from_body_1_x(answer.into_body())).collect().await;
        let body = body.map_err(|error| error.to_string())?.to_vec();
        Ok(Answer { status, error, body })
    }
}

async fn prepare(service: &'static Service) -> Result<Ready, String> {
    let config = config().await;
    let region = config.region().map(ToString::to_string).ok_or("there is no region")?;
    let provider = config.credentials_provider();
    let provider = provider.ok_or("there is no provider of credentials")?;
    let mut env = Environment::of_process();
    let emulator = env.text(service.endpoint_variable).or_else(|| env.text("AWS_ENDPOINT_URL"));
    let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
    let endpoint = || format!("https://{}.{region}.amazonaws.com{suffix}", service.host);
    let endpoint = emulator.map_or_else(endpoint, |url| url.trim_end_matches('/').to_owned());
    let credentials = AwsCredentials::from_provider(provider);
    Ok(Ready { endpoint, region, credentials, client: http_client::client() })
}

impl Ready {
    /// The signed request (Signature Version 4); `None` if it has no such form.
    fn request(
        &self,
        service: &Service,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Vec<u8>,
        credentials: &Credentials,
        at: NumericDate,
    ) -> Option<Request<SdkBody>> {
        let url = format!("{}{path}", self.endpoint);
        let headers = headers.iter().copied().chain([(CONTENT_TYPE.as_str(), "application/json")]);
        let since_epoch = Duration::from_secs(u64::try_from(at.seconds()).ok()?);
        let identity = credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service.signed_as)
            .time(SystemTime::UNIX_EPOCH + since_epoch)
            .settings(SigningSettings::default())
            .build()
            .ok()?;
        let signable =
            SignableRequest::new("POST", &url, headers.clone(), SignableBody::Bytes(&body)).ok()?;
        let signature = sign(signable, &parameters.into()).ok()?.into_parts().0;
        let mut request = Request::post(&url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut request = request.body(SdkBody::from(body)).ok()?;
        signature.apply_to_request_http1x(&mut request);
        Some(request)
    }
}
