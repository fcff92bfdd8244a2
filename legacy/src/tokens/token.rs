//! A token of the app's form.

use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde::de::IgnoredAny;
use shared::NumericDate;
use shared::jwt::Jws;

use super::Refusal;
use super::secret::LegacySecret;

/// A token whose header is that of the app's. None of ours is one: those name their key, and are
/// of another type.
#[derive(Debug, PartialEq, Eq)]
pub struct LegacyToken<'a>(Jws<'a>);

/// The header of the app's tokens, `{"alg":"HS256","typ":"JWT"}`. There is nothing else in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
}

/// What the app's tokens say, and what the app looks at. A claim that is there has a value of its
/// type: `null` is none, and a time is whole seconds.
#[derive(Deserialize)]
pub(super) struct Claims {
    /// The user's name.
    pub(super) sub: String,
    /// From when on it is no longer valid. The app would take a token without.
    pub(super) exp: NumericDate,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<NumericDate>,
    /// With these it is for others, and the app refuses it.
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
    /// Takes a token apart; `None` if it isn't of that form.
    pub fn parse(token: &'a str) -> Option<Self> {
        let jws = Jws::parse(token)?;
        let header: Header = jws.header()?;
        let is_the_apps =
            header.alg == "HS256" && header.typ == "JWT" && jws.signature_length() == 32;
        is_the_apps.then_some(Self(jws))
    }

    /// What it says, if that secret has signed it and it is valid at `now`.
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
