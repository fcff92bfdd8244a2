//! `POST /api/auth/signup`: creates a user with the role `ROLE_USER`.

mod users;

use shared::db::limits::Limits;
use shared::db::notice::Notice;
use shared::db::{self, Database};
use shared::email::EmailTaken;
use shared::environment::Invalid;
use shared::error::{Answer, Failure};
use shared::functions::SignupRoute;
use shared::http::{Endpoint, JsonBody, Location, Reply, Request, UserBody, Violation};
use shared::limits::{Guesses, MailRequests, Networks, Over, Signups};
use shared::nudge::Nudge;
use shared::password::{Blocklist, Passwords};
use shared::secrets_manager::SecretsManager;
use shared::{
    AskedEmail, ClientCookie, Clock, Environment, Error, Languages, NewEmail, NewPassword,
    NewUsername, Random, Rule, log, mail,
};
use utoipa::ToSchema;

pub use crate::users::{Insert, Users};

/// The endpoint of a sign-up.
#[derive(Debug)]
pub struct Signup {
    users: Users,
    passwords: Passwords,
    password_min_length: u32,
    blocklist: Blocklist,
    limits: Limits,
    signups: Signups,
    client_cookie: ClientCookie,
    networks: Networks,
    /// What has the mails to new users sent at once; `None` if mail is off.
    nudge: Option<Nudge>,
    clock: Clock,
    random: Random,
}

impl Endpoint for Signup {
    type Route = SignupRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let database = db::Settings::from_env(env);
        let passwords = Passwords::from_env(env);
        let password_min_length = NewPassword::min_length(env);
        let blocklist = Blocklist::new(&log::app_name(env));
        let signups = Signups::from_env(env);
        let client_cookie = ClientCookie::from_env(env);
        let networks = Networks::from_env(env);
        let is_mail_on = mail::is_on(env);
        let nudge = Nudge::from_env(env);
        env.check()?;
        let database = Database::new(database, SecretsManager::default());
        log::warmed_up(database.warm_up().await);
        let limits = Limits::new(database.clone());
        let users = Users::new(database);
        let (clock, random) = (Clock::System, Random::System);
        Ok(Self {
            users,
            passwords,
            password_min_length,
            blocklist,
            limits,
            signups,
            client_cookie,
            networks,
            nudge: is_mail_on.then_some(nudge),
            clock,
            random,
        })
    }

    async fn handle(
        &self,
        SignupRoute::SignUp: SignupRoute,
        request: &Request,
    ) -> Result<Reply, Box<dyn Failure>> {
        let NewUser { username, email, password } = self.read(request)?;
        let charges = self.signups.of(&self.networks.of(request));
        let now = self.clock.now();
        let counted = self.limits.count(&charges, now).await.map_err(Error::from)?;
        counted.map_err(Over::refused)?;
        let hash = self.passwords.hash(password).await?;
        let (languages, charges) =
            (Languages::of(request), MailRequests::of_new_user(&AskedEmail::of_new(&email)));
        let notice = Notice { languages: &languages, charges: &charges };
        let notice = self.nudge.as_ref().map(|_| &notice);
        let inserted = self.users.insert(&username, &email, &hash, notice, now).await;
        let (outcome, secret) = inserted.map_err(Error::from)?;
        match outcome {
            Insert::Created(id) => {
                let body = UserBody { username: username.as_str(), email: email.as_str() };
                let proofs = self.client_cookie.read(request).zip(secret);
                let proofs = proofs.map(|(proofs, secret)| {
                    let account = Guesses::account(username.as_str());
                    proofs.renewed(&account, id, &secret, now, &self.random)
                });
                let cookie = proofs.as_ref().map(ClientCookie::set);
                if let Some(nudge) = &self.nudge {
                    nudge.send().await;
                }
                Ok(Reply::json(&body).with_event("user_created", id).with_cookie(cookie))
            }
            Insert::UsernameTaken => Err(Taken::Username.into()),
            Insert::EmailTaken => Err(Taken::Email.into()),
            Insert::Refused(columns) => Err(Error::Unprocessable(refused(&columns)).into()),
        }
    }
}

/// Another user has the name or the address.
#[derive(Debug)]
pub enum Taken {
    /// The name.
    Username,
    /// The address.
    Email,
}

impl Failure for Taken {
    fn answer(&self) -> Answer {
        match self {
            Self::Username => Answer(409, "username_taken", "Username already registered"),
            Self::Email => EmailTaken.answer(),
        }
    }
}

/// A violation for each field that has one of these columns, or else for the body.
fn refused(columns: &[String]) -> Vec<Violation> {
    let fields = ["username", "email", "password"].into_iter();
    let fields = fields.filter(|field| columns.iter().any(|column| column == field));
    let mut locations: Vec<_> = fields.map(Location::Field).collect();
    if locations.is_empty() {
        locations.push(Location::Body);
    }
    locations.into_iter().map(|location| Violation::new(location, Rule::Refused)).collect()
}

/// A new user.
#[derive(ToSchema)]
pub struct NewUser {
    /// The name to sign in with: visible characters of any script, with single spaces between them.
    /// It is stored in Unicode normalization form C.
    #[schema(value_type = String, min_length = 1, max_length = 255, examples("ada"))]
    #[schema(pattern = r"^[^\u0000-\u0020\u007f-\u00a0]+( [^\u0000-\u0020\u007f-\u00a0]+)*$")]
    username: NewUsername,
    /// An e-mail address of at most 254 bytes of UTF-8. Its domain is compared without case.
    #[schema(value_type = String, format = Email, max_length = 254, examples("ada@example.com"))]
    #[schema(pattern = r#"^[^@\s"(),:;<>\[\\\]]+@[^@\s"(),:;<>\[\\\]]+$"#)]
    email: NewEmail,
    /// Any characters except NUL, at most 1,024 bytes of UTF-8, all of which count. Common
    /// passwords, and those made of the username, the e-mail address or the service's name, are
    /// refused.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 1024)]
    #[schema(pattern = r"^[^\u0000]*$", examples("correct horse"))]
    password: NewPassword,
}

impl Signup {
    fn read(&self, request: &Request) -> Result<NewUser, Error> {
        let mut body = JsonBody::read(request)?;
        let username = body.field("username", NewUsername::parse);
        let email = body.field("email", NewEmail::parse);
        let password = body.field("password", |text| {
            let password = NewPassword::parse(text, self.password_min_length)?;
            let username = username.as_ref().map(NewUsername::as_str);
            self.blocklist.check(&password, username, email.as_ref().map(NewEmail::as_str))?;
            Ok(password)
        });
        match (username, email, password) {
            (Some(username), Some(email), Some(password)) => {
                Ok(NewUser { username, email, password })
            }
            _ => Err(body.refusal()),
        }
    }
}
