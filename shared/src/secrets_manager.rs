//! Reads secrets from AWS Secrets Manager.

use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{DisplayErrorContext, SdkError};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use tokio::sync::OnceCell;

use crate::aws;
use crate::secret::Secret;

/// A client of AWS Secrets Manager, built at its first use: that saves 4 ms of a cold start if all
/// secrets are in settings. Clones share the client.
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
    /// `AWSPENDING`: the new version of a rotation.
    Pending,
    /// `AWSPREVIOUS`: the version before the current one.
    Previous,
}

impl Stage {
    const fn label(self) -> &'static str {
        match self {
            Self::Current => "AWSCURRENT",
            Self::Pending => "AWSPENDING",
            Self::Previous => "AWSPREVIOUS",
        }
    }
}

impl SecretsManager {
    /// The text of the secret's version with this label, if there is one. Fails with a cause for the
    /// log.
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::time::Instant;

    use super::*;

    const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x";

    fn secrets_at(url: &str) -> SecretsManager {
        let config = aws::config_of(&[
            ("AWS_ENDPOINT_URL", url),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
            ("AWS_SESSION_TOKEN", "session"),
        ]);
        SecretsManager { client: Arc::new(OnceCell::new_with(Some(Client::new(&config)))) }
    }

    /// The result of a read from a server that answers with `status` and `body`, and its requests.
    async fn read(status: &str, body: &str) -> (Result<Option<String>, String>, Vec<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.1\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        let mut requests = Vec::new();
        let serving = async {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                // The body is one line of JSON and ends the request.
                while !request.ends_with(b"}") {
                    assert!(stream.read_buf(&mut request).await.unwrap() > 0);
                }
                requests.push(String::from_utf8(request).unwrap());
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        };
        let secrets = secrets_at(&url);
        let found = tokio::select! {
            found = secrets.read(ARN, Stage::Pending) => found,
            never = serving => never,
        };
        (found.map(|found| found.map(|secret| secret.expose().clone())), requests)
    }

    #[tokio::test]
    async fn a_secret_is_asked_for_by_a_signed_request_and_its_text_is_read() {
        let (found, requests) = read("200 OK", r#"{"SecretString":"the text"}"#).await;
        assert_eq!(found, Ok(Some("the text".into())));
        let [request] = &requests[..] else { panic!("{requests:?}") };
        for part in [
            "POST / HTTP/1.1\r\n",
            "x-amz-target: secretsmanager.GetSecretValue\r\n",
            "Credential=AKIDEXAMPLE/",
            "/eu-central-1/secretsmanager/aws4_request",
            "x-amz-security-token: session\r\n",
            ARN,
            "AWSPENDING",
        ] {
            assert!(request.contains(part), "{part}: {request}");
        }
    }

    #[tokio::test]
    async fn a_missing_version_is_none_and_a_refusal_is_reported() {
        let (found, _) = read("400 Bad Request", r#"{"__type":"ResourceNotFoundException"}"#).await;
        assert_eq!(found, Ok(None));
        let refusal = r#"{"__type":"AccessDeniedException","message":"not for you"}"#;
        let (found, requests) = read("400 Bad Request", refusal).await;
        let cause = found.unwrap_err();
        assert!(cause.contains(ARN) && cause.contains("AccessDeniedException"), "{cause}");
        assert_eq!(requests.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_never_answers_is_given_up_at_the_deadline() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let began = Instant::now();
        let cause = secrets_at(&url).read(ARN, Stage::Current).await.unwrap_err();
        assert!(cause.contains("timeout"), "{cause}");
        assert_eq!(began.elapsed().as_secs(), 3);
    }
}
