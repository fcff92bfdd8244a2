//! What a token proves.

use super::claims::Claims;
use super::settings::Settings;
use super::unverified::UnverifiedToken;
use crate::client_id::ClientId;
use crate::clock::NumericDate;
use crate::database_id::DatabaseId;
use crate::user_id::UserId;

/// How far ahead of ours the clock of the function that issued a token may be. Its expiry knows
/// no such grace.
const CLOCK_SKEW_SECONDS: u32 = 5;

/// The token isn't one of ours, or isn't valid now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidToken;

/// What a valid token proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidToken {
    /// Whose it is.
    pub user_id: UserId,
    /// From when on it is no longer valid.
    pub expires_at: NumericDate,
    /// The database that it was issued over. The caller of [`Self::of_claims`] compares it with its own.
    pub database_id: DatabaseId,
}

impl ValidToken {
    /// What a token proves if its signature is good; `None` if its claims aren't ours, or aren't
    /// valid at `now`.
    pub fn of_claims(
        token: &UnverifiedToken<'_>,
        settings: &Settings,
        now: NumericDate,
    ) -> Option<Self> {
        let claims: Claims = token.jws.payload()?;
        let user_id = UserId::parse(&claims.sub)?;
        let is_ours = claims.iss == settings.issuer
            && claims.aud.includes(&settings.audience)
            && ClientId::parse(&claims.client_id).is_some()
            && !claims.jti.is_empty();
        let is_valid_now = now < claims.exp
            && claims.nbf.is_none_or(|nbf| nbf <= now)
            && claims.iat <= now.plus(CLOCK_SKEW_SECONDS);
        let Claims { exp: expires_at, database_id, .. } = claims;
        (is_ours && is_valid_now).then_some(Self { user_id, expires_at, database_id })
    }
}
