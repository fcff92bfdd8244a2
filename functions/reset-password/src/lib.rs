//! `POST /api/auth/reset-password`: sets a password by the secret of a mail.

use shared::db::one_time_secrets::{Mark, OneTimeSecrets, SecretsUser};
use shared::db::{self, Database};
use shared::environment::Invalid;
use shared::error::{Failure, SecurityEvent};
use shared::functions::ResetPasswordRoute;
use shared::http::{Endpoint, JsonBody, Location, Reply, Request, Violation};
use shared::limits::{Guesses, Networks, OneTimeAttempts, Over};
use shared::password::{Blocklist, Passwords};
use shared::presented_secret::{InvalidSecret, PresentedSecret};
use shared::secrets_manager::SecretsManager;
use shared::{
    ClientCookie, Clock, Environment, Error, Languages, NewPassword, OneTimeKey, Random, Username,
    log,
};
use utoipa::ToSchema;

/// The endpoint of the reset; without its parts if mail is off.
#[derive(Debug)]
pub struct ResetPassword(Option<Resets>);

#[derive(Debug)]
struct Resets {
    secrets: OneTimeSecrets,
    key: OneTimeKey,
    attempts: OneTimeAttempts,
    networks: Networks,
    passwords: Passwords,
    password_min_length: u32,
    blocklist: Blocklist,
    client_cookie: ClientCookie,
    clock: Clock,
    random: Random,
}

/// A new password, with the link of a mail, or with its code and the address that it was sent to.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the description of the body")]
pub struct PasswordReset {
    /// What the link has after `#reset=`.
    #[schema(min_length = 43, max_length = 43, nullable = false)]
    #[schema(examples("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"))]
    token: Option<String>,
    /// The code, in any case, with or without spaces and dashes.
    #[schema(nullable = false, examples("7K3M-Q9XA"))]
    code: Option<String>,
    /// The address that the code was sent to.
    #[schema(max_length = 254, nullable = false, examples("ada@example.com"))]
    email: Option<String>,
    /// The new password, by the rules of sign-up.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 1024)]
    #[schema(pattern = r"^[^\u0000]*$", examples("battery staple"))]
    password: NewPassword,
}

const PURPOSE: &str = "reset";

const FAILED: &str = "authn_password_change_fail";

impl Endpoint for ResetPassword {
    type Route = ResetPasswordRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let secrets = SecretsManager::default();
        let key = OneTimeKey::from_env(env, secrets.clone());
        let database = db::Settings::from_env(env);
        let attempts = OneTimeAttempts::from_env(env);
        let networks = Networks::from_env(env);
        let passwords = Passwords::from_env(env);
        let password_min_length = NewPassword::min_length(env);
        let blocklist = Blocklist::new(&log::app_name(env));
        let client_cookie = ClientCookie::from_env(env);
        env.check()?;
        let Some(key) = key else { return Ok(Self(None)) };
        let database = Database::new(database, secrets);
        let (connected, key_read) = tokio::join!(database.warm_up(), key.warm_up());
        log::warmed_up(connected);
        log::warmed_up(key_read);
        let secrets = OneTimeSecrets::new(database);
        let (clock, random) = (Clock::System, Random::System);
        Ok(Self(Some(Resets {
            secrets,
            key,
            attempts,
            networks,
            passwords,
            password_min_length,
            blocklist,
            client_cookie,
            clock,
            random,
        })))
    }

    async fn handle(
        &self,
        ResetPasswordRoute::Reset: ResetPasswordRoute,
        request: &Request,
    ) -> Result<Reply, Box<dyn Failure>> {
        self.0.as_ref().ok_or(Error::NotFound)?.reset(request).await
    }
}

impl Resets {
    /// A password that the rules refuse leaves the secret good, and one that is refused for every user
    /// counts no attempt.
    async fn reset(&self, request: &Request) -> Result<Reply, Box<dyn Failure>> {
        let (secret, password) = self.read(request)?;
        let hashed = self.key.hash(&secret).await.map_err(Error::Unavailable)?;
        let hashed = hashed.ok_or(invalid(None))?;
        let charges = secret.charges(self.attempts, PURPOSE, &self.networks.of(request));
        let now = self.clock.now();
        let found = self.secrets.try_reset(&hashed, &charges, now).await.map_err(Error::from)?;
        let found = found.map_err(Over::refused)?;
        let SecretsUser { id, username, email } = found.ok_or(invalid(None))?;
        self.blocklist.check(&password, Some(&username), Some(&email)).map_err(|rule| {
            Error::Unprocessable(vec![Violation::new(Location::Field("password"), rule)])
        })?;
        let hash = self.passwords.hash(password).await?.to_text();
        let (languages, mark) = (Languages::of(request), Mark::new(&self.random));
        let now = self.clock.now();
        let reset = self.secrets.reset(&hashed, &hash, &languages, &mark, now).await;
        let reset = reset.map_err(Error::from)?.ok_or(invalid(Some(id)))?;
        let name = Username::parse(username).ok();
        let proofs = self.client_cookie.read(request).zip(reset.proof_secret).zip(name);
        let proofs = proofs.map(|((proofs, secret), name)| {
            let account = Guesses::account(&name.normalized());
            proofs.renewed(&account, reset.user_id, &secret, now, &self.random)
        });
        let reply = Reply::json(&()).with_event("authn_password_change", reset.user_id);
        Ok(reply.with_cookie(proofs.as_ref().map(ClientCookie::set)))
    }

    fn read(&self, request: &Request) -> Result<(PresentedSecret, NewPassword), Error> {
        let mut body = JsonBody::read(request)?;
        let secret = PresentedSecret::read(&mut body);
        let password = body.field("password", |text| {
            let password = NewPassword::parse(text, self.password_min_length)?;
            self.blocklist.check(&password, None, None)?;
            Ok(password)
        });
        match (secret, password) {
            (Some(secret), Some(password)) => Ok((secret, password)),
            _ => Err(body.refusal()),
        }
    }
}

fn invalid(user_id: Option<shared::UserId>) -> InvalidSecret {
    InvalidSecret(Some(SecurityEvent::of(FAILED, user_id)))
}
