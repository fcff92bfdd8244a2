//! The opaque token that renews a session.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::random::Random;
use crate::secret::Secret;
use crate::session_id::SessionId;

/// By which scanners of leaked secrets find one.
const PREFIX: &str = "lkr_";

/// What the successor's HMAC is of, before the salt.
const PURPOSE: &[u8] = b"latchkey refresh";

/// `lkr_` and the base64url of a session's id, 16 bytes that stay in the session, and 32 bytes that
/// each rotation replaces: 90 characters. The database has only hashes of the two secret parts.
///
/// The constant part proves a true old token: only such a one ends a session. A successor is computed
/// from the token and a salt in the database, so each presentation of a token gives the same one.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    session: SessionId,
    family: [u8; 16],
    rotating: [u8; 32],
}

/// The random part of one rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; 16]);

impl RefreshToken {
    /// The first token of a session.
    pub fn first(session: SessionId, random: &Random) -> Self {
        let mut rotating = [0; 32];
        rotating[..16].copy_from_slice(&random.bytes());
        rotating[16..].copy_from_slice(&random.bytes());
        Self { session, family: random.bytes(), rotating }
    }

    /// Parses what a client sent; `None` if no token of ours has that form. A token has one spelling.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix(PREFIX).filter(|text| text.len() == 86)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (session, rest) = bytes.split_first_chunk()?;
        let (family, rotating) = rest.split_first_chunk()?;
        Some(Self {
            session: SessionId::from_bytes(*session)?,
            family: *family,
            rotating: rotating.try_into().ok()?,
        })
    }

    /// The token for the client.
    pub fn to_text(&self) -> Secret<String> {
        let bytes = [&self.session.as_bytes()[..], &self.family, &self.rotating].concat();
        Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Its session.
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// SHA-256 of the constant part.
    pub fn family_hash(&self) -> [u8; 32] {
        sha256(&self.family)
    }

    /// SHA-256 of the rotating part.
    pub fn rotating_hash(&self) -> [u8; 32] {
        sha256(&self.rotating)
    }

    /// The token that replaces it by the rotation with this salt.
    #[must_use]
    pub fn successor(&self, salt: &Salt) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.rotating);
        let tag = hmac::sign(&key, &[PURPOSE, &salt.0].concat());
        let mut rotating = [0; 32];
        rotating.copy_from_slice(tag.as_ref());
        Self { rotating, ..*self }
    }
}

/// Shows the session alone.
impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken").field("session", &self.session).finish_non_exhaustive()
    }
}

impl Salt {
    /// A new salt.
    pub fn new(random: &Random) -> Self {
        Self(random.bytes())
    }

    /// The salt in a row; `None` if it has another length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The salt for the database.
    pub const fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

#[cfg(test)]
mod tests;
