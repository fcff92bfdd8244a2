//! What identifies an access token when it is ended.

#[cfg(feature = "database")]
use aws_lc_rs::digest::SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::session_id::SessionId;

/// What names an access token to the database: never its text, since a signature by ECDSA has a
/// second spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKey {
    /// Its session, the claim `sid`.
    Session(SessionId),
    /// For a token without one: SHA-256 of its `jti`, or of the signed text of the legacy app's.
    Digest([u8; 32]),
}

impl TokenKey {
    /// The key of a token without a session, of its `jti` or signed text.
    #[cfg(feature = "database")]
    pub fn digest_of(text: &str) -> Self {
        let mut digest = [0; 32];
        digest.copy_from_slice(aws_lc_rs::digest::digest(&SHA256, text.as_bytes()).as_ref());
        Self::Digest(digest)
    }

    /// Its session, if it has one.
    pub const fn session(&self) -> Option<SessionId> {
        match self {
            Self::Session(session) => Some(*session),
            Self::Digest(_) => None,
        }
    }

    /// Its digest, if it has no session.
    pub const fn digest(&self) -> Option<&[u8; 32]> {
        match self {
            Self::Session(_) => None,
            Self::Digest(digest) => Some(digest),
        }
    }

    /// `sid` and `token_digest` for the authorizer's context; one of them is empty.
    pub(crate) fn to_context(self) -> [(&'static str, String); 2] {
        let session = self.session().map(|session| session.to_string());
        let digest = self.digest().map(|digest| URL_SAFE_NO_PAD.encode(digest));
        [("sid", session.unwrap_or_default()), ("token_digest", digest.unwrap_or_default())]
    }

    /// Reads what [`TokenKey::to_context`] wrote; `None` unless exactly one is there.
    pub(crate) fn from_context(session: &str, digest: &str) -> Option<Self> {
        match (session, digest) {
            (session, "") => SessionId::parse(session).map(Self::Session),
            ("", digest) => {
                Some(Self::Digest(URL_SAFE_NO_PAD.decode(digest).ok()?.try_into().ok()?))
            }
            _ => None,
        }
    }
}
