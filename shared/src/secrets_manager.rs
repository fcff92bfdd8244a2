//! Secrets that a setting names by their ARN.

use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{DisplayErrorContext, SdkError};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use tokio::sync::OnceCell;

use crate::aws;
use crate::secret::Secret;

/// Reads from AWS Secrets Manager. The client is built when it is first needed: 4 ms of a cold
/// start that a function with its secrets in its settings doesn't pay. Clones share one client.
#[derive(Debug, Clone, Default)]
pub struct SecretsManager {
    client: Arc<OnceCell<Client>>,
}

/// A staging label of a secret's version.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// `AWSCURRENT`: the version in use.
    Current,
    /// `AWSPENDING`: the version that a rotation will put in use.
    Pending,
}

impl Stage {
    const fn label(self) -> &'static str {
        match self {
            Self::Current => "AWSCURRENT",
            Self::Pending => "AWSPENDING",
        }
    }
}

impl SecretsManager {
    /// The text of a secret's version; `None` if no version has that label. Fails with a cause
    /// for the log.
    pub async fn read(&self, arn: &str, stage: Stage) -> Result<Option<Secret<String>>, String> {
        let client = self.client.get_or_init(build).await;
        let request = client.get_secret_value().secret_id(arn).version_stage(stage.label());
        match request.send().await {
            Ok(output) => match output.secret_string {
                Some(text) => Ok(Some(Secret::new(text))),
                None => Err(format!("{arn} holds bytes, not text")),
            },
            Err(SdkError::ServiceError(error)) if is_absent(error.err()) => Ok(None),
            Err(error) => Err(format!("{arn} can't be read: {}", DisplayErrorContext(&error))),
        }
    }
}

fn is_absent(error: &GetSecretValueError) -> bool {
    error.is_resource_not_found_exception()
}

async fn build() -> Client {
    Client::new(&aws::config().await)
}
