//! Publishes, promotes and withdraws the public keys of the signing secret.

use serde_json::{Value, json};
use shared::NumericDate;
use shared::jwt::{Algorithm, KeySource, Kid, PublicKey, SigningKey};
use shared::secrets_manager::{SecretsManager, Stage};
use shared::{Secret, log};

use crate::published_keys::PublishedKeys;
use crate::refusal::Refusal;

/// How much longer than a token's lifetime a retired key is accepted, for differing clocks and for
/// caches.
const MARGIN_SECONDS: u32 = 300;

/// The public keys of the secret's versions.
pub(crate) struct Keys {
    current: PublicKey,
    pending: Option<PublicKey>,
}

/// Reads the key that signs, and the new key of a rotation that is under way.
pub(crate) async fn read(source: &KeySource, secrets: &SecretsManager) -> Result<Keys, Refusal> {
    match source {
        KeySource::Value(value) => {
            Ok(Keys { current: public_key(value, "SIGNING_KEY")?, pending: None })
        }
        KeySource::Arn(arn) => {
            let read = async |stage, name| {
                let text = secrets.read(arn, stage).await.map_err(Refusal::SigningKey)?;
                text.map(|text| public_key(&text, name)).transpose()
            };
            let current = read(Stage::Current, "the version AWSCURRENT").await?;
            let current =
                current.ok_or_else(|| Refusal::SigningKey(format!("there is no secret {arn}")))?;
            Ok(Keys { current, pending: read(Stage::Pending, "the version AWSPENDING").await? })
        }
    }
}

fn public_key(text: &Secret<String>, name: &str) -> Result<PublicKey, Refusal> {
    let key = SigningKey::parse(text);
    let key = key.ok_or_else(|| Refusal::SigningKey(format!("{name} {}", SigningKey::SHAPE)))?;
    Ok(key.public_key().clone())
}

