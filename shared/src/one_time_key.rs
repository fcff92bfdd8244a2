//! The key that the secrets of mails are hashed with.
//!
//! It isn't in the database, so a dump of the database doesn't reveal the codes: without a key, each is one
//! of only 2^40.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::hmac;

use crate::clock::{Clock, NumericDate};
use crate::email::AskedEmail;
use crate::environment::Environment;
use crate::mail;
use crate::one_time_secret::{Code, Link};
use crate::presented_secret::PresentedSecret;
use crate::secret::Secret;
use crate::secret_text;
use crate::secrets_manager::{SecretsManager, Stage};

const KEY: &str = "ONE_TIME_KEY";
const KEY_ARN: &str = "ONE_TIME_KEY_ARN";

/// How long a key that was read is used. After a change of the key, the mails of the last minutes may be
/// void.
const KEPT_SECONDS: u32 = 300;

/// The key, and where it is from.
#[derive(Debug, Clone)]
pub struct OneTimeKey {
    source: Source,
    secrets: SecretsManager,
    clock: Clock,
    found: Arc<Mutex<Option<(Key, NumericDate)>>>,
}

/// The hash of a secret that a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hashed {
    /// Of a link.
    Link([u8; 32]),
    /// Of a code, with the address that it was sent to.
    Code([u8; 32], AskedEmail),
}

#[derive(Debug, Clone)]
enum Source {
    /// `ONE_TIME_KEY`: the key itself.
    Value(Key),
    /// `ONE_TIME_KEY_ARN`: the ARN of its secret.
    Arn(String),
}

#[derive(Debug, Clone)]
struct Key(Secret<String>);

impl OneTimeKey {
    /// Reads `ONE_TIME_KEY`, or else `ONE_TIME_KEY_ARN`, one of which must be set if mail is on. `None` if
    /// mail is off or one is bad.
    pub fn from_env(env: &mut Environment, secrets: SecretsManager) -> Option<Self> {
        Self::with_clock(env, secrets, Clock::System)
    }

    fn with_clock(env: &mut Environment, secrets: SecretsManager, clock: Clock) -> Option<Self> {
        let (is_on, value, arn) = (mail::is_on(env), env.secret(KEY), env.text(KEY_ARN));
        let source = match (value.map(|value| Key::parse(&value)), arn) {
            (Some(Ok(key)), _) => Some(Source::Value(key)),
            (Some(Err(rule)), _) => {
                env.refuse(KEY, rule);
                None
            }
            (None, Some(arn)) => Some(Source::Arn(arn)),
            (None, None) if is_on => {
                env.refuse(KEY, "or ONE_TIME_KEY_ARN must be set");
                None
            }
            (None, None) => None,
        };
        let found = Arc::default();
        source.filter(|_| is_on).map(|source| Self { source, secrets, clock, found })
    }

    /// Reads the key from Secrets Manager, so that the first request finds it. Fails with a cause for the
    /// log.
    pub async fn warm_up(&self) -> Result<(), String> {
        self.key().await.map(drop)
    }

    /// The hash of a link. Fails with a cause for the log if the key can't be read.
    pub async fn hash_link(&self, link: &Link) -> Result<[u8; 32], String> {
        Ok(self.key().await?.hash("link", link.as_bytes()))
    }

    /// The hash of a code. Fails with a cause for the log if the key can't be read.
    pub async fn hash_code(&self, code: &Code) -> Result<[u8; 32], String> {
        Ok(self.key().await?.hash("code", code.as_bytes()))
    }

    /// The hash of what a client sent; `None` if no mail had it. Fails with a cause for the log if the key
    /// can't be read.
    pub async fn hash(&self, secret: &PresentedSecret) -> Result<Option<Hashed>, String> {
        match secret {
            PresentedSecret::Link(link) => Ok(Some(Hashed::Link(self.hash_link(link).await?))),
            PresentedSecret::Code(code, email) => {
                Ok(Some(Hashed::Code(self.hash_code(code).await?, email.clone())))
            }
            PresentedSecret::Neither => Ok(None),
        }
    }

    async fn key(&self) -> Result<Key, String> {
        let arn = match &self.source {
            Source::Value(key) => return Ok(key.clone()),
            Source::Arn(arn) => arn,
        };
        let now = self.clock.now();
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match found {
            Some((key, read_at)) if now < read_at.plus(KEPT_SECONDS) => Ok(key),
            found => match (self.read(arn).await, found) {
                (Ok(key), _) => {
                    let mut kept = self.found.lock().unwrap_or_else(PoisonError::into_inner);
                    *kept = Some((key.clone(), now));
                    Ok(key)
                }
                // A key that can't be read again is used longer.
                (Err(_), Some((key, _))) => Ok(key),
                (Err(cause), None) => Err(cause),
            },
        }
    }

    async fn read(&self, arn: &str) -> Result<Key, String> {
        let text = self.secrets.read(arn, Stage::Current).await?;
        let text = text.ok_or_else(|| format!("no secret {arn}"))?;
        Key::parse(&text).map_err(|rule| format!("the secret of {KEY_ARN} {rule}"))
    }
}

impl Key {
    fn parse(text: &Secret<String>) -> Result<Self, secret_text::BadText> {
        secret_text::checked(text).map(|text| Self(Secret::new(text.to_owned())))
    }

    /// HMAC-SHA-256 of a word and a secret, so that no code hashes as a link.
    fn hash(&self, word: &str, secret: &[u8]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose().as_bytes());
        let mut context = hmac::Context::with_key(&key);
        context.update(word.as_bytes());
        context.update(secret);
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        hash
    }
}

#[cfg(test)]
mod tests;
