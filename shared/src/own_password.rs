//! Verifies the password of a caller who changes their own account.

use crate::clock::Clock;
use crate::db::accounts::{Accounts, Outcome, OwnCredentials};
use crate::db::own_sessions::Bearer;
use crate::error::{Answer, Error, Failure, SecurityEvent};
use crate::limits::OwnGuesses;
use crate::password::{Password, Passwords, RefusalReason};
use crate::secret::Secret;

/// The caller's own password.
#[derive(Debug)]
pub struct OwnPassword {
    accounts: Accounts,
    passwords: Passwords,
    guesses: OwnGuesses,
    clock: Clock,
}

impl OwnPassword {
    /// Finds the password in these accounts, and counts the guesses of it.
    pub const fn new(
        accounts: Accounts,
        passwords: Passwords,
        guesses: OwnGuesses,
        clock: Clock,
    ) -> Self {
        Self { accounts, passwords, guesses, clock }
    }

    /// What the caller's password is verified against. Fails if the session is over, or over the limit.
    pub async fn find(&self, caller: &Bearer) -> Result<OwnCredentials, Error> {
        let charges = self.guesses.of(caller.user_id);
        let found = self.accounts.find(caller, &charges, self.clock.now()).await?;
        found.ok_or(Error::InvalidToken)?.map_err(|over| {
            Error::RateLimited(over.answered(event("authn_login_fail_max", caller)))
        })
    }

    /// The stored hash, if the password is right. Every refusal takes the time of one hash.
    pub async fn verified(
        &self,
        password: Password,
        found: OwnCredentials,
        refused: SecurityEvent,
    ) -> Result<Secret<String>, Box<dyn Failure>> {
        let hash = found.password.hash.clone();
        let checked = self.passwords.check(password, found.password).await?;
        checked.map_err(|reason| Refusal::WrongPassword(reason, refused))?;
        Ok(hash.ok_or_else(|| Error::Internal("a right password without a hash".into()))?)
    }
}

/// An event of the caller's, with the session.
pub fn event(name: &'static str, caller: &Bearer) -> SecurityEvent {
    let session_id = caller.key.session();
    SecurityEvent { session_id, ..SecurityEvent::of(name, Some(caller.user_id)) }
}

/// Why the password wasn't changed, or the account not deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The password is wrong, or there is none that can be verified. Only the log has the reason, with
    /// this event.
    WrongPassword(RefusalReason, SecurityEvent),
    /// The stored password has changed since it was verified.
    PasswordChanged,
    /// A constraint or a trigger of the team's own needs the user.
    InUse,
}

impl Failure for Refusal {
    fn answer(&self) -> Answer {
        match self {
            // After a 401, clients would discard their token.
            Self::WrongPassword(..) => Answer(403, "wrong_password", "Incorrect password"),
            Self::PasswordChanged => Answer(409, "password_changed", "Password already changed"),
            Self::InUse => Answer(409, "account_in_use", "Account in use"),
        }
    }

    fn cause(&self) -> Option<&str> {
        match self {
            Self::WrongPassword(reason, _) => Some(reason.name()),
            Self::PasswordChanged | Self::InUse => None,
        }
    }

    fn event(&self) -> Option<SecurityEvent> {
        match *self {
            Self::WrongPassword(reason, event) => {
                Some(SecurityEvent { hash_scheme: reason.hash_scheme(), ..event })
            }
            Self::PasswordChanged | Self::InUse => None,
        }
    }
}

/// Fails unless the change is done.
pub fn done(outcome: Outcome) -> Result<(), Box<dyn Failure>> {
    match outcome {
        Outcome::Done => Ok(()),
        Outcome::SignedOut => Err(Error::InvalidToken.into()),
        Outcome::PasswordChanged => Err(Refusal::PasswordChanged.into()),
        Outcome::InUse => Err(Refusal::InUse.into()),
    }
}
