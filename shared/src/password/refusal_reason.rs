//! Why a password was refused.

/// Why a password was refused: for the log, never for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalReason {
    /// No user has that name.
    UnknownUser,
    /// The row has no password.
    NoPassword,
    /// The row's password is no hash that we verify, but of that scheme.
    UnknownHash(&'static str),
    /// The password doesn't match.
    WrongPassword,
}

impl RefusalReason {
    /// The stable word for it in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::NoPassword => "no_password",
            Self::UnknownHash(_) => "unknown_hash",
            Self::WrongPassword => "wrong_password",
        }
    }

    /// The scheme of a password that can't be verified, beside that word.
    pub const fn hash_scheme(self) -> Option<&'static str> {
        match self {
            Self::UnknownHash(scheme) => Some(scheme),
            Self::UnknownUser | Self::NoPassword | Self::WrongPassword => None,
        }
    }
}
