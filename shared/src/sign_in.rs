//! Exchanges a username and a password for an access token and a session, for `signin` and `token`.

mod attempt;
mod counting;
mod lifetimes;
mod refusal;
mod signed_in;
mod users;

use std::sync::Mutex;

use crate::client_id::ClientId;
use crate::client_proof::ProofSecret;
use crate::clock::{Clock, NumericDate};
use crate::db::sessions::{Kind, Sessions, Start};
use crate::db::{self, Database};
use crate::device::Device;
use crate::environment::{Environment, Invalid};
use crate::error::{Error, SecurityEvent};
use crate::jwt::{Grant, Signer, TokenSession};
use crate::limits::{Guesses, Refund};
use crate::log;
use crate::password::{Password, PasswordHash, Passwords, RefusalReason, Verified};
use crate::random::Random;
use crate::refresh_token::RefreshToken;
use crate::renewals::Renewals;
use crate::secrets_manager::SecretsManager;
use crate::session_id::SessionId;
pub use attempt::{Attempt, Wants};
pub use lifetimes::Lifetimes;
pub use refusal::Refusal;
pub use signed_in::{Renewable, SignedIn};
pub use users::{FoundCredentials, Refused, SigninUser, Users};

/// Authenticates users, starts sessions and issues tokens.
#[derive(Debug)]
pub struct SignIn {
    users: Users,
    sessions: Sessions,
    passwords: Passwords,
    signer: Signer,
    lifetimes: Lifetimes,
    guesses: Guesses,
    /// What client proofs are made with, as the last statement had it.
    proof_secret: Mutex<Option<ProofSecret>>,
    clock: Clock,
    random: Random,
}

/// A session that is to start.
struct NewSession {
    id: SessionId,
    wants: Wants,
    renewable: Option<Renewable>,
    expires_at: NumericDate,
    idle_seconds: u32,
}

/// The seconds for which a session goes on at least after the end of an access token, so that a client
/// that refreshes only then isn't too late.
const MARGIN: u32 = 900;

/// The event of an attempt over a limit in the log.
const LIMITED: &str = "authn_login_fail_max";

