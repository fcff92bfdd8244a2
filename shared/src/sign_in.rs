//! Exchanges a username and a password for an access token and a session, for `signin` and `token`.

mod attempt;
mod counting;
mod lifetimes;
mod mail;
mod new_session;
mod refusal;
mod signed_in;
mod users;

use std::sync::Mutex;

use crate::client_proof::ProofSecret;
use crate::clock::Clock;
use crate::db::sessions::Sessions;
use crate::db::{self, Database};
use crate::environment::{Environment, Invalid};
use crate::error::{Error, SecurityEvent};
use crate::jwt::{Grant, Signer};
use crate::limits::Guesses;
use crate::log;
use crate::password::{Password, PasswordHash, Passwords, RefusalReason, Verified};
use crate::random::Random;
use crate::renewals::Renewals;
use crate::secrets_manager::SecretsManager;

pub use attempt::{Attempt, Wants};
pub use lifetimes::Lifetimes;
pub use mail::SignInMail;
use new_session::{Client, NewSession, unrecorded};
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
    mail: SignInMail,
    /// What client proofs are made with, as the last statement had it.
    proof_secret: Mutex<Option<ProofSecret>>,
    clock: Clock,
    random: Random,
}

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
        let mail = SignInMail::from_env(env);
        env.check()?;
        let database = Database::new(database, secrets);
        // Boxed, because both are large and end before the first event.
        let (connected, key_read) =
            tokio::join!(Box::pin(database.warm_up()), Box::pin(signer.warm_up()));
        log::warmed_up(connected);
        log::warmed_up(key_read);
        let (clock, random) = (Clock::System, Random::System);
        let sign_in = Self::new(database, passwords, signer, lifetimes, guesses, clock, random);
        Ok(sign_in.mailing(mail))
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
        let (mail, proof_secret) = (SignInMail::default(), Mutex::default());
        Self {
            users,
            sessions,
            passwords,
            signer,
            lifetimes,
            guesses,
            mail,
            proof_secret,
            clock,
            random,
        }
    }

    /// Sets what mail does.
    #[must_use]
    pub fn mailing(self, mail: SignInMail) -> Self {
        let users = self.users.requiring_verified_email(mail.requires_verified_email);
        Self { users, mail, ..self }
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
    /// missing and a wrong password are a [`Refusal`] after the same time, as is, if one is required, a
    /// right one without a verified address.
    ///
    /// It takes two statements, and one more to replace a cheap hash (docs/adr/0032).
    pub async fn authenticate(
        &self,
        attempt: Attempt<'_>,
    ) -> Result<Result<SignedIn, Refusal>, Error> {
        let Attempt { username, password, client_id, wants, device, languages, network, proofs } =
            attempt;
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
        if user.lacks_verified_email {
            self.users.give_back(refund, now).await;
            return Ok(Err(Refusal::EmailNotVerified(user.id)));
        }
        // Without the key, no session starts.
        if let Err(error) = self.signer.prepare(&found.published, now).await {
            self.users.give_back(refund, now).await;
            return Err(error);
        }
        let life_seconds = self.signer.life_seconds();
        let new = NewSession::new(wants, life_seconds, self.lifetimes, now, &self.random);
        let notifies = self.mail.notifies_of_new_clients && !found.is_known_client;
        let languages = notifies.then_some(&languages);
        let client = Client { id: client_id, device: &device, languages };
        let session = match new.start(&self.sessions, &user, &client, refund, now).await {
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

fn refusal(reason: RefusalReason, user: Option<&SigninUser>) -> Refusal {
    Refusal::WrongCredentials { reason, user_id: user.map(|user| user.id) }
}
