//! `POST /api/auth/users/me/password` and `/users/me/delete`: what users do with their own account.
//!
//! Both verify the user's password. Each statement checks the token itself, so a session that is over
//! changes nothing, whatever policy API Gateway has cached.

use shared::db::accounts::{Accounts, Outcome};
use shared::db::notice::Notice;
use shared::db::own_sessions::Bearer;
use shared::db::{self, Database};
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::AccountRoute;
use shared::http::{Endpoint, JsonBody, Location, Reply, Request, Violation};
use shared::limits::{OwnGuesses, Refund, notices};
use shared::own_password::{self, OwnPassword, event};
use shared::password::{Blocklist, Password, Passwords};
use shared::secrets_manager::SecretsManager;
use shared::session_cookie::SessionCookie;
use shared::{Caller, Clock, Environment, Error, Languages, NewPassword, log, mail};
use utoipa::ToSchema;

pub use shared::own_password::Refusal;

/// The endpoint of the user's own account.
#[derive(Debug)]
pub struct Account {
    accounts: Accounts,
    passwords: Passwords,
    password_min_length: u32,
    blocklist: Blocklist,
    cookie: SessionCookie,
    own_password: OwnPassword,
    clock: Clock,
    /// Whether the user is notified of a new password.
    is_mail_on: bool,
    /// `ACCOUNT_DELETION`.
    allows_deletion: bool,
}

/// A password, and the one that replaces it.
#[derive(ToSchema)]
pub struct PasswordChange {
    /// The present password.
    #[schema(value_type = String, format = Password, pattern = r"^[^\u0000]*$")]
    #[schema(examples("correct horse"))]
    old_password: Password,
    /// The new password, by the rules of sign-up.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 1024)]
    #[schema(pattern = r"^[^\u0000]*$", examples("battery staple"))]
    new_password: NewPassword,
}

/// The confirmation of a deletion.
#[derive(ToSchema)]
pub struct Deletion {
    /// The user's password.
    #[schema(value_type = String, format = Password, pattern = r"^[^\u0000]*$")]
    #[schema(examples("correct horse"))]
    password: Password,
}

impl Endpoint for Account {
    type Route = AccountRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let database = db::Settings::from_env(env);
        let passwords = Passwords::from_env(env);
        #[cfg(feature = "legacy")]
        let passwords = passwords.naming(legacy::passwords::scheme_of);
        let password_min_length = NewPassword::min_length(env);
        let blocklist = Blocklist::new(&log::app_name(env));
        let cookie = SessionCookie::from_env(env);
        let guesses = OwnGuesses::from_env(env);
        let is_mail_on = mail::is_on(env);
        let allows_deletion = env.is_on("ACCOUNT_DELETION", true);
        env.check()?;
        let database = Database::new(database, SecretsManager::default());
        log::warmed_up(database.warm_up().await);
        let (accounts, clock) = (Accounts::new(database), Clock::System);
        let own_password =
            OwnPassword::new(accounts.clone(), passwords.clone(), guesses, clock.clone());
        Ok(Self {
            accounts,
            passwords,
            password_min_length,
            blocklist,
            cookie,
            own_password,
            clock,
            is_mail_on,
            allows_deletion,
        })
    }

    async fn handle(
        &self,
        route: AccountRoute,
        request: &Request,
    ) -> Result<Reply, Box<dyn Failure>> {
        match route {
            AccountRoute::ChangePassword => self.change_password(request).await,
            AccountRoute::Delete if self.allows_deletion => self.delete(request).await,
            AccountRoute::Delete => Err(Error::NotFound.into()),
        }
    }
}

impl Account {
    /// The rules of a new password come first: they reveal nothing of the old one, and cost no hash. A
    /// breach counts no attempt: if API Gateway's policy has another name than the user has now, it is
    /// found after the count, which is given back, and verifies no password.
    async fn change_password(&self, request: &Request) -> Result<Reply, Box<dyn Failure>> {
        let caller = self.caller(request)?;
        let names = request.caller(&self.clock)?;
        let PasswordChange { old_password, new_password } = self.password_change(request, names)?;
        let found = self.own_password.find(&caller).await?;
        let (username, email) = (Some(&*found.username), Some(&*found.email));
        let refund = found.refund.clone();
        if let Err(rule) = self.blocklist.check(&new_password, username, email) {
            self.accounts.give_back(&refund, self.clock.now()).await;
            let violation = Violation::new(Location::Field("new_password"), rule);
            return Err(Error::Unprocessable(vec![violation]).into());
        }
        let refused = event("authn_password_change_fail", &caller);
        let old = self.own_password.verified(old_password, found, refused).await?;
        let new = self.passwords.hash(new_password).await?;
        let now = self.clock.now();
        let (languages, charges) =
            (Languages::of(request), notices::password_changed(caller.user_id));
        let notice = Notice { languages: &languages, charges: &charges };
        let notice = self.is_mail_on.then_some(&notice);
        let changed =
            self.accounts.change_password(&caller, &old, &new, &refund, notice, now).await;
        self.done(changed.map_err(Error::from)?, &refund).await?;
        Ok(Reply::no_content().logging(event("authn_password_change", &caller)))
    }

    async fn delete(&self, request: &Request) -> Result<Reply, Box<dyn Failure>> {
        let caller = self.caller(request)?;
        let Deletion { password } = Deletion::read(request)?;
        let found = self.own_password.find(&caller).await?;
        let refund = found.refund.clone();
        let verified =
            self.own_password.verified(password, found, event("authn_login_fail", &caller)).await?;
        let deleted = self.accounts.delete(&caller, &verified, self.clock.now()).await;
        self.done(deleted.map_err(Error::from)?, &refund).await?;
        let reply = Reply::no_content().logging(event("user_deleted", &caller));
        let has_cookie = !matches!(self.cookie.read(request), Ok(None));
        let (name, value) = SessionCookie::clear();
        Ok(if has_cookie { reply.with_header(name, value) } else { reply })
    }

    /// Fails unless the change is done. The password was right, so its charge is given back.
    async fn done(&self, outcome: Outcome, refund: &Refund) -> Result<(), Box<dyn Failure>> {
        if outcome != Outcome::Done {
            self.accounts.give_back(refund, self.clock.now()).await;
        }
        own_password::done(outcome)
    }

    fn caller(&self, request: &Request) -> Result<Bearer, Error> {
        Bearer::of(request.caller(&self.clock)?)
    }

    fn password_change(&self, request: &Request, names: &Caller) -> Result<PasswordChange, Error> {
        let mut body = JsonBody::read(request)?;
        let old_password = body.field("old_password", Password::parse);
        let new_password = body.field("new_password", |text| {
            let password = NewPassword::parse(text, self.password_min_length)?;
            let (username, email) = (names.username.as_str(), names.email.as_str());
            self.blocklist.check(&password, Some(username), Some(email))?;
            Ok(password)
        });
        match (old_password, new_password) {
            (Some(old_password), Some(new_password)) => {
                Ok(PasswordChange { old_password, new_password })
            }
            _ => Err(body.refusal()),
        }
    }
}

impl Deletion {
    fn read(request: &Request) -> Result<Self, Error> {
        let mut body = JsonBody::read(request)?;
        let password = body.field("password", Password::parse);
        password.map(|password| Self { password }).ok_or_else(|| body.refusal())
    }
}
