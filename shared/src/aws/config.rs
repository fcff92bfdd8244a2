//! The configuration of AWS clients: credentials, region, endpoint, HTTP client, timeouts.

use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use aws_sdk_secretsmanager::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, SharedHttpClient,
};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;

use super::http_client;
use crate::environment::Environment;

/// The timeout of one AWS call, which in a VPC without an endpoint would hang forever.
pub(super) const DEADLINE: Duration = Duration::from_secs(3);

/// Loads credentials and region over the given HTTP client.
pub type Loader = fn(SharedHttpClient) -> Pin<Box<dyn Future<Output = SdkConfig> + Send>>;

static LOADER: OnceLock<Loader> = OnceLock::new();

/// Sets the loader of this process, for a `main` outside Lambda. Only the first call has an effect.
/// The functions set none, so they don't link the search for profiles, roles and metadata services
/// (docs/adr/0009).
pub fn install(loader: Loader) {
    let _ = LOADER.set(loader);
}

/// The configuration for every AWS client.
pub(crate) async fn config() -> SdkConfig {
    let http_client = http_client::build();
    let found = match LOADER.get() {
        Some(load) => load(http_client.clone()).await,
        None => of_lambda(&mut Environment::of_process()),
    };
    complete(found, http_client)
}

fn complete(found: SdkConfig, http_client: SharedHttpClient) -> SdkConfig {
    let timeouts = TimeoutConfig::builder().operation_timeout(DEADLINE).build();
    found.into_builder().http_client(http_client).timeout_config(timeouts).build()
}

/// The configuration from Lambda's environment variables, whose credentials last as long as the
/// process. An emulator's address comes from the variables that AWS's own tools read.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
fn of_lambda(env: &mut Environment) -> SdkConfig {
    let mut config = SdkConfig::builder().behavior_version(BehaviorVersion::latest());
    config.set_region(env.text("AWS_REGION").map(Region::new));
    let endpoint = env.text("AWS_ENDPOINT_URL_SECRETS_MANAGER");
    config.set_endpoint_url(endpoint.or_else(|| env.text("AWS_ENDPOINT_URL")));
    config.set_credentials_provider(credentials(env).map(SharedCredentialsProvider::new));
    config.build()
}

fn credentials(env: &mut Environment) -> Option<Credentials> {
    let key = env.text("AWS_ACCESS_KEY_ID")?;
    let secret = env.text("AWS_SECRET_ACCESS_KEY")?;
    Some(Credentials::new(key, secret, env.text("AWS_SESSION_TOKEN"), None, "Environment"))
}

/// Like [`config`], for these environment variables.
#[cfg(test)]
pub(crate) fn config_of(pairs: &[(&str, &str)]) -> SdkConfig {
    complete(of_lambda(&mut pairs.iter().copied().collect()), http_client::build())
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::config::ProvideCredentials as _;

    use super::*;

    #[tokio::test]
    async fn a_function_is_who_lambda_says() {
        let config = config_of(&[
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
            ("AWS_SESSION_TOKEN", "session"),
        ]);
        assert_eq!(config.region().map(AsRef::as_ref), Some("eu-central-1"));
        assert_eq!(config.endpoint_url(), None);
        let credentials = config.credentials_provider().unwrap();
        let credentials = credentials.provide_credentials().await.unwrap();
        let parts = (credentials.access_key_id(), credentials.secret_access_key());
        assert_eq!(parts, ("AKIDEXAMPLE", "hunter2"));
        assert_eq!(credentials.session_token(), Some("session"));
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[tokio::test]
    async fn an_empty_session_token_is_none_and_half_a_key_too() {
        let pairs = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
        let config = config_of(&[pairs[0], pairs[1], ("AWS_SESSION_TOKEN", "")]);
        let credentials = config.credentials_provider().unwrap();
        let credentials = credentials.provide_credentials().await.unwrap();
        assert_eq!(credentials.session_token(), None);
        assert!(config_of(&pairs[..1]).credentials_provider().is_none());
    }

    #[test]
    fn an_emulator_is_found_by_the_more_exact_name_first() {
        let both = [
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:2"),
        ];
        assert_eq!(config_of(&both[..1]).endpoint_url(), Some("http://127.0.0.1:1"));
        assert_eq!(config_of(&both).endpoint_url(), Some("http://127.0.0.1:2"));
    }
}
