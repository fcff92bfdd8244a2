//! `POST /api/auth/change-email`: asks for the mails of a change of the caller's address.
//!
//! The address changes when the link or the code in the new mailbox is used.

use shared::db::accounts::{Accounts, EmailChange};
use shared::db::own_sessions::Bearer;
use shared::db::{self, Database};
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::ChangeEmailRoute;
use shared::http::{Endpoint, JsonBody, Reply, Request};
use shared::limits::{MailRequests, Networks, OwnGuesses};
use shared::nudge::Nudge;
use shared::own_password::{self, OwnPassword, event};
use shared::password::{Password, Passwords};
use shared::secrets_manager::SecretsManager;
use shared::{AskedEmail, Clock, Environment, Error, Languages, NewEmail, log, mail};
use utoipa::ToSchema;

/// The endpoint of a change of address; without its parts if mail is off.
#[derive(Debug)]
pub struct ChangeEmail(Option<Changes>);

#[derive(Debug)]
struct Changes {
    accounts: Accounts,
    own_password: OwnPassword,
    limits: MailRequests,
    networks: Networks,
    nudge: Nudge,
    clock: Clock,
}

/// A new address, and the caller's password.
#[derive(ToSchema)]
pub struct AddressChange {
    /// The new address, by the rules of sign-up.
    #[schema(value_type = String, format = Email, max_length = 254, examples("ada@example.org"))]
    #[schema(pattern = r#"^[^@\s"(),:;<>\[\\\]]+@[^@\s"(),:;<>\[\\\]]+$"#)]
    email: NewEmail,
    /// The user's password.
    #[schema(value_type = String, format = Password, pattern = r"^[^\u0000]*$")]
    #[schema(examples("correct horse"))]
    password: Password,
}

/// The event of a request over a limit in the log.
const LIMITED: &str = "excess_rate_limit_exceeded";

impl Endpoint for ChangeEmail {
    type Route = ChangeEmailRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let is_on = mail::is_on(env);
        let database = db::Settings::from_env(env);
        let passwords = Passwords::from_env(env);
        let guesses = OwnGuesses::from_env(env);
        let limits = MailRequests::from_env(env);
        let networks = Networks::from_env(env);
        let nudge = Nudge::from_env(env);
        env.check()?;
        if !is_on {
            return Ok(Self(None));
        }
        let database = Database::new(database, SecretsManager::default());
        log::warmed_up(database.warm_up().await);
        let (accounts, clock) = (Accounts::new(database), Clock::System);
        let own_password = OwnPassword::new(accounts.clone(), passwords, guesses, clock.clone());
        Ok(Self(Some(Changes { accounts, own_password, limits, networks, nudge, clock })))
    }

    async fn handle(
        &self,
        ChangeEmailRoute::Change: ChangeEmailRoute,
        request: &Request,
    ) -> Result<Reply, Box<dyn Failure>> {
        self.0.as_ref().ok_or(Error::NotFound)?.change(request).await
    }
}

impl Changes {
    async fn change(&self, request: &Request) -> Result<Reply, Box<dyn Failure>> {
        let caller = Bearer::of(request.caller(&self.clock)?)?;
        let AddressChange { email, password } = AddressChange::read(request)?;
        let found = self.own_password.find(&caller).await?;
        let refund = found.refund.clone();
        let refused = event("authn_login_fail", &caller);
        let verified = self.own_password.verified(password, found, refused).await?;
        let asked = AskedEmail::of_new(&email);
        let change = EmailChange {
            address: &email,
            languages: &Languages::of(request),
            charges: &self.limits.of_change(caller.user_id, &asked, &self.networks.of(request)),
        };
        let now = self.clock.now();
        let outcome = self.accounts.ask_email_change(&caller, &verified, &change, &refund, now);
        let outcome = outcome
            .await
            .map_err(Error::from)?
            .map_err(|over| Error::RateLimited(over.answered(event(LIMITED, &caller))))?;
        own_password::done(outcome)?;
        self.nudge.send().await;
        Ok(Reply::json(&()).with_status(202).logging(event("email_change_asked", &caller)))
    }
}

impl AddressChange {
    fn read(request: &Request) -> Result<Self, Error> {
        let mut body = JsonBody::read(request)?;
        let email = body.field("email", NewEmail::parse);
        let password = body.field("password", Password::parse);
        match (email, password) {
            (Some(email), Some(password)) => Ok(Self { email, password }),
            _ => Err(body.refusal()),
        }
    }
}
