//! Why a change of one's own account is refused.

use shared::db::accounts::Outcome;
use shared::error::{Answer, Error, Failure, SecurityEvent};
use shared::password::RefusalReason;

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
pub(crate) fn done(outcome: Outcome) -> Result<(), Box<dyn Failure>> {
    match outcome {
        Outcome::Done => Ok(()),
        Outcome::SignedOut => Err(Error::InvalidToken.into()),
        Outcome::PasswordChanged => Err(Refusal::PasswordChanged.into()),
        Outcome::InUse => Err(Refusal::InUse.into()),
    }
}
