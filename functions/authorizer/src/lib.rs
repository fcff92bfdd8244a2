//! The REQUEST authorizer: identifies the caller and the routes that they may use.
//!
//! API Gateway caches one answer per token for all routes, so the policy names every route that
//! the caller may use, not just the requested one.
//!
//! Other APIs may use it too: a stage variable says which routes an API has (docs/adr/0027).

#[cfg(feature = "legacy")]
mod adopted_callers;
mod authorization;
mod error;
mod event;
#[cfg(feature = "legacy")]
mod legacy_caller;
mod policy;

use std::time::Instant;

use own_routes::OwnRoutes;
use shared::db::{self, Database, SigningKeys};
use shared::environment::Invalid;
use shared::jwt;
use shared::secrets_manager::SecretsManager;
use shared::verifier::{Callers, FoundCaller, UnverifiedToken, ValidToken, Verifier};
use shared::{Caller, Clock, Environment, UserId, log};

#[cfg(feature = "legacy")]
pub use adopted_callers::AdoptedCallers;
pub use error::Error;
pub use event::Event;
pub use policy::Policy;

/// The authorizer. It reads public keys and users, and the secret of the legacy app if its tokens
/// are accepted.
#[derive(Debug)]
pub struct Authorizer {
    database: Database,
    verifier: Verifier,
    callers: Callers,
    #[cfg(feature = "legacy")]
    legacy: Option<legacy_caller::Legacy>,
    own_routes: &'static OwnRoutes,
    clock: Clock,
    app_name: String,
}

/// What an accepted token gets, and what the log says of it.
struct Accepted {
    policy: Policy,
    user_id: UserId,
    event: Option<&'static str>,
}

impl Authorizer {
    /// Reads the settings of each part. The authorizer connects to the database, and reads the
    /// legacy app's secret, only for a token that needs it: a container that starts for garbage holds
    /// no connection.
    #[expect(clippy::unused_async, reason = "every function starts alike")]
    pub async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let database = db::Settings::from_env(env).for_timeout(10);
        let tokens = jwt::Settings::from_env(env);
        let previous_issuer = tokens.issuer.previous(env);
        #[cfg(feature = "legacy")]
        let legacy = legacy::tokens::Settings::from_env(env);
        let app_name = log::app_name(env);
        let own_routes = OwnRoutes::from_env(env);
        env.check()?;
        let secrets = SecretsManager::default();
        let database = Database::new(database, secrets.clone());
        let authorizer = Self::new(database, tokens, Clock::System, app_name);
        let authorizer =
            authorizer.with_own_routes(own_routes).with_previous_issuer(previous_issuer);
        #[cfg(feature = "legacy")]
        let authorizer = authorizer.with_legacy_tokens(legacy, secrets);
        Ok(authorizer)
    }

    /// An authorizer over this database.
    pub fn new(database: Database, tokens: jwt::Settings, clock: Clock, app_name: String) -> Self {
        let signing_keys = SigningKeys::new(database.clone());
        let verifier = Verifier::new(tokens, signing_keys, clock.clone());
        let callers = Callers::new(database.clone());
        Self {
            database,
            verifier,
            callers,
            #[cfg(feature = "legacy")]
            legacy: None,
            own_routes: OwnRoutes::NONE,
            clock,
            app_name,
        }
    }

    /// Opens a team's own routes too.
    #[must_use]
    pub fn with_own_routes(self, own_routes: &'static OwnRoutes) -> Self {
        Self { own_routes, ..self }
    }

    /// Accepts the tokens of this issuer too, if there is one.
    #[must_use]
    pub fn with_previous_issuer(self, previous: Option<jwt::Issuer>) -> Self {
        Self { verifier: self.verifier.with_previous_issuer(previous), ..self }
    }

    /// Accepts the legacy app's tokens too, if there are settings for them.
    #[cfg(feature = "legacy")]
    #[must_use]
    pub fn with_legacy_tokens(
        self,
        settings: Option<legacy::tokens::Settings>,
        secrets: SecretsManager,
    ) -> Self {
        let callers = || AdoptedCallers::new(self.database.clone());
        let legacy = settings.map(|it| legacy_caller::Legacy::new(it, secrets, callers()));
        Self { legacy, ..self }
    }

    /// Answers one event and logs it. After a refusal the container closes its connection, so that
    /// forged tokens can't make many containers hold one each.
    pub async fn authorize(&self, event: Event) -> Result<Policy, Error> {
        let start = Instant::now();
        let answer = self.policy(&event).await;
        if answer.as_ref().is_err_and(|error| !error.is_failure()) {
            self.database.release().await;
        }
        let (status, happened, cause) = match &answer {
            Ok(accepted) => (200, accepted.event, None),
            Err(Error::Unauthorized) => (401, None, None),
            #[cfg(feature = "legacy")]
            Err(Error::LegacyToken(reason)) => (401, Some("legacy_token_refused"), Some(*reason)),
            Err(Error::Failed(cause)) => (503, None, Some(cause.as_str())),
        };
        log::request(&log::Line {
            app: &self.app_name,
            function: "authorizer",
            request_id: event.request_id(),
            method: event.http_method(),
            route: event.resource(),
            status,
            duration: start.elapsed(),
            user_id: answer.as_ref().ok().map(|accepted| accepted.user_id),
            event: happened,
            error: answer.as_ref().err().map(Error::code),
            cause,
            session_id: None,
            outcome: None,
            hash_scheme: None,
        });
        answer.map(|accepted| accepted.policy)
    }

    async fn policy(&self, event: &Event) -> Result<Accepted, Error> {
        let routes = self.own_routes.of_api(event.routes());
        let routes = routes
            .ok_or_else(|| Error::Failed("own-routes.json has no API of that name".into()))?;
        let token = event.bearer_token().ok_or(Error::Unauthorized)?;
        let (caller, happened) = self.caller(token).await?;
        let policy = Policy::of(&caller, routes, event.method_arn())
            .ok_or_else(|| Error::Failed("the methodArn has another form".into()))?;
        Ok(Accepted { policy, user_id: caller.id, event: happened })
    }

    /// The caller, and the security event that the token is, if it is one. Each form of token has
    /// its own key and algorithm.
    async fn caller(&self, token: &str) -> Result<(Caller, Option<&'static str>), Error> {
        if let Some(token) = UnverifiedToken::parse(token) {
            return Ok((self.caller_of(&token).await?, None));
        }
        #[cfg(feature = "legacy")]
        if let Some(legacy) = &self.legacy
            && let Some(token) = legacy::tokens::LegacyToken::parse(token)
        {
            let caller = legacy.caller(&token, self.clock.now()).await?;
            return Ok((caller, Some("legacy_token_accepted")));
        }
        Err(Error::Unauthorized)
    }

    async fn caller_of(&self, token: &UnverifiedToken<'_>) -> Result<Caller, Error> {
        let valid = self.verifier.verify(token).await??;
        let found = self.callers.find(&valid, &token.kid, self.clock.now()).await?;
        let found = found.ok_or(Error::Unauthorized)?;
        let ValidToken { user_id: id, key, expires_at, .. } = valid;
        let FoundCaller { username, email, roles } = found;
        Ok(Caller { id, username, email, roles, expires_at, token_key: Some(key) })
    }
}
