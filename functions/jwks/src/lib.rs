//! `GET /.well-known/jwks.json`: the public keys, for services that verify our tokens themselves
//! (RFC 7517 §5).

use serde::Serialize;
use shared::db::{self, Database, SigningKeys};
use shared::environment::Invalid;
use shared::http::{ETag, Endpoint, HeaderValue, Reply, Request, header};
use shared::jwt::{Kid, PublicKey};
use shared::secrets_manager::SecretsManager;
use shared::{Clock, Environment, Error, log};
use utoipa::ToSchema;

/// How long a reader may keep the keys. A pending key must have been published for as long
/// before it is promoted.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The parts that it touches: public keys alone.
#[derive(Debug)]
pub struct Jwks {
    signing_keys: SigningKeys,
    clock: Clock,
}

/// A JWK set (RFC 7517 §5).
#[derive(Debug, Serialize, ToSchema)]
pub struct KeySet {
    /// The keys that a token may be signed with, now or as long as it lives.
    pub keys: Vec<Key>,
}

/// A public key as a JWK (RFC 7517 §4).
#[derive(Debug, Serialize, ToSchema)]
pub struct Key {
    #[serde(flatten)]
    public: PublicKey,
    /// Which key it is, as the header of a token says: the key's RFC 7638 thumbprint.
    kid: String,
    /// The algorithm that it verifies.
    #[schema(examples("ES256"))]
    alg: &'static str,
    /// What it is for: signatures.
    #[serde(rename = "use")]
    #[schema(examples("sig"))]
    usage: &'static str,
}

impl From<(Kid, PublicKey)> for Key {
    fn from((kid, public): (Kid, PublicKey)) -> Self {
        Self { public, kid: kid.to_string(), alg: "ES256", usage: "sig" }
    }
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
        let tag = ETag::named(&kids.join("."));
        Ok(Reply::json(&KeySet { keys: keys.into_iter().map(Key::from).collect() })
            .with_header(header::CACHE_CONTROL, CACHE_CONTROL)
            .with_etag(&tag, request))
    }
}
