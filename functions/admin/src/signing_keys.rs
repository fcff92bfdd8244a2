//! The public halves of the signing keys, from the secret's labels to the table.

use serde_json::{Value, json};
use shared::NumericDate;
use shared::Secret;
use shared::db::SigningKeys;
use shared::jwt::{KeySource, Kid, PublicKey, SigningKey};
use shared::secrets_manager::{SecretsManager, Stage};

use crate::refusal::Refusal;

/// How much longer than a token a retired key is kept: clocks differ, caches linger.
const MARGIN_SECONDS: u32 = 300;

/// The keys that the secret names.
pub(crate) struct Keys {
    current: PublicKey,
    pending: Option<PublicKey>,
}

/// Reads the key to sign with, and the one that a rotation has put beside it.
pub(crate) async fn read(source: &KeySource, secrets: &SecretsManager) -> Result<Keys, Refusal> {
    match source {
        KeySource::Value(value) => {
            Ok(Keys { current: public_key(value, "SIGNING_KEY")?, pending: None })
        }
        KeySource::Arn(arn) => {
            let read = async |stage| secrets.read(arn, stage).await.map_err(Refusal::SigningKey);
            let current = read(Stage::Current).await?;
            let current =
                current.ok_or_else(|| Refusal::SigningKey(format!("there is no secret {arn}")))?;
            let pending = read(Stage::Pending).await?;
            Ok(Keys {
                current: public_key(&current, "the version AWSCURRENT")?,
                pending: pending
                    .map(|pending| public_key(&pending, "the version AWSPENDING"))
                    .transpose()?,
            })
        }
    }
}

fn public_key(text: &Secret<String>, name: &str) -> Result<PublicKey, Refusal> {
    let key = SigningKey::parse(text);
    let key = key.ok_or_else(|| Refusal::SigningKey(format!("{name} {}", SigningKey::SHAPE)))?;
    Ok(key.public_key().clone())
}

/// Publishes them; a key that is named no more is accepted as long as its last token lives.
pub(crate) async fn publish(
    table: &SigningKeys,
    keys: &Keys,
    now: NumericDate,
    access_token_seconds: u32,
) -> Result<Value, Refusal> {
    let retire_at = now.plus(access_token_seconds).plus(MARGIN_SECONDS);
    let retired = table.publish(&keys.current, keys.pending.as_ref(), now, retire_at).await?;
    Ok(json!({
        "current": keys.current.kid().as_str(),
        "pending": keys.pending.as_ref().map(|key| key.kid().to_string()),
        "retired": retired.iter().map(Kid::as_str).collect::<Vec<_>>(),
    }))
}
