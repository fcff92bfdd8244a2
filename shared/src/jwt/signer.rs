//! Issues access tokens.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::claims::{Audience, Claims};
use super::public_key::Kid;
use super::settings::{Settings, TokenClaims};
use super::signing_key::{KeySource, SigningKey};
use crate::client_id::ClientId;
use crate::clock::{Clock, NumericDate};
use crate::database_id::DatabaseId;
use crate::environment::Environment;
use crate::error::Error;
use crate::random::Random;
use crate::role::Role;
use crate::secret::Secret;
use crate::secrets_manager::{SecretsManager, Stage};
use crate::session_id::SessionId;
use crate::user_id::UserId;

/// How long a container continues to sign with a published key that is no longer the signing one,
/// before it reads the secret again.
const REFETCH_SECONDS: u32 = 5;

/// Signs access tokens. It reads only the current signing key, which no verifier ever has. Clones
/// share the key.
#[derive(Debug, Clone)]
pub struct Signer {
    settings: Settings,
    life_seconds: u32,
    token_claims: TokenClaims,
    source: KeySource,
    secrets: SecretsManager,
    held: Arc<Mutex<Option<Held>>>,
    clock: Clock,
    random: Random,
}

#[derive(Debug, Clone)]
struct Held {
    key: Arc<SigningKey>,
    read_at: NumericDate,
}

/// What a token is issued for.
#[derive(Debug)]
pub struct Grant<'a> {
    /// Its user.
    pub user_id: UserId,
    /// The user's roles.
    pub roles: Vec<Role>,
    /// Its client.
    pub client_id: &'a ClientId,
    /// Its session, if there is one.
    pub session: Option<TokenSession>,
    /// The keys that verifiers accept now, the signing one first.
    pub published: &'a [Kid],
    /// The database.
    pub database_id: DatabaseId,
}

/// The session of a token.
#[derive(Debug, Clone, Copy)]
pub struct TokenSession {
    /// Its id.
    pub id: SessionId,
    /// How often its refresh token has been rotated.
    pub generation: i32,
    /// Its end, which the token doesn't outlive.
    pub expires_at: NumericDate,
}

/// A token and its lifetime.
#[derive(Debug)]
pub struct AccessToken {
    /// The compact JWS.
    pub token: Secret<String>,
    /// `expires_in` of RFC 6749 §5.1.
    pub expires_in: u32,
    /// `scope` of RFC 6749 §5.1: empty if the user has no role, `None` if tokens have no scope.
    pub scope: Option<String>,
}

impl Signer {
    /// Reads the settings of tokens, their lifetime and claims, and the source of the key.
    pub fn from_env(env: &mut Environment, secrets: SecretsManager) -> Self {
        let settings = Settings::from_env(env);
        let life_seconds = Settings::access_token_seconds(env);
        let token_claims = Settings::token_claims(env);
        let source = KeySource::from_env(env);
        let signer = Self::new(settings, life_seconds, source, Clock::System, Random::System);
        Self { token_claims, secrets, ..signer }
    }

    /// Sets what tokens say about their users.
    #[must_use]
    pub fn with_claims(self, token_claims: TokenClaims) -> Self {
        Self { token_claims, ..self }
    }

    /// A signer of tokens with a lifetime of `life_seconds`.
    pub fn new(
        settings: Settings,
        life_seconds: u32,
        source: KeySource,
        clock: Clock,
        random: Random,
    ) -> Self {
        let (secrets, held) = (SecretsManager::default(), Arc::default());
        let token_claims = TokenClaims::default();
        Self { settings, life_seconds, token_claims, source, secrets, held, clock, random }
    }

    /// Reads the key before the first token.
    pub async fn warm_up(&self) -> Result<(), Error> {
        self.read(self.clock.now()).await.map(drop)
    }

    /// The lifetime of a token in seconds, unless its session ends before.
    pub const fn life_seconds(&self) -> u32 {
        self.life_seconds
    }

    /// Makes ready the key for a token. If the cached key isn't the published one, the key was rotated
    /// and is read again.
    pub async fn prepare(&self, published: &[Kid], now: NumericDate) -> Result<(), Error> {
        self.key_for(published, now).await.map(drop)
    }

