//! `GET /.well-known/jwks.json`: the public keys as a JWK set (RFC 7517 §5), for services that
//! verify our tokens themselves. `GET /.well-known/openid-configuration` and
//! `GET /.well-known/oauth-authorization-server`: by these, they find the keys.

mod discovery;

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use shared::db::{self, Database, SigningKeys};
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::JwksRoute;
use shared::http::{ETag, Endpoint, HeaderValue, Reply, Request, header};
use shared::jwt::{Kid, PublicKey};
use shared::secrets_manager::SecretsManager;
use shared::{Clock, Environment, Error, NumericDate};
use utoipa::ToSchema;

pub use discovery::{Discovery, Metadata};

/// Its `max-age` is [`shared::jwt::PUBLIC_KEYS_MAX_AGE_SECONDS`].
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// How long a container answers with the keys that it has read. The route is public: only the first
/// request in this time costs a connection and a query.
pub const KEPT_SECONDS: u32 = 3;

/// The endpoint. It reads public keys only.
#[derive(Debug)]
pub struct Jwks {
    discovery: Option<Discovery>,
    database: Database,
    signing_keys: SigningKeys,
    clock: Clock,
    kept: Mutex<Option<Kept>>,
}

/// The keys that were accepted at `read_at`.
#[derive(Debug, Clone)]
struct Kept {
    keys: Arc<[(Kid, PublicKey)]>,
    read_at: NumericDate,
}

/// A JWK set (RFC 7517 §5).
#[derive(Debug, Serialize, ToSchema)]
pub struct KeySet {
    /// The keys that may have signed a token that is still valid.
    pub keys: Vec<Key>,
}

/// A public key as a JWK (RFC 7517 §4).
#[derive(Debug, Serialize, ToSchema)]
pub struct Key {
    #[serde(flatten)]
    public: PublicKey,
    /// The key's id in the header of a token: its RFC 7638 thumbprint.
    kid: String,
    /// The algorithm of its signatures.
    #[schema(examples("ES256", "RS256"))]
    alg: &'static str,
    /// The use of the key: signatures.
    #[serde(rename = "use")]
    #[schema(examples("sig"))]
    usage: &'static str,
}

impl From<&(Kid, PublicKey)> for Key {
    fn from((kid, public): &(Kid, PublicKey)) -> Self {
        let alg = public.algorithm().name();
        Self { public: public.clone(), kid: kid.to_string(), alg, usage: "sig" }
    }
}

impl Endpoint for Jwks {
    type Route = JwksRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let database = db::Settings::from_env(env).for_timeout(10);
        let discovery = Discovery::from_env(env);
        env.check()?;
        let database = Database::new(database, SecretsManager::default());
        Ok(Self::new(database, discovery, Clock::System))
    }

    async fn handle(&self, route: JwksRoute, request: &Request) -> Result<Reply, Box<dyn Failure>> {
        let reply = match route {
            JwksRoute::Keys => self.key_set(request).await?,
            JwksRoute::OpenIdConfiguration | JwksRoute::AuthorizationServer => {
                self.discovery.as_ref().ok_or(Error::NotFound)?.reply(request)
            }
        };
        Ok(reply.with_header(header::CACHE_CONTROL, CACHE_CONTROL))
    }
}

impl Jwks {
    /// The keys in this database, and the discovery document if there is one. Connects at the first
    /// request for the keys.
    pub fn new(database: Database, discovery: Option<Discovery>, clock: Clock) -> Self {
        let signing_keys = SigningKeys::new(database.clone());
        Self { discovery, database, signing_keys, clock, kept: Mutex::new(None) }
    }

    async fn key_set(&self, request: &Request) -> Result<Reply, Error> {
        let Kept { keys, read_at } = self.keys(self.clock.now()).await?;
        let kids: Vec<_> = keys.iter().map(|(kid, _)| kid.as_str()).collect();
        // The kids identify the set: each is the hash of its key.
        let tag = ETag::named(&kids.join("."));
        // With the age, no cache keeps the keys longer than CACHE_CONTROL allows (RFC 9111 §5.1).
        let age = (self.clock.now().seconds() - read_at.seconds()).max(0);
        Ok(Reply::json(&KeySet { keys: keys.iter().map(Key::from).collect() })
            .with_header(header::AGE, age.into())
            .with_etag(&tag, request))
    }

    /// The keys, read at most [`KEPT_SECONDS`] ago. Closes the connection after reading: anyone can
    /// make containers start, and none of them holds a connection.
    async fn keys(&self, now: NumericDate) -> Result<Kept, Error> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_fresh = |kept: &Kept| kept.read_at <= now && now < kept.read_at.plus(KEPT_SECONDS);
        if let Some(kept) = kept.filter(is_fresh) {
            return Ok(kept);
        }
        let keys = self.signing_keys.list_accepted(now).await;
        self.database.release().await;
        let kept = Kept { keys: keys?.into(), read_at: now };
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept.clone());
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use shared::jwt::PUBLIC_KEYS_MAX_AGE_SECONDS;

    #[test]
    fn the_keys_may_be_kept_as_long_as_a_promotion_waits() {
        let promised = format!("public, max-age={PUBLIC_KEYS_MAX_AGE_SECONDS}");
        assert_eq!(super::CACHE_CONTROL, promised);
    }
}
