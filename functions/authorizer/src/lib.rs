//! The REQUEST authorizer: who is calling, and which routes that opens.
//!
//! API Gateway keeps one answer per token for all routes, so the policy names every route that
//! the caller may use, not just the one that was called.

mod authorization;
mod event;
mod legacy;
mod policy;

use std::time::Instant;

use shared::db::{self, Callers, Database, FoundCaller, SigningKeys};
use shared::environment::Invalid;
use shared::jwt::{self, InvalidToken, UnverifiedToken, ValidToken, Verifier};
use shared::secrets_manager::SecretsManager;
use shared::{Caller, Clock, Environment, log};

pub use event::Event;
use legacy::{LegacyToken, LegacyTokens};
pub use legacy::{Refusal, Settings as LegacySettings};
pub use policy::Policy;

/// The parts that it touches: public keys and users, to read; the app's secret, where its tokens
/// are accepted.
#[derive(Debug)]
pub struct Authorizer {
    database: Database,
    verifier: Verifier,
    callers: Callers,
    legacy_tokens: Option<LegacyTokens>,
    clock: Clock,
    app_name: String,
}

/// Why there is no policy.
#[derive(Debug)]
pub enum Error {
    /// No valid token. API Gateway answers 401 to exactly this word.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>
    Unauthorized,
    /// A token of the app that isn't accepted, which is answered by the same word.
    LegacyToken(Refusal),
    /// We can't tell. Any other word is an `AUTHORIZER_FAILURE`; the cause goes to the log.
    Failed(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unauthorized | Self::LegacyToken(_) => "Unauthorized",
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

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::LegacyToken(refusal)
    }
}

/// A token by its form, which decides by what it is verified: each form has a key and an algorithm
/// of its own.
enum Token<'a> {
    Own(UnverifiedToken<'a>),
    Legacy(&'a LegacyTokens, LegacyToken<'a>),
}

impl Authorizer {
    /// Reads the settings of each part. It connects to the database, and reads the app's secret,
    /// only for a token that needs it: containers that start for garbage hold no connection.
    #[expect(clippy::unused_async, reason = "every function starts alike")]
    pub async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let database = db::Settings::from_env(env).for_timeout(10);
        let tokens = jwt::Settings::from_env(env);
        let legacy_tokens = LegacySettings::from_env(env);
        let app_name = log::app_name(env);
        env.check()?;
        let secrets = SecretsManager::default();
        let database = Database::new(database, secrets.clone());
        let mut authorizer = Self::new(database.clone(), tokens, Clock::System, app_name);
        if let Some(settings) = legacy_tokens {
            authorizer = authorizer.with_legacy_tokens(settings, secrets, database);
        }
        Ok(authorizer)
    }

    /// An authorizer over that database.
    pub fn new(database: Database, tokens: jwt::Settings, clock: Clock, app_name: String) -> Self {
        let signing_keys = SigningKeys::new(database.clone());
        let verifier = Verifier::new(tokens, signing_keys, clock.clone());
        let (callers, legacy_tokens) = (Callers::new(database.clone()), None);
        Self { database, verifier, callers, legacy_tokens, clock, app_name }
    }

    /// The same that accepts the app's tokens too, for users of that database.
    #[must_use]
    pub fn with_legacy_tokens(
        self,
        settings: LegacySettings,
        secrets: SecretsManager,
        database: Database,
    ) -> Self {
        Self { legacy_tokens: Some(LegacyTokens::new(settings, secrets, database)), ..self }
    }

    /// Answers one event, and writes its line in the log. A container whose token was refused gives
    /// its connection up, so that forged tokens can't make many containers hold one each.
    pub async fn authorize(&self, event: Event) -> Result<Policy, Error> {
        let start = Instant::now();
        let token = event.bearer_token().and_then(|token| self.token(token));
        let caller = match &token {
            Some(Token::Own(token)) => self.caller(token).await,
            Some(Token::Legacy(tokens, token)) => tokens.caller(token, self.clock.now()).await,
            None => Err(Error::Unauthorized),
        };
        if matches!(caller, Err(Error::Unauthorized | Error::LegacyToken(_))) {
            self.database.release().await;
        }
        let (status, happened, cause) = match &caller {
            Ok(_) if matches!(token, Some(Token::Legacy(..))) => {
                (200, Some("legacy_token_accepted"), None)
            }
            Ok(_) => (200, None, None),
            Err(Error::Unauthorized) => (401, None, None),
            Err(Error::LegacyToken(refusal)) => {
                (401, Some("legacy_token_refused"), Some(refusal.name()))
            }
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
            user_id: caller.as_ref().ok().map(|caller| caller.id),
            event: happened,
            error: caller.as_ref().err().map(Error::code),
            cause,
            hash_scheme: None,
        });
        Policy::of(&caller?, event.method_arn())
            .ok_or_else(|| Error::Failed("a methodArn that is none".into()))
    }

    /// Tells whose form a token has. One of ours is known by its own, whether the app's are accepted
    /// or not.
    fn token<'a>(&'a self, token: &'a str) -> Option<Token<'a>> {
        if let Some(own) = UnverifiedToken::parse(token) {
            return Some(Token::Own(own));
        }
        let legacy_tokens = self.legacy_tokens.as_ref()?;
        Some(Token::Legacy(legacy_tokens, LegacyToken::parse(token)?))
    }

    async fn caller(&self, token: &UnverifiedToken<'_>) -> Result<Caller, Error> {
        let valid = self.verifier.verify(token).await??;
        let ValidToken { user_id: id, expires_at, database_id } = valid;
        let now = self.clock.now();
        let found = self.callers.find(id, &token.kid, database_id, now).await?;
        let found = found.ok_or(Error::Unauthorized)?;
        let FoundCaller { username, email, roles } = found;
        Ok(Caller { id, username, email, roles, expires_at })
    }
}

impl Error {
    const fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized | Self::LegacyToken(_) => "invalid_token",
            Self::Failed(_) => "unavailable",
        }
    }
}
