//! SMTP over verified TLS.

use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use serde::Deserialize;
use shared::secrets_manager::{SecretsManager, Stage};
use shared::{Environment, Secret};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::letter::Letter;
use crate::way_out::{Outcome, Sending, Transport};

/// The ports of implicit TLS (RFC 8314 §7.3), the second of SES. Over any other, STARTTLS is required.
const IMPLICIT_TLS: [u16; 2] = [465, 2465];

/// The port if the secret has none (RFC 6409).
const SUBMISSION: u16 = 587;

/// How long the server may take for a mail. The library limits the connection alone.
const LIMIT: Duration = Duration::from_secs(6);

/// A server, with the secret that names it.
#[derive(Debug)]
pub(super) struct Smtp {
    source: Source,
    authority: Option<Certificate>,
    limit: Duration,
    server: Mutex<Option<Arc<AsyncSmtpTransport<Tokio1Executor>>>>,
}

#[derive(Debug)]
enum Source {
    /// `SMTP_SECRET`: the secret itself.
    Value(Server),
    /// `SMTP_SECRET_ARN`: the ARN of the secret.
    Arn(String, SecretsManager),
}

/// The content of the secret.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    host: String,
    port: Option<u16>,
    /// Whether TLS comes first, if the port doesn't say so.
    implicit_tls: Option<bool>,
    username: Option<String>,
    password: Option<Password>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(from = "String")]
struct Password(Secret<String>);

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(Secret::new(text))
    }
}

const RULE: &str =
    r#"must be JSON as {"host":"smtp.example.com","port":587,"username":"…","password":"…"}"#;

impl Smtp {
    /// Reads `SMTP_SECRET`, or else `SMTP_SECRET_ARN`, one of which must be set if it is needed. `None` if
    /// there is none or it is bad.
    pub(super) fn from_env(
        env: &mut Environment,
        secrets: SecretsManager,
        is_needed: bool,
    ) -> Option<Self> {
        let source = match (env.secret("SMTP_SECRET"), env.text("SMTP_SECRET_ARN")) {
            (Some(text), _) => {
                let Some(server) = parse(&text) else {
                    env.refuse("SMTP_SECRET", RULE);
                    return None;
                };
                Source::Value(server)
            }
            (None, Some(arn)) => Source::Arn(arn, secrets),
            (None, None) => {
                if is_needed {
                    let rule = "or SMTP_SECRET_ARN must be set if MAIL_TRANSPORT is smtp";
                    env.refuse("SMTP_SECRET", rule);
                }
                return None;
            }
        };
        Some(Self { source, authority: None, limit: LIMIT, server: Mutex::default() })
    }

    async fn server(&self) -> Result<Arc<AsyncSmtpTransport<Tokio1Executor>>, String> {
        let mut found = self.server.lock().await;
        if let Some(server) = &*found {
            return Ok(Arc::clone(server));
        }
        let server = match &self.source {
            Source::Value(server) => server.clone(),
            Source::Arn(arn, secrets) => {
                let text = secrets.read(arn, Stage::Current).await?;
                let text = text.ok_or_else(|| format!("no secret {arn}"))?;
                parse(&text).ok_or_else(|| format!("the secret of SMTP_SECRET_ARN {RULE}"))?
            }
        };
        let server = Arc::new(self.transport(server).map_err(|error| cause(&error))?);
        *found = Some(Arc::clone(&server));
        Ok(server)
    }

    /// The way to a server, whose certificate must be valid for its name.
    fn transport(&self, server: Server) -> Result<AsyncSmtpTransport<Tokio1Executor>, Error> {
        let Server { host, port, implicit_tls, username, password } = server;
        let mut tls = TlsParameters::builder(host.clone());
        if let Some(authority) = &self.authority {
            tls = tls.add_root_certificate(authority.clone());
        }
        let tls = tls.build_rustls()?;
        let port = port.unwrap_or(SUBMISSION);
        let is_implicit = implicit_tls.unwrap_or(IMPLICIT_TLS.contains(&port));
        let tls = if is_implicit { Tls::Wrapper(tls) } else { Tls::Required(tls) };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host);
        let mut builder = builder.port(port).tls(tls).timeout(None);
        if let (Some(username), Some(Password(password))) = (username, password) {
            builder = builder.credentials(Credentials::new(username, password.expose().clone()));
        }
        Ok(builder.build())
    }
}

fn parse(text: &Secret<String>) -> Option<Server> {
    serde_json::from_str(text.expose()).ok().filter(|server: &Server| !server.host.is_empty())
}

impl Transport for Smtp {
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a> {
        Box::pin(async move {
            let message = match letter.to_message() {
                Ok(message) => message,
                Err(cause) => return Outcome::Postponed(cause),
            };
            let server = match self.server().await {
                Ok(server) => server,
                Err(cause) => return Outcome::Unavailable(cause),
            };
            let outcome = match timeout(self.limit, server.send(message)).await {
                Ok(Ok(_)) => Outcome::Sent(letter.id.clone()),
                Ok(Err(error)) => outcome(&error, letter),
                Err(_) => Outcome::Unavailable("no answer in time".to_owned()),
            };
            if let (Outcome::Unavailable(_), Source::Arn(..)) = (&outcome, &self.source) {
                // The secret may have changed.
                *self.server.lock().await = None;
            }
            outcome
        })
    }
}

/// What a failure means. A server's words may repeat the address, so the log gets the code alone.
fn outcome(error: &Error, letter: &Letter) -> Outcome {
    let Some(code) = error.status() else {
        return match cause(error) {
            // The server doesn't know SMTPUTF8 (RFC 6531).
            cause if error.is_client() && !letter.to.to_string().is_ascii() => {
                Outcome::Refused(cause)
            }
            cause => Outcome::Unavailable(cause),
        };
    };
    match u16::from(code) {
        // SES's interface says so.
        454 | 421 => Outcome::Throttled,
        code if error.is_permanent() && is_of_recipient(error) => {
            Outcome::Refused(code.to_string())
        }
        // A login that is refused (RFC 4954 §6) is no fault of the mail's.
        code @ (432 | 530 | 534 | 535 | 538) => Outcome::Unavailable(answered(code)),
        code => Outcome::Postponed(answered(code)),
    }
}

fn answered(code: u16) -> String {
    format!("the server answered {code}")
}

/// Whether an answer says that this mailbox takes no mail, by its enhanced status code (RFC 3463 §3, RFC
/// 7505). Without one, it may as well be about the sender, or a quota that is used up: the library doesn't
/// say which command it answers.
fn is_of_recipient(error: &Error) -> bool {
    let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let code = words.split_whitespace().next().unwrap_or_default();
    matches!(code, "5.1.1" | "5.1.2" | "5.1.3" | "5.1.6" | "5.1.10" | "5.2.1")
}

/// The cause of a failure that isn't a refusal, without the server's words.
fn cause(error: &Error) -> String {
    if error.is_response() { "an answer that can't be read".to_owned() } else { error.to_string() }
}

#[cfg(test)]
mod tests;
