//! Exchanges a username and a password for an access token, for `signin` and `token`.

use lambda_http::http::{HeaderName, HeaderValue, header};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::client_id::ClientId;
use crate::clock::Clock;
use crate::database_id::DatabaseId;
use crate::db::sessions::Sessions;
use crate::db::{self, Database, database_identity, users};
use crate::environment::{Environment, Invalid};
use crate::error::{Answer, Error, Failure, SecurityEvent};
use crate::jwt::{AccessToken, Grant, Kid, Signer};
use crate::log;
use crate::password::{
    HashedBy, Password, PasswordHash, Passwords, RefusalReason, StoredPassword, Verified,
};
use crate::random::Random;
use crate::renewals::Renewals;
use crate::role::Role;
use crate::secret::Secret;
use crate::secrets_manager::SecretsManager;
use crate::user_id::UserId;
use crate::username::Username;

/// Authenticates users and issues tokens.
#[derive(Debug)]
pub struct SignIn {
    users: Users,
    passwords: Passwords,
    signer: Signer,
}

/// The user and the token of a successful sign-in.
#[derive(Debug)]
pub struct SignedIn {
    /// The user.
    pub user_id: UserId,
    /// The token.
    pub access_token: AccessToken,
}

/// The event of a successful sign-in in the log.
pub const SIGNED_IN: &str = "authn_login_success";

/// Why a sign-in was refused. Only the log has the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub reason: RefusalReason,
    /// The account with this name, if there is one.
    pub user_id: Option<UserId>,
}

/// Every reason has the same answer.
impl Failure for Refusal {
    fn answer(&self) -> Answer {
        Answer(401, "wrong_credentials", "Incorrect username or password")
    }

    fn cause(&self) -> Option<&str> {
        Some(self.reason.name())
    }

    /// No token was sent, so the challenge has no error code (RFC 6750 §3.1).
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
    }

    fn event(&self) -> Option<SecurityEvent> {
        let Self { reason, user_id } = *self;
        let hash_scheme = reason.hash_scheme();
        Some(SecurityEvent { hash_scheme, ..SecurityEvent::of("authn_login_fail", user_id) })
    }
}

impl SignIn {
    /// Reads the settings of each part, then connects and reads the signing key, without failing if
    /// they are out of reach.
    pub async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let database = db::Settings::from_env(env);
        let passwords = Passwords::from_env(env);
        let secrets = SecretsManager::default();
        let signer = Signer::from_env(env, secrets.clone());
        env.check()?;
        let database = Database::new(database, secrets);
        // Boxed, because both are large and end before the first event.
        let (connected, key_read) =
            tokio::join!(Box::pin(database.warm_up()), Box::pin(signer.warm_up()));
        log::warmed_up(connected);
        log::warmed_up(key_read);
        Ok(Self::new(Users::new(database), passwords, signer))
    }

    /// A sign-in with these parts.
    pub const fn new(users: Users, passwords: Passwords, signer: Signer) -> Self {
        Self { users, passwords, signer }
    }

    /// Renews the sessions of this database with tokens of this signer.
    pub fn renewals(&self, leeway_seconds: u32) -> Renewals {
        let sessions = Sessions::new(self.users.0.clone());
        let signer = self.signer.clone();
        Renewals::new(sessions, signer, leeway_seconds, Clock::System, Random::System)
    }

    /// Sets the function that names unverifiable password schemes for the log.
    #[must_use]
    pub fn naming(self, scheme_of: fn(&str) -> &'static str) -> Self {
        Self { passwords: self.passwords.naming(scheme_of), ..self }
    }

    /// Authenticates a user and issues a token for this client. An unknown user, a missing and a wrong
    /// password are a [`Refusal`] after the same time.
    pub async fn authenticate(
        &self,
        username: &Username,
        password: Password,
        client_id: &ClientId,
    ) -> Result<Result<SignedIn, Refusal>, Error> {
        let found = self.users.find_for_signin(username).await?;
        let stored = found.user.as_ref().map(|user| user.password.clone());
        self.report_costly_hash(found.user.as_ref());
        let user = match (self.passwords.verify(password, stored).await?, found.user) {
            (Verified::Right(stronger), Some(user)) => {
                self.replace(&user, stronger).await;
                user
            }
            (Verified::Wrong(reason), user) => return Ok(Err(refusal(reason, user.as_ref()))),
            (Verified::Right(_), None) => {
                return Ok(Err(refusal(RefusalReason::UnknownUser, None)));
            }
        };
        let SigninUser { id: user_id, roles, .. } = user;
        let grant = Grant {
            user_id,
            roles,
            client_id,
            session: None,
            published: &found.published,
            database_id: found.database_id,
        };
        let access_token = self.signer.access_token(grant).await?;
        Ok(Ok(SignedIn { user_id, access_token }))
    }

    /// Logs a hash above the configured cost: refusing it takes longer than refusing an unknown user.
    fn report_costly_hash(&self, user: Option<&SigninUser>) {
        let Some(user) = user else { return };
        if user.password.read().is_ok_and(|hash| hash.cost() > self.passwords.cost()) {
            log::notice(Some(user.id), "password_hash_above_bcrypt_cost", None);
        }
    }

    /// Stores a stronger hash, best effort: users can sign in while the database is read-only.
    async fn replace(&self, user: &SigninUser, stronger: Option<PasswordHash>) {
        let (Some(stronger), Some(old)) = (stronger, &user.password.hash) else { return };
        if let Err(error) = self.users.replace_password(user.id, old, &stronger).await {
            log::notice(Some(user.id), "password_not_rehashed", Some(&error.to_string()));
        }
    }
}

