//! Tokens of the legacy app's form.

use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde::de::IgnoredAny;
use shared::jwt::Jws;
use shared::{NumericDate, TokenKey};

use super::refusal::Refusal;
use super::secret::LegacySecret;

/// A token with the header of the legacy app's. Our tokens never have it: their header has a key id
/// and another type.
#[derive(Debug, PartialEq, Eq)]
pub struct LegacyToken<'a>(Jws<'a>);

/// The header of the legacy app's tokens, exactly `{"alg":"HS256","typ":"JWT"}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
}

/// The claims that the legacy app reads. Each has a value of its type, not `null`; times are whole
/// seconds.
#[derive(Deserialize)]
pub(super) struct Claims {
    /// The username.
    pub(super) sub: String,
    /// The expiry. The legacy app would accept a token without one.
    pub(super) exp: NumericDate,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<NumericDate>,
    /// The legacy app refuses a token with one of these, which is for others.
    #[serde(default, deserialize_with = "present")]
    aud: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    at_hash: Option<IgnoredAny>,
}

fn present<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl<'a> LegacyToken<'a> {
    /// Splits a token; `None` if it has another form.
    pub fn parse(token: &'a str) -> Option<Self> {
        let jws = Jws::parse(token)?;
        let header: Header = jws.header()?;
        let is_legacy = header.alg == "HS256" && header.typ == "JWT" && jws.signature_length == 32;
        is_legacy.then_some(Self(jws))
    }

    /// By what it can be ended. Its text has one spelling: the signature is compared as bytes.
    pub(super) fn key(&self) -> TokenKey {
        TokenKey::digest_of(self.0.message)
    }

    /// The claims, if the secret has signed the token and it is valid at `now`.
    pub(super) fn claims(
        &self,
        secret: &LegacySecret,
        now: NumericDate,
    ) -> Result<Claims, Refusal> {
        if !self.0.is_signed_with(secret.key(), Algorithm::HS256) {
            return Err(Refusal::WrongSignature);
        }
        let claims: Claims = self.0.payload().ok_or(Refusal::WrongClaims)?;
        if claims.aud.is_some() || claims.at_hash.is_some() {
            return Err(Refusal::WrongClaims);
        }
        if claims.exp <= now {
            return Err(Refusal::Expired);
        }
        if claims.nbf.is_some_and(|nbf| nbf > now) {
            return Err(Refusal::NotYetValid);
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests;
