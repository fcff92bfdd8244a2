//! `POST /api/auth/verify`: verifies an address, or changes to it, by the secret of a mail.

use shared::db::one_time_secrets::{Mark, OneTimeSecrets, Verification};
use shared::db::{self, Database};
use shared::email::EmailTaken;
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::VerifyRoute;
use shared::http::{Endpoint, JsonBody, Reply, Request, UserBody};
use shared::limits::{Networks, OneTimeAttempts, Over};
use shared::presented_secret::{InvalidSecret, PresentedSecret};
use shared::secrets_manager::SecretsManager;
use shared::{Clock, Environment, Error, Languages, OneTimeKey, Random, log};
use utoipa::ToSchema;

/// The endpoint of the verification; without its parts if mail is off.
#[derive(Debug)]
pub struct Verify(Option<Verifications>);

#[derive(Debug)]
struct Verifications {
    secrets: OneTimeSecrets,
    key: OneTimeKey,
    attempts: OneTimeAttempts,
    networks: Networks,
    clock: Clock,
    random: Random,
}

/// The link of a mail, or its code and the address that it was sent to.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the description of the body")]
pub struct EmailVerification {
    /// What the link has after `#verify=` or `#change=`.
    #[schema(min_length = 43, max_length = 43, nullable = false)]
    #[schema(examples("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"))]
    token: Option<String>,
    /// The code, in any case, with or without spaces and dashes.
    #[schema(nullable = false, examples("7K3M-Q9XA"))]
    code: Option<String>,
    /// The address that the code was sent to.
    #[schema(max_length = 254, nullable = false, examples("ada@example.com"))]
    email: Option<String>,
}

const PURPOSE: &str = "verify";

impl Endpoint for Verify {
    type Route = VerifyRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let secrets = SecretsManager::default();
        let key = OneTimeKey::from_env(env, secrets.clone());
        let database = db::Settings::from_env(env);
        let attempts = OneTimeAttempts::from_env(env);
        let networks = Networks::from_env(env);
        env.check()?;
        let Some(key) = key else { return Ok(Self(None)) };
        let database = Database::new(database, secrets);
        let (connected, key_read) = tokio::join!(database.warm_up(), key.warm_up());
        log::warmed_up(connected);
        log::warmed_up(key_read);
        let secrets = OneTimeSecrets::new(database);
        let (clock, random) = (Clock::System, Random::System);
        Ok(Self(Some(Verifications { secrets, key, attempts, networks, clock, random })))
    }

    async fn handle(
        &self,
        VerifyRoute::Verify: VerifyRoute,
        request: &Request,
    ) -> Result<Reply, Box<dyn Failure>> {
        self.0.as_ref().ok_or(Error::NotFound)?.verify(request).await
    }
}

impl Verifications {
    async fn verify(&self, request: &Request) -> Result<Reply, Box<dyn Failure>> {
        let mut body = JsonBody::read(request)?;
        let secret = PresentedSecret::read(&mut body).ok_or_else(|| body.refusal())?;
        let hashed = self.key.hash(&secret).await.map_err(Error::Unavailable)?;
        let hashed = hashed.ok_or(InvalidSecret(None))?;
        let charges = secret.charges(self.attempts, PURPOSE, &self.networks.of(request));
        let (languages, mark) = (Languages::of(request), Mark::new(&self.random));
        let now = self.clock.now();
        let verified = self.secrets.verify(&hashed, &charges, &languages, &mark, now).await;
        let verified = verified.map_err(Error::from)?;
        match verified.map_err(Over::refused)? {
            Verification::Verified(user) => {
                let body = UserBody { username: &user.username, email: &user.email };
                Ok(Reply::json(&body).with_event("user_updated", user.id))
            }
            Verification::Taken => Err(EmailTaken.into()),
            Verification::Invalid => Err(InvalidSecret(None).into()),
        }
    }
}
