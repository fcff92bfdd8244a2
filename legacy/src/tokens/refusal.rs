//! Why a token of the legacy app's form is refused.

/// Why a token of the legacy app's form is refused, for the log. All callers get the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// `LEGACY_TOKENS_UNTIL` has passed.
    AfterCutoff,
    /// The signature isn't by the secret.
    WrongSignature,
    /// A claim is missing, or there is one that the legacy app refuses.
    WrongClaims,
    /// `exp` has passed.
    Expired,
    /// `nbf` is in the future.
    NotYetValid,
    /// No account with this name has existed since the adoption.
    UnknownUser,
    /// The token was signed out, or all sessions of its user have ended.
    SignedOut,
}

impl Refusal {
    /// The stable name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AfterCutoff => "after_cutoff",
            Self::WrongSignature => "wrong_signature",
            Self::WrongClaims => "wrong_claims",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::UnknownUser => "unknown_user",
            Self::SignedOut => "signed_out",
        }
    }
}
