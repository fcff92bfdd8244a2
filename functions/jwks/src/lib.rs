//! `GET /.well-known/jwks.json`: the public keys, for services that verify our tokens themselves
//! (RFC 7517 §5).

use serde::Serialize;
use shared::db::{self, Database, SigningKeys};
use shared::environment::Invalid;
use shared::http::{Endpoint, HeaderValue, Reply, Request, header};
use shared::jwt::PublicKey;
use shared::secrets_manager::SecretsManager;
use shared::{Clock, Environment, Error, log};

/// How long a reader may keep the keys. A pending key must have been published for as long
/// before it is promoted.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The parts that it touches: public keys alone.
#[derive(Debug)]
pub struct Jwks {
    signing_keys: SigningKeys,
    clock: Clock,
}

#[derive(Serialize)]
struct Set {
    keys: Vec<Key>,
}

#[derive(Serialize)]
struct Key {
    #[serde(flatten)]
    public: PublicKey,
    kid: String,
    alg: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
}

impl Endpoint for Jwks {
    const FUNCTION: &'static str = "jwks";

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let database = db::Settings::from_env(env);
        env.check()?;
        let database = Database::new(database, SecretsManager::default());
        log::warmed_up(database.warm_up().await);
        Ok(Self { signing_keys: SigningKeys::new(database), clock: Clock::System })
    }

    async fn handle(&self, request: &Request) -> Result<Reply, Error> {
        let keys = self.signing_keys.list_accepted(self.clock.now()).await?;
        let kids: Vec<_> = keys.iter().map(|(kid, _)| kid.as_str()).collect();
        // What changes in the set is which keys are in it, and each kid is its key's hash.
        let tag = format!("\"{}\"", kids.join("."));
        let known = request.header(&header::IF_NONE_MATCH).is_some_and(|tags| includes(tags, &tag));
        let key = |(kid, key): (shared::jwt::Kid, PublicKey)| Key {
            public: key,
            kid: kid.to_string(),
            alg: "ES256",
            usage: "sig",
        };
        let mut reply = Reply::json(&Set { keys: keys.into_iter().map(key).collect() })
            .with_header(header::CACHE_CONTROL, CACHE_CONTROL);
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            reply = reply.with_header(header::ETAG, tag);
        }
        Ok(if known { reply.not_modified() } else { reply })
    }
}

/// Whether an `If-None-Match` names the tag, weakly compared (RFC 9110 §13.1.2).
fn includes(tags: &str, tag: &str) -> bool {
    tags.split(',').map(str::trim).any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_alone_or_in_a_list_weak_or_strong() {
        for tags in ["\"a\"", "W/\"a\"", "*", "\"b\", W/\"a\""] {
            assert!(includes(tags, "\"a\""), "{tags}");
        }
        for tags in ["", "a", "\"b\"", "\"a\"x"] {
            assert!(!includes(tags, "\"a\""), "{tags}");
        }
    }
}
