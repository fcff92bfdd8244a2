//! The kinds of mail.

use shared::NumericDate;

/// What a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The user proves that they read their mailbox.
    Verify,
    /// The user sets a password that they forgot.
    Reset,
    /// The user proves that they read the mailbox that they change to.
    Change,
    /// Reports to the present mailbox that a change was asked for.
    ChangeAsked,
    /// Reports a change to both mailboxes.
    EmailChanged,
    /// Reports to a mailbox that another account can't have its address.
    AddressInUse,
    /// Reports a new password.
    PasswordChanged,
    /// Reports a sign-in by a new client.
    NewClient,
}

/// What a secret is for, and the seconds that its link lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose {
    /// As the database and the fragment of the link name it: `verify`, `reset` or `change`.
    pub name: &'static str,
    /// The lifetime of the link in hours.
    pub hours: u32,
}

impl Purpose {
    /// The lifetime of the link in seconds.
    pub const fn seconds(self) -> u32 {
        self.hours * HOUR
    }
}

/// The lifetime of a code in minutes.
pub(crate) const CODE_MINUTES: u32 = 10;

const HOUR: u32 = 3_600;

/// How long a notice is worth sending.
pub(crate) const NOTICE_SECONDS: u32 = 24 * HOUR;

/// The most attempts at a notice.
const MAX_ATTEMPTS: i32 = 10;

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Verify,
        Self::Reset,
        Self::Change,
        Self::ChangeAsked,
        Self::EmailChanged,
        Self::AddressInUse,
        Self::PasswordChanged,
        Self::NewClient,
    ];

    /// The name in the outbox, in the log and of the texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
            Self::Change => "change",
            Self::ChangeAsked => "change_asked",
            Self::EmailChanged => "email_changed",
            Self::AddressInUse => "address_in_use",
            Self::PasswordChanged => "password_changed",
            Self::NewClient => "new_client",
        }
    }

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What the secret of such a mail is for, if it has one.
    pub const fn purpose(self) -> Option<Purpose> {
        let (name, hours) = match self {
            Self::Verify => ("verify", 24),
            Self::Change => ("change", 24),
            Self::Reset => ("reset", 1),
            _ => return None,
        };
        Some(Purpose { name, hours })
    }

    /// Whether a mail that was asked for at `asked_at` is too old to send, or was attempted too often.
    pub fn is_over(self, asked_at: NumericDate, attempts: i32, now: NumericDate) -> bool {
        let (lifetime, is_notice) =
            self.purpose().map_or((NOTICE_SECONDS, true), |purpose| (purpose.seconds(), false));
        now >= asked_at.plus(lifetime) || is_notice && attempts > MAX_ATTEMPTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::KINDS;

    #[test]
    fn each_kind_has_texts_and_variables() {
        let mut names = Kind::ALL.map(Kind::name);
        names.sort_unstable();
        assert_eq!(names, KINDS.map(|(name, _)| name));
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.name()), Some(kind));
        }
        assert_eq!(Kind::parse("other"), None);
    }

    #[test]
    fn a_mail_is_over_when_its_link_would_be_or_after_a_day_or_ten_attempts() {
        let asked_at = NumericDate::from_seconds(1_000);
        for (kind, seconds, counts) in [
            (Kind::Reset, 3_600, false),
            (Kind::Verify, 86_400, false),
            (Kind::Change, 86_400, false),
            (Kind::PasswordChanged, 86_400, true),
            (Kind::AddressInUse, 86_400, true),
        ] {
            assert!(!kind.is_over(asked_at, 10, asked_at.plus(seconds - 1)), "{kind:?}");
            assert!(kind.is_over(asked_at, 1, asked_at.plus(seconds)), "{kind:?}");
            assert_eq!(kind.is_over(asked_at, 11, asked_at), counts, "{kind:?}");
        }
    }
}
