//! The claims of a valid token.

use shared::jwt::{Claims, Issuer, Settings};
use shared::{ClientId, DatabaseId, NumericDate, TokenKey, UserId};

use crate::unverified_token::UnverifiedToken;

/// The most seconds by which the issuing function's clock may be ahead of ours. It applies to `iat`,
/// not to the expiry.
const CLOCK_SKEW_SECONDS: u32 = 5;

/// The token isn't one of ours, or isn't valid now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidToken;

/// The claims of a valid token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidToken {
    /// The user.
    pub user_id: UserId,
    /// By what it can be ended.
    pub key: TokenKey,
    /// How often its session's refresh token had been rotated; `None` without a session.
    pub generation: Option<i32>,
    /// The time from which it is no longer valid.
    pub expires_at: NumericDate,
    /// The database that it was issued over. The caller of `of_claims` compares it with its
    /// own.
    pub database_id: DatabaseId,
}

impl ValidToken {
    /// Checks the claims, but not the signature; `None` if they aren't ours or aren't valid at `now`.
    /// `previous` is an issuer that is accepted beside the one in `settings`.
    pub(crate) fn of_claims(
        token: &UnverifiedToken<'_>,
        settings: &Settings,
        previous: Option<&Issuer>,
        now: NumericDate,
    ) -> Option<Self> {
        let claims: Claims = token.jws.payload()?;
        let user_id = UserId::parse(&claims.sub)?;
        let mut issuers = [&settings.issuer].into_iter().chain(previous);
        let is_ours = issuers.any(|issuer| claims.iss == issuer.as_str())
            && claims.aud.includes(&settings.audience)
            && ClientId::parse(&claims.client_id).is_some()
            && !claims.jti.is_empty();
        let is_valid_now = now < claims.exp
            && claims.nbf.is_none_or(|nbf| nbf <= now)
            && claims.iat <= now.plus(CLOCK_SKEW_SECONDS);
        let key = match (claims.sid, claims.generation) {
            (Some(session), Some(_)) => TokenKey::Session(session),
            (None, None) => TokenKey::digest_of(&claims.jti),
            _ => return None,
        };
        let Claims { exp: expires_at, database_id, generation, .. } = claims;
        let valid = Self { user_id, key, generation, expires_at, database_id };
        (is_ours && is_valid_now).then_some(valid)
    }
}