fn refusal(reason: RefusalReason, user: Option<&SigninUser>) -> Refusal {
    Refusal { reason, user_id: user.map(|user| user.id) }
}

/// The database's answer to a sign-in.
#[derive(Debug)]
pub struct FoundForSignin {
    /// The user, if there is one.
    pub user: Option<SigninUser>,
    /// The published keys, the signing one first.
    pub published: Vec<Kid>,
    /// The database that the token is for.
    pub database_id: DatabaseId,
}

/// The user with the name of a sign-in.
#[derive(Debug)]
pub struct SigninUser {
    /// `users.id`.
    pub id: UserId,
    /// The stored password.
    pub password: StoredPassword,
    /// The user's roles.
    pub roles: Vec<Role>,
}

/// Finds users by name, and replaces their hashes.
#[derive(Debug, Clone)]
pub struct Users(Database);

impl Users {
    /// The users of this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Finds the user by name, and the signing keys. An exact match, which an adopted name needs, has
    /// precedence over the normalized name that a sign-up stores. If the two differ, both are always
    /// queried, so that the time reveals nothing.
    pub async fn find_for_signin(&self, username: &Username) -> Result<FoundForSignin, db::Error> {
        let found = self.find(username.as_str()).await?;
        let normalized = username.normalized();
        if normalized == username.as_str() {
            return Ok(found);
        }
        let other = self.find(&normalized).await?;
        Ok(if found.user.is_some() { found } else { other })
    }

    async fn find(&self, username: &str) -> Result<FoundForSignin, db::Error> {
        let parameters = [(&username as _, Type::TEXT)];
        let row = self.0.row(&users::FIND_FOR_SIGNIN, &parameters).await?;
        let row = row.ok_or_else(|| db::Error::Failed("a sign-in without a row".into()))?;
        let kids: Vec<String> = row.try_get("kids")?;
        let id: Option<i32> = row.try_get("id")?;
        let database_id: Option<String> = row.try_get("database_id")?;
        Ok(FoundForSignin {
            user: id.map(|id| signin_user(id, &row)).transpose()?,
            published: kids.into_iter().map(Kid::new).collect(),
            database_id: DatabaseId::new(database_id.ok_or_else(database_identity::missing)?),
        })
    }

    /// Replaces the hash `old`, unless it has changed meanwhile.
    pub async fn replace_password(
        &self,
        id: UserId,
        old: &Secret<String>,
        new: &PasswordHash,
    ) -> Result<(), db::Error> {
        let new = new.to_text();
        let parameters = [
            (&id.get() as _, Type::INT4),
            (old.expose() as _, Type::TEXT),
            (new.expose() as _, Type::TEXT),
        ];
        self.0.rows(&users::REPLACE_PASSWORD, &parameters).await.map(drop)
    }
}

fn signin_user(id: i32, row: &Row) -> Result<SigninUser, db::Error> {
    let hash: Option<String> = row.try_get("password")?;
    let hashed_by = HashedBy::named(row.try_get("hashed_by")?)
        .ok_or_else(|| db::Error::Failed("an unknown word in users.hashed_by".into()))?;
    let password = StoredPassword { hash: hash.map(Secret::new), hashed_by };
    let roles: Vec<String> = row.try_get("roles")?;
    Ok(SigninUser { id: UserId::new(id), password, roles: Role::of_user(roles) })
}