    /// Signs a token that is issued now.
    pub async fn access_token(&self, grant: Grant<'_>) -> Result<AccessToken, Error> {
        self.access_token_at(grant, self.clock.now()).await
    }

    /// Signs a token that is issued at the start of its session, or at another time that was read
    /// before.
    pub async fn access_token_at(
        &self,
        grant: Grant<'_>,
        now: NumericDate,
    ) -> Result<AccessToken, Error> {
        let key = self.key_for(grant.published, now).await?;
        let roles = Some(grant.roles).filter(|_| self.token_claims == TokenClaims::Roles);
        let scope = roles.as_deref().map(Role::joined);
        let end = now.plus(self.life_seconds);
        let exp = grant.session.map_or(end, |session| end.min(session.expires_at));
        let claims = Claims {
            iss: self.settings.issuer.as_str().to_owned(),
            aud: Audience::One(self.settings.audience.clone()),
            sub: grant.user_id.to_string(),
            client_id: grant.client_id.as_str().to_owned(),
            iat: now,
            exp,
            nbf: None,
            jti: URL_SAFE_NO_PAD.encode(self.random.bytes()),
            sid: grant.session.map(|session| session.id),
            generation: grant.session.map(|session| session.generation),
            database_id: grant.database_id,
            roles,
            scope: scope.clone().filter(|scope| !scope.is_empty()),
        };
        let token = signed(&claims, &key)
            .map_err(|error| Error::Internal(format!("a token that can't be signed: {error}")))?;
        let expires_in = u32::try_from(exp.seconds() - now.seconds()).unwrap_or(0);
        Ok(AccessToken { token: Secret::new(token), expires_in, scope })
    }

    async fn key_for(&self, published: &[Kid], now: NumericDate) -> Result<Arc<SigningKey>, Error> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let key = match held {
            Some(Held { key, .. }) if published.first() == Some(key.kid()) => key,
            Some(Held { key, read_at })
                if published.contains(key.kid()) && now < read_at.plus(REFETCH_SECONDS) =>
            {
                key
            }
            _ => self.read(now).await?,
        };
        // Between a promotion and the next `migrate`, our key is published but not yet first.
        if published.contains(key.kid()) {
            Ok(key)
        } else {
            Err(Error::Unavailable(format!(
                "signing key {} isn't published: invoke admin with {{\"verb\":\"migrate\"}}",
                key.kid()
            )))
        }
    }

    async fn read(&self, now: NumericDate) -> Result<Arc<SigningKey>, Error> {
        let text = match &self.source {
            KeySource::Value(value) => value.clone(),
            KeySource::Arn(arn) => self
                .secrets
                .read(arn, Stage::Current)
                .await
                .map_err(Error::Unavailable)?
                .ok_or_else(|| Error::Unavailable(format!("no secret {arn}")))?,
        };
        let key = SigningKey::parse(&text)
            .ok_or_else(|| Error::Unavailable(format!("the signing key {}", SigningKey::SHAPE)))?;
        let key = Arc::new(key);
        let held = Held { key: Arc::clone(&key), read_at: now };
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
        Ok(key)
    }
}

/// The header of a token (RFC 9068 §2.1).
#[derive(Serialize)]
struct Header<'a> {
    typ: &'static str,
    alg: &'static str,
    kid: &'a str,
}

/// The claims as a compact JWS (RFC 7515 §3.1).
fn signed(claims: &Claims, key: &SigningKey) -> Result<String, Box<dyn std::error::Error>> {
    let alg = key.public_key().algorithm().name();
    let header = Header { typ: "at+jwt", alg, kid: key.kid().as_str() };
    let encode = |json: Vec<u8>| URL_SAFE_NO_PAD.encode(json);
    let header = encode(serde_json::to_vec(&header)?);
    let message = format!("{header}.{}", encode(serde_json::to_vec(claims)?));
    let signature = encode(key.sign(message.as_bytes())?);
    Ok(format!("{message}.{signature}"))
}

#[cfg(test)]
mod tests;
