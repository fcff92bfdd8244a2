//! The reason of a refused sign-in.

/// Why a password was refused: for the log, never for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalReason {
    /// No user has this name.
    UnknownUser,
    /// The row has no password.
    NoPassword,
    /// Latchkey doesn't verify the stored password's scheme, which this names.
    UnknownHash(&'static str),
    /// The password doesn't match.
    WrongPassword,
}

impl RefusalReason {
    /// The stable name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::NoPassword => "no_password",
            Self::UnknownHash(_) => "unknown_hash",
            Self::WrongPassword => "wrong_password",
        }
    }

    /// The scheme of a stored password that can't be verified, for the log.
    pub const fn hash_scheme(self) -> Option<&'static str> {
        match self {
            Self::UnknownHash(scheme) => Some(scheme),
            Self::UnknownUser | Self::NoPassword | Self::WrongPassword => None,
        }
    }
}
