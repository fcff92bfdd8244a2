//! The REQUEST authorizer: who is calling, and which routes that opens.
//!
//! API Gateway keeps one answer per token for all routes, so the policy names every route that
//! the caller may use, not just the one that was called.

mod event;
mod policy;

use std::time::Instant;

use shared::db::{self, Callers, Database, FoundCaller, SigningKeys};
use shared::environment::Invalid;
use shared::jwt::{self, InvalidToken, UnverifiedToken, ValidToken, Verifier};
use shared::secrets_manager::SecretsManager;
use shared::{Caller, Clock, Environment, log};

pub use event::Event;
pub use policy::Policy;

/// The parts that it touches: public keys and users, to read.
#[derive(Debug)]
pub struct Authorizer {
    verifier: Verifier,
    callers: Callers,
    clock: Clock,
    app_name: String,
}

/// Why there is no policy.
#[derive(Debug)]
pub enum Error {
    /// No valid token. API Gateway answers 401 to exactly this word.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>
    Unauthorized,
    /// We can't tell. Any other word is an `AUTHORIZER_FAILURE`; the cause goes to the log.
    Failed(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unauthorized => "Unauthorized",
            Self::Failed(_) => "Service Unavailable",
        })
    }
}

impl From<Error> for lambda_runtime::Diagnostic {
    fn from(error: Error) -> Self {
        Self { error_type: error.to_string(), error_message: error.to_string() }
    }
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<InvalidToken> for Error {
    fn from(_: InvalidToken) -> Self {
        Self::Unauthorized
    }
}

impl Authorizer {
    /// Reads the settings of each part; connects and reads the keys as far as it gets.
    pub async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let database = db::Settings::from_env(env);
        let tokens = jwt::Settings::from_env(env);
        let app_name = log::app_name(env);
        env.check()?;
        let authorizer = Self::new(
            Database::new(database, SecretsManager::default()),
            tokens,
            Clock::System,
            app_name,
        );
        log::warmed_up(authorizer.verifier.warm_up().await);
        Ok(authorizer)
    }

    /// An authorizer over that database.
    pub fn new(database: Database, tokens: jwt::Settings, clock: Clock, app_name: String) -> Self {
        let signing_keys = SigningKeys::new(database.clone());
        let verifier = Verifier::new(tokens, signing_keys, clock.clone());
        Self { verifier, callers: Callers::new(database), clock, app_name }
    }

    /// Answers one event, and writes its line in the log.
    pub async fn authorize(&self, event: Event) -> Result<Policy, Error> {
        let start = Instant::now();
        let caller = self.caller(&event).await;
        let (status, cause) = match &caller {
            Ok(_) => (200, None),
            Err(Error::Unauthorized) => (401, None),
            Err(Error::Failed(cause)) => (503, Some(cause.as_str())),
        };
        log::request(&log::Line {
            app: &self.app_name,
            function: "authorizer",
            request_id: event.request_id(),
            method: event.http_method(),
            route: event.resource(),
            status,
            duration: start.elapsed(),
            user_id: caller.as_ref().ok().map(|caller| caller.id),
            event: None,
            error: caller.as_ref().err().map(Error::code),
            cause,
        });
        Policy::of(&caller?, event.method_arn())
            .ok_or_else(|| Error::Failed("a methodArn that is none".into()))
    }

    async fn caller(&self, event: &Event) -> Result<Caller, Error> {
        let token = event.bearer_token().ok_or(Error::Unauthorized)?;
        let token = UnverifiedToken::parse(token).ok_or(Error::Unauthorized)?;
        let ValidToken { user_id: id, expires_at } = self.verifier.verify(&token).await??;
        let now = self.clock.now();
        let found = self.callers.find(id, &token.kid, now).await?.ok_or(Error::Unauthorized)?;
        let FoundCaller { username, email, roles } = found;
        Ok(Caller { id, username, email, roles, expires_at })
    }
}

impl Error {
    const fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "invalid_token",
            Self::Failed(_) => "unavailable",
        }
    }
}
