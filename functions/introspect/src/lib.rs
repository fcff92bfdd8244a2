//! `POST /api/auth/introspect`: reports to another service whether a token is valid now (RFC 7662).
//!
//! The services share one secret, which they send by HTTP Basic. Without it, introspection is off.

mod basic;
mod refusal;
mod response;
mod secret;
mod secret_source;

use shared::db::{self, Database, SigningKeys};
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::IntrospectRoute;
use shared::http::{Endpoint, Form, Reply, Request};
use shared::jwt;
use shared::secrets_manager::SecretsManager;
use shared::verifier::{Callers, UnverifiedToken, Verifier};
use shared::{Clock, Environment, Error};

use basic::Basic;
pub use refusal::Refusal;
pub use response::IntrospectionResponse;
use secret_source::{SecretSetting, SecretSource};

/// The user of HTTP Basic, which all services share.
const USER: &str = "introspect";

/// The endpoint; without its parts if it is turned off.
#[derive(Debug)]
pub struct Introspect(Option<Introspection>);

/// The parts that it uses. It reads public keys and users, and notes that a session is used.
#[derive(Debug)]
struct Introspection {
    secret: SecretSource,
    verifier: Verifier,
    callers: Callers,
    clock: Clock,
}

impl Endpoint for Introspect {
    type Route = IntrospectRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        Self::with_clock(env, Clock::System)
    }

    async fn handle(
        &self,
        IntrospectRoute::Introspect: IntrospectRoute,
        request: &Request,
    ) -> Result<Reply, Box<dyn Failure>> {
        let introspection = self.0.as_ref().ok_or(Error::NotFound)?;
        match introspection.answer(request).await {
            Ok(reply) => Ok(reply),
            Err(refusal) => Ok(refusal.into_reply()?),
        }
    }
}

impl Introspect {
    /// Reads the settings of all parts. The function connects, and reads the secret, only for a
    /// request that needs it.
    pub fn with_clock(env: &mut Environment, clock: Clock) -> Result<Self, Invalid> {
        let secret = SecretSetting::from_env(env);
        let database = db::Settings::from_env(env).for_timeout(10);
        let tokens = jwt::Settings::from_env(env);
        let previous_issuer = tokens.issuer.previous(env);
        env.check()?;
        Ok(Self(secret.map(|secret| {
            let secrets = SecretsManager::default();
            let database = Database::new(database, secrets.clone());
            let signing_keys = SigningKeys::new(database.clone());
            let verifier = Verifier::new(tokens, signing_keys, clock.clone());
            Introspection {
                secret: SecretSource::new(secret, secrets, clock.clone()),
                verifier: verifier.with_previous_issuer(previous_issuer),
                callers: Callers::new(database),
                clock,
            }
        })))
    }
}

impl Introspection {
    async fn answer(&self, request: &Request) -> Result<Reply, Refusal> {
        self.authenticate(request).await?;
        let form = Form::read(request).await?;
        self.introspect(form.required("token")?).await
    }

    /// Refuses a service that hasn't sent the secret. The database isn't asked.
    async fn authenticate(&self, request: &Request) -> Result<(), Refusal> {
        let basic = Basic::read(&request.headers).ok_or(Refusal::InvalidClient)?;
        let password = basic.password_of(USER).ok_or(Refusal::InvalidClient)?;
        let is_accepted = self.secret.accepts(password.expose()).await;
        let is_accepted = is_accepted.map_err(|cause| Refusal::Other(Error::Unavailable(cause)))?;
        is_accepted.then_some(()).ok_or(Refusal::InvalidClient)
    }

    /// What the authorizer would find. A token of the legacy app has another form: it is inactive.
    async fn introspect(&self, token: &str) -> Result<Reply, Refusal> {
        let inactive = || Ok(Reply::json(&IntrospectionResponse::default()));
        let Some(token) = UnverifiedToken::parse(token) else { return inactive() };
        let Ok(valid) = self.verifier.verify(&token).await? else { return inactive() };
        match self.callers.find(&valid, &token.kid, self.clock.now()).await? {
            Some(caller) => Ok(Reply::json(&IntrospectionResponse::of(&valid, &caller))),
            None => inactive(),
        }
    }
}