/// Publishes the keys. A key that the secret no longer holds is accepted until its last token ends.
pub(crate) async fn publish(
    table: &PublishedKeys,
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

/// How long a verifier may keep the public keys of this algorithm, in seconds, whatever our
/// `Cache-Control` says: an hour in API Gateway's REST APIs, two in its HTTP APIs, which take RSA
/// alone. A new key must have been published for this time before it signs.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-jwt-authorizer-keys.html>
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html>
const fn kept_by_verifiers_seconds(algorithm: Algorithm) -> u32 {
    match algorithm {
        Algorithm::Es256 => 3_600,
        Algorithm::Rs256 => 7_200,
    }
}

/// Checks that the new key may sign: every cache of the key set must have expired since it was
/// published.
pub(crate) async fn check_promotion(
    table: &PublishedKeys,
    keys: &Keys,
    now: NumericDate,
) -> Result<Value, Refusal> {
    let pending = keys.pending.as_ref().filter(|pending| **pending != keys.current);
    let pending = pending.ok_or(Refusal::NoNewKey)?;
    let kid = pending.kid();
    let published_at = table.published_at(&kid).await?.ok_or(Refusal::KeyNotPublished)?;
    let kept_seconds = kept_by_verifiers_seconds(pending.algorithm());
    let wait = published_at.plus(kept_seconds).seconds() - now.seconds();
    if wait > 0 {
        Err(Refusal::KeyTooYoung { wait })
    } else {
        Ok(json!({ "promotable": kid.as_str() }))
    }
}

/// Ends the acceptance of a key at once. Fails if the secret still holds it. The answer has the
/// longest time for which a verifier of another's may go on accepting it.
pub(crate) async fn withdraw(
    table: &PublishedKeys,
    keys: &Keys,
    kid: &Kid,
    now: NumericDate,
) -> Result<Value, Refusal> {
    let named = [Some(&keys.current), keys.pending.as_ref()].into_iter().flatten();
    if named.into_iter().any(|key| key.kid() == *kid) {
        return Err(Refusal::KeyInUse);
    }
    if !table.withdraw(kid, now).await? {
        return Err(Refusal::NoSuchKey);
    }
    log::notice(None, "signing_key_withdrawn", Some(kid.as_str()));
    let kept = kept_by_verifiers_seconds(Algorithm::Rs256);
    Ok(json!({ "withdrawn": kid.as_str(), "kept_by_others_seconds": kept }))
}

#[cfg(test)]
mod tests {
    use stage::{NOW, RSA_SIGNING_KEY, Stage};

    use super::*;

    fn public(digit: &str) -> PublicKey {
        public_key_of(&digit.repeat(64))
    }

    fn public_key_of(key: &str) -> PublicKey {
        public_key(&Secret::new(key.to_owned()), "the key").unwrap()
    }

    #[tokio::test]
    async fn a_new_key_is_promoted_once_everybody_can_have_learned_it() {
        let stage = Stage::new().await;
        let table = PublishedKeys::new(stage.database());
        let (current, pending) = (public("1"), Some(public("2")));
        let ask = async |pending: &Option<PublicKey>, seconds| {
            let keys = Keys { current: current.clone(), pending: pending.clone() };
            let asked = check_promotion(&table, &keys, NOW.plus(seconds)).await;
            asked.map_err(|refusal| refusal.to_string())
        };
        assert!(ask(&None, 0).await.unwrap_err().contains("no new key"));
        assert!(ask(&Some(public("1")), 0).await.unwrap_err().contains("no new key"));
        assert!(ask(&pending, 0).await.unwrap_err().contains("isn't published"));
        table.publish(&current, pending.as_ref(), NOW, NOW.plus(900)).await.unwrap();
        for seconds in [0, 1, 3_599] {
            let refusal = ask(&pending, seconds).await.unwrap_err();
            assert!(refusal.ends_with(&format!("in {} s.", 3_600 - seconds)), "{refusal}");
        }
        let kid = public("2").kid();
        assert_eq!(ask(&pending, 3_600).await, Ok(json!({ "promotable": kid.as_str() })));
        // Withdrawn and added again, it is new again.
        table.publish(&current, None, NOW.plus(3_601), NOW.plus(9_000)).await.unwrap();
        assert!(ask(&pending, 3_601).await.unwrap_err().contains("isn't published"));
        table.publish(&current, pending.as_ref(), NOW.plus(4_000), NOW.plus(9_000)).await.unwrap();
        assert!(ask(&pending, 4_001).await.is_err());
    }

    #[tokio::test]
    async fn an_rsa_key_waits_for_the_verifiers_that_take_rsa_alone() {
        let stage = Stage::new().await;
        let table = PublishedKeys::new(stage.database());
        let (p256, rsa) = (public("1"), public_key_of(RSA_SIGNING_KEY));
        for (current, pending, wait) in [(&p256, &rsa, 7_200), (&rsa, &p256, 3_600)] {
            // Not published any more, then published again.
            table.publish(current, None, NOW, NOW).await.unwrap();
            table.publish(current, Some(pending), NOW, NOW).await.unwrap();
            let keys = Keys { current: current.clone(), pending: Some(pending.clone()) };
            let early = check_promotion(&table, &keys, NOW.plus(wait - 1)).await.unwrap_err();
            assert!(matches!(early, Refusal::KeyTooYoung { wait: 1 }), "{early}");
            assert!(check_promotion(&table, &keys, NOW.plus(wait)).await.is_ok());
        }
    }

    #[tokio::test]
    async fn a_key_that_the_secret_holds_is_not_withdrawn() {
        let stage = Stage::new().await;
        let table = PublishedKeys::new(stage.database());
        let keys = Keys { current: public("1"), pending: Some(public("2")) };
        for (key, words) in [("1", "still names"), ("2", "still names"), ("3", "No signing key")] {
            let refused = withdraw(&table, &keys, &public(key).kid(), NOW).await;
            assert!(refused.unwrap_err().to_string().contains(words), "{key}");
        }
    }
}