impl SignIn {
    /// Reads the settings of each part, then connects and reads the signing key, without failing if
    /// they are out of reach.
    pub async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let database = db::Settings::from_env(env);
        let passwords = Passwords::from_env(env);
        let secrets = SecretsManager::default();
        let signer = Signer::from_env(env, secrets.clone());
        let lifetimes = Lifetimes::from_env(env);
        let guesses = Guesses::from_env(env);
        env.check()?;
        let database = Database::new(database, secrets);
        // Boxed, because both are large and end before the first event.
        let (connected, key_read) =
            tokio::join!(Box::pin(database.warm_up()), Box::pin(signer.warm_up()));
        log::warmed_up(connected);
        log::warmed_up(key_read);
        Ok(Self::new(
            database,
            passwords,
            signer,
            lifetimes,
            guesses,
            Clock::System,
            Random::System,
        ))
    }

    /// A sign-in with these parts.
    pub fn new(
        database: Database,
        passwords: Passwords,
        signer: Signer,
        lifetimes: Lifetimes,
        guesses: Guesses,
        clock: Clock,
        random: Random,
    ) -> Self {
        let (users, sessions) = (Users::new(database.clone()), Sessions::new(database));
        let proof_secret = Mutex::default();
        Self { users, sessions, passwords, signer, lifetimes, guesses, proof_secret, clock, random }
    }

    /// Renews the sessions of this database with tokens of this signer.
    pub fn renewals(&self, leeway_seconds: u32) -> Renewals {
        let (sessions, signer) = (self.sessions.clone(), self.signer.clone());
        let (clock, random) = (self.clock.clone(), self.random.clone());
        Renewals::new(sessions, signer, leeway_seconds, clock, random)
    }

    /// Sets the function that names unverifiable password schemes for the log.
    #[must_use]
    pub fn naming(self, scheme_of: fn(&str) -> &'static str) -> Self {
        Self { passwords: self.passwords.naming(scheme_of), ..self }
    }

    /// Authenticates a user, starts a session and issues its tokens. An unknown or disabled user, a
    /// missing and a wrong password are a [`Refusal`] after the same time.
    ///
    /// It takes two statements, and one more to replace a cheap hash (docs/adr/0032).
    pub async fn authenticate(
        &self,
        attempt: Attempt<'_>,
    ) -> Result<Result<SignedIn, Refusal>, Error> {
        let Attempt { username, password, client_id, wants, device, network, proofs } = attempt;
        let found = self.count(username, &network, proofs.as_ref()).await?;
        let found = found.map_err(|Refused { over, user_id, .. }| {
            Error::RateLimited(over.answered(SecurityEvent::of(LIMITED, user_id)))
        })?;
        self.report_costly_hash(found.user.as_ref());
        let verified = self.verify(password, found.user.as_ref()).await?;
        let (stronger, user) = match (verified, found.user) {
            (Verified::Right(stronger), Some(user)) => (stronger, user),
            (Verified::Wrong(reason), user) => return Ok(Err(refusal(reason, user.as_ref()))),
            (Verified::Right(_), None) => {
                return Ok(Err(refusal(RefusalReason::UnknownUser, None)));
            }
        };
        let now = self.clock.now();
        self.users.give_back_in_process(&found.refund_in_process, now);
        let refund = &found.refund;
        // Without the key, no session starts.
        if let Err(error) = self.signer.prepare(&found.published, now).await {
            self.users.give_back(refund, now).await;
            return Err(error);
        }
        let new = self.new_session(wants, now);
        let session = match self.start(&new, &user, client_id, &device, refund, now).await {
            Ok(true) => Some(new),
            Ok(false) => return Ok(Err(refusal(RefusalReason::ChangedMeanwhile, Some(&user)))),
            Err(error) => {
                unrecorded(error, &user, wants)?;
                None
            }
        };
        if session.is_some() {
            self.replace(&user, stronger).await;
        }
        let SigninUser { id: user_id, roles, .. } = user;
        let grant = Grant {
            user_id,
            roles,
            client_id,
            session: session.as_ref().map(NewSession::of_token),
            published: &found.published,
            database_id: found.database_id,
        };
        let access_token = self.signer.access_token_at(grant, now).await?;
        let session_id = session.as_ref().map(|session| session.id);
        let renewable = session.and_then(|session| session.renewable);
        let proofs = proofs.zip(found.proof_secret).map(|(proofs, secret)| {
            let account = Guesses::account(&username.normalized());
            proofs.renewed(&account, user_id, &secret, now, &self.random)
        });
        Ok(Ok(SignedIn { user_id, session_id, access_token, renewable, proofs }))
    }

    async fn verify(
        &self,
        password: Password,
        user: Option<&SigninUser>,
    ) -> Result<Verified, Error> {
        let stored = user.map(|user| user.password.clone());
        match stored {
            Some(stored) if user.is_some_and(|user| user.is_disabled) => {
                self.passwords.refuse(password, stored).await.map(Verified::Wrong)
            }
            stored => self.passwords.verify(password, stored).await,
        }
    }

    fn new_session(&self, wants: Wants, now: NumericDate) -> NewSession {
        let id = SessionId::new(now, &self.random);
        if wants == Wants::Access {
            let seconds = self.signer.life_seconds();
            return NewSession {
                id,
                wants,
                renewable: None,
                expires_at: now.plus(seconds),
                idle_seconds: seconds,
            };
        }
        let Lifetimes { seconds, idle_seconds } = self.lifetimes;
        let idle_seconds = idle_seconds.max(self.signer.life_seconds().saturating_add(MARGIN));
        let token = RefreshToken::first(id, &self.random);
        let expires_at = now.plus(seconds);
        let renewable = Some(Renewable { token, issued_at: now, expires_at });
        NewSession { id, wants, renewable, expires_at, idle_seconds }
    }

    async fn start(
        &self,
        new: &NewSession,
        user: &SigninUser,
        client_id: &ClientId,
        device: &Device,
        refund: &Refund,
        now: NumericDate,
    ) -> Result<bool, db::Error> {
        let kind = match &new.renewable {
            None => Kind::Access(new.id),
            Some(renewable) if new.wants == Wants::Cookie => Kind::Cookie(&renewable.token),
            Some(renewable) => Kind::Token(&renewable.token),
        };
        let start = Start {
            user_id: user.id,
            session_epoch: user.session_epoch,
            kind,
            client_id,
            now,
            expires_at: new.expires_at,
            idle_seconds: i32::try_from(new.idle_seconds).unwrap_or(i32::MAX),
            device,
            refund,
        };
        self.sessions.start(&start).await
    }

    /// Logs a hash above the configured cost: refusing it takes longer than refusing an unknown user.
    fn report_costly_hash(&self, user: Option<&SigninUser>) {
        let Some(user) = user else { return };
        if user.password.read().is_ok_and(|hash| hash.cost() > self.passwords.cost()) {
            log::notice(Some(user.id), "password_hash_above_bcrypt_cost", None);
        }
    }

    /// Stores a stronger hash, best effort.
    async fn replace(&self, user: &SigninUser, stronger: Option<PasswordHash>) {
        let (Some(stronger), Some(old)) = (stronger, &user.password.hash) else { return };
        if let Err(error) = self.users.replace_password(user.id, old, &stronger).await {
            log::notice(Some(user.id), "password_not_rehashed", Some(&error.to_string()));
        }
    }
}

impl NewSession {
    const fn of_token(&self) -> TokenSession {
        TokenSession { id: self.id, generation: 0, expires_at: self.expires_at }
    }
}

/// Lets a user in without a session while the database takes no writes, if the client wants an access
/// token alone. Such a token is valid while the user's epoch is 0. Fails otherwise.
fn unrecorded(error: db::Error, user: &SigninUser, wants: Wants) -> Result<(), Error> {
    let takes_no_writes = matches!(error, db::Error::ReadOnly(_));
    if !(takes_no_writes && wants == Wants::Access && user.session_epoch == 0) {
        return Err(error.into());
    }
    log::notice(Some(user.id), "session_not_recorded", Some(&error.to_string()));
    Ok(())
}

fn refusal(reason: RefusalReason, user: Option<&SigninUser>) -> Refusal {
    Refusal { reason, user_id: user.map(|user| user.id) }
}
