//! The HTTP/1.1 client of AWS clients, with TLS for `https` addresses.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_secretsmanager::config::http::{HttpRequest, HttpResponse};
use aws_sdk_secretsmanager::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect};
use hyper_util::rt::TokioExecutor;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;

/// How long an idle connection is kept: long enough for two secrets in a row, too short for a
/// connection from before a freeze to be reused.
const IDLE: Duration = Duration::from_secs(5);

/// The client with its timeout.
#[derive(Debug, Clone)]
struct Https {
    client: HttpsClient,
    limit: Option<Duration>,
}

/// The client for requests that we sign ourselves.
pub(super) type HttpsClient = Client<HttpsConnector<connect::HttpConnector>, SdkBody>;

/// The client of AWS's libraries.
pub(super) fn build() -> SharedHttpClient {
    SharedHttpClient::new(Https { client: client(), limit: None })
}

/// A client that trusts the authorities of this machine, or those of `SSL_CERT_FILE` and
/// `SSL_CERT_DIR`.
pub(super) fn client() -> HttpsClient {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    #[expect(clippy::expect_used, reason = "the provider has suites for both")]
    let tls = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("suites for TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
    Client::builder(TokioExecutor::new()).pool_idle_timeout(IDLE).build(https.build())
}

impl HttpClient for Https {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        // One timeout for connecting and reading, so that a missing metadata service is given up.
        let limit = match (settings.connect_timeout(), settings.read_timeout()) {
            (Some(connect), Some(read)) => Some(connect + read),
            (one, other) => one.or(other),
        };
        SharedHttpConnector::new(Self { client: self.client.clone(), limit })
    }
}

impl HttpConnector for Https {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => {
                return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())));
            }
        };
        let response = self.client.request(request);
        let limit = self.limit;
        HttpConnectorFuture::new(async move {
            let response = match limit {
                Some(limit) => timeout(limit, response)
                    .await
                    .map_err(|late| ConnectorError::timeout(late.into()))?,
                None => response.await,
            };
            let response = response.map_err(|error| ConnectorError::io(error.into()))?;
            HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}
