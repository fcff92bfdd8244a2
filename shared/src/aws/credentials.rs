//! AWS credentials, for requests that we sign ourselves.

use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_smithy_types::error::display::DisplayErrorContext;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::config::{DEADLINE, config};

/// AWS credentials. The first read finds their provider, which clones share.
#[derive(Debug, Clone, Default)]
pub struct AwsCredentials(Arc<OnceCell<SharedCredentialsProvider>>);

impl AwsCredentials {
    /// The credentials of this provider.
    pub fn from_provider(provider: SharedCredentialsProvider) -> Self {
        Self(Arc::new(OnceCell::new_with(Some(provider))))
    }

    /// The current credentials. Fails with a cause for the log.
    pub(crate) async fn read(&self) -> Result<Credentials, String> {
        let read = async {
            let found = self.0.get_or_try_init(async || {
                let provider = config().await.credentials_provider();
                provider.ok_or_else(|| "there is no provider of credentials".to_owned())
            });
            let credentials = found.await?.provide_credentials().await;
            credentials.map_err(|error| DisplayErrorContext(error).to_string())
        };
        let late = || Err(format!("no answer within {} seconds", DEADLINE.as_secs()));
        timeout(DEADLINE, read).await.unwrap_or_else(|_| late())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use aws_credential_types::provider::error::CredentialsError;
    use aws_credential_types::provider::{ProvideCredentials, future};

    use super::*;

    /// Fails at first, then hangs, then returns credentials.
    #[derive(Debug, Default)]
    struct Recovering(AtomicU32);

    impl ProvideCredentials for Recovering {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let asked = self.0.fetch_add(1, Ordering::SeqCst);
            let credentials = Credentials::new("id", "secret", None, None, "test");
            future::ProvideCredentials::new(async move {
                match asked {
                    0 => Err(CredentialsError::not_loaded("none today")),
                    1 => std::future::pending().await,
                    _ => Ok(credentials),
                }
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_provider_that_fails_or_hangs_is_asked_again() {
        let provider = SharedCredentialsProvider::new(Recovering::default());
        let credentials = AwsCredentials::from_provider(provider);
        let cause = credentials.read().await.unwrap_err();
        assert!(cause.contains("none today"), "{cause}");
        assert_eq!(credentials.read().await.unwrap_err(), "no answer within 3 seconds");
        assert_eq!(credentials.clone().read().await.unwrap().access_key_id(), "id");
    }
}
