//! The claims of an access token (RFC 9068 §2.2).

use serde::{Deserialize, Serialize};

use crate::clock::NumericDate;
use crate::database_id::DatabaseId;
use crate::role::Role;
use crate::session_id::SessionId;

/// The claims of a token. Unknown ones are ignored (RFC 7519 §4); a known claim that is repeated or
/// has another type makes the token invalid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// The audience.
    pub aud: Audience,
    /// The subject: `users.id` in decimal digits.
    pub sub: String,
    /// The client that it was issued to.
    pub client_id: String,
    /// The time of issue.
    pub iat: NumericDate,
    /// The time from which it is no longer valid.
    pub exp: NumericDate,
    /// The time before which it isn't valid. Our tokens have none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub nbf: Option<NumericDate>,
    /// Its identifier: 128 random bits.
    pub jti: String,
    /// Its session ("sid" in IANA's registry of claims); a token without one is valid until the
    /// user's sessions first all end.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub sid: Option<SessionId>,
    /// How often the session's refresh token had been rotated: a private claim, present with `sid`.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present",
        rename = "gen"
    )]
    pub generation: Option<i32>,
    /// The database that it was issued over: a private claim (RFC 7519 §4.3), which other
    /// verifiers ignore.
    pub database_id: DatabaseId,
    /// The user's roles at the time of issue (RFC 9068 §2.2.3.1), with `TOKEN_CLAIMS=roles`. They are
    /// for other services: our authorizer reads the roles in the database, and ignores this claim.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<Role>>,
    /// The same roles, joined by spaces, unless there are none (RFC 9068 §2.2.3): many verifiers
    /// compare scopes alone. Ignored likewise.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// One audience, or several (RFC 7519 §4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// A string, as in our tokens.
    One(String),
    /// An array.
    Several(Vec<String>),
}

impl Audience {
    /// Whether it includes `name`.
    pub fn includes(&self, name: &str) -> bool {
        match self {
            Self::One(audience) => audience == name,
            Self::Several(audiences) => audiences.iter().any(|audience| audience == name),
        }
    }
}

/// Refuses `null` for a claim that is present.
fn present<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Claims, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn roles_in_a_token_are_not_read() {
        for claims in [r#""roles":["ROLE_ADMIN"],"scope":"ROLE_ADMIN""#, r#""roles":7,"scope":[]"#]
        {
            let claims =
                read(&WHOLE.replace(r#""exp":2"#, &format!(r#""exp":2,{claims}"#))).unwrap();
            assert_eq!((claims.roles, claims.scope), (None, None));
        }
    }

    const WHOLE: &str = r#"{"iss":"i","aud":"a","sub":"7","client_id":"latchkey","iat":1,"exp":2,"jti":"j","database_id":"d"}"#;

    #[test]
    fn every_claim_but_nbf_is_required() {
        assert!(read(WHOLE).is_ok());
        for name in ["iss", "aud", "sub", "client_id", "iat", "exp", "jti", "database_id"] {
            let renamed = WHOLE.replace(&format!("\"{name}\""), "\"x\"");
            assert!(read(&renamed).is_err(), "{name}");
        }
    }

    #[test]
    fn a_claim_of_another_type_or_a_repeated_one_is_refused() {
        for (from, to) in [
            (r#""exp":2"#, r#""exp":2.5"#),
            (r#""exp":2"#, r#""exp":"2""#),
            (r#""exp":2"#, r#""exp":null"#),
            (r#""exp":2"#, r#""exp":1e99"#),
            (r#""exp":2"#, r#""exp":18446744073709551615"#),
            (r#""exp":2"#, r#""exp":2,"nbf":null"#),
            (r#""exp":2"#, r#""exp":2,"sid":null"#),
            (r#""exp":2"#, r#""exp":2,"sid":"""#),
            (r#""exp":2"#, r#""exp":2,"sid":"017F22E2-79B0-7CC3-98C4-DC0C0C07398F""#),
            (r#""exp":2"#, r#""exp":2,"gen":"1""#),
            (r#""exp":2"#, r#""exp":2,"gen":2147483648"#),
            (r#""sub":"7""#, r#""sub":7"#),
            (r#""aud":"a""#, r#""aud":{"a":1}"#),
            (r#""database_id":"d""#, r#""database_id":["d"]"#),
            (r#""exp":2"#, r#""exp":2,"exp":3"#),
            (r#""sub":"7""#, r#""sub":"7","sub":"8""#),
        ] {
            assert!(read(&WHOLE.replace(from, to)).is_err(), "{to}");
        }
    }
}
