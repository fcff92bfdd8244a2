//! The claims of a valid token.

use super::unverified_token::UnverifiedToken;
use crate::client_id::ClientId;
use crate::clock::NumericDate;
use crate::database_id::DatabaseId;
use crate::jwt::{Audience, Claims, Issuer, Settings};
use crate::token_key::TokenKey;
use crate::user_id::UserId;

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
    /// The database that it was issued over. A function compares it with its own.
    pub database_id: DatabaseId,
    /// The client that it was issued to.
    pub client_id: ClientId,
    /// The time of issue.
    pub issued_at: NumericDate,
    /// Its identifier.
    pub jti: String,
    /// The issuer: ours now, or the previous one.
    pub issuer: String,
    /// Its audience, which includes ours.
    pub audience: Audience,
}

impl ValidToken {
    /// Checks the claims except `exp`, but not the signature; `None` if they aren't ours or aren't
    /// valid yet at `now`. `previous` is an issuer that is accepted beside the one in `settings`.
    pub(super) fn of_claims(
        token: &UnverifiedToken<'_>,
        settings: &Settings,
        previous: Option<&Issuer>,
        now: NumericDate,
    ) -> Option<Self> {
        let claims: Claims = token.jws.payload()?;
        let mut issuers = [&settings.issuer].into_iter().chain(previous);
        let is_ours = issuers.any(|issuer| claims.iss == issuer.as_str())
            && claims.aud.includes(&settings.audience)
            && !claims.jti.is_empty();
        let has_begun =
            claims.nbf.is_none_or(|nbf| nbf <= now) && claims.iat <= now.plus(CLOCK_SKEW_SECONDS);
        let key = match (claims.sid, claims.generation) {
            (Some(session), Some(_)) => TokenKey::Session(session),
            (None, None) => TokenKey::digest_of(&claims.jti),
            _ => return None,
        };
        let valid = Self {
            user_id: UserId::parse(&claims.sub)?,
            key,
            generation: claims.generation,
            expires_at: claims.exp,
            database_id: claims.database_id,
            client_id: ClientId::parse(&claims.client_id)?,
            issued_at: claims.iat,
            jti: claims.jti,
            issuer: claims.iss,
            audience: claims.aud,
        };
        (is_ours && has_begun).then_some(valid)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use super::*;
    use crate::session_id::SessionId;

    const SESSION: &str = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";

    /// What a token with some other claims says at 1,000; its signature is not looked at.
    fn with(claims: Value) -> Option<ValidToken> {
        let mut payload = json!({
            "iss": "latchkey", "aud": "a", "sub": "7", "client_id": "c", "iat": 1000, "exp": 900,
            "jti": "j", "database_id": "d",
        });
        let Value::Object(claims) = claims else { unreachable!() };
        for (name, value) in claims {
            payload[name] = value;
        }
        let header = r#"{"alg":"ES256","typ":"at+jwt","kid":"k"}"#;
        let [header, payload] = [header, &payload.to_string()].map(|it| URL_SAFE_NO_PAD.encode(it));
        let text = format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode([7; 64]));
        let token = UnverifiedToken::parse(&text).unwrap();
        let settings = Settings { issuer: "latchkey".parse().unwrap(), audience: "a".into() };
        let previous: Issuer = "before".parse().unwrap();
        ValidToken::of_claims(&token, &settings, Some(&previous), NumericDate::from_seconds(1000))
    }

    #[test]
    fn a_valid_token_says_its_client_issuer_and_time() {
        let expected = ValidToken {
            user_id: UserId::new(7),
            key: TokenKey::digest_of("j"),
            generation: None,
            expires_at: NumericDate::from_seconds(900),
            database_id: DatabaseId::new("d".into()),
            client_id: ClientId::parse("c").unwrap(),
            issued_at: NumericDate::from_seconds(1000),
            jti: "j".into(),
            issuer: "latchkey".into(),
            audience: Audience::One("a".into()),
        };
        assert_eq!(with(json!({})), Some(expected.clone()));
        let several = Audience::Several(vec!["b".into(), "a".into()]);
        let previous = ValidToken { issuer: "before".into(), audience: several, ..expected };
        assert_eq!(with(json!({ "iss": "before", "aud": ["b", "a"] })), Some(previous));
    }

    #[test]
    fn a_session_comes_with_its_generation_or_the_token_is_invalid() {
        let valid = with(json!({ "sid": SESSION, "gen": 3 })).unwrap();
        let session = SessionId::parse(SESSION).unwrap();
        assert_eq!((valid.key, valid.generation), (TokenKey::Session(session), Some(3)));
        assert_eq!(with(json!({ "sid": SESSION })), None);
        assert_eq!(with(json!({ "gen": 3 })), None);
    }

    #[test]
    fn a_claim_that_is_not_ours_or_not_yet_good_is_refused() {
        assert!(with(json!({ "iat": 1005, "nbf": 1000 })).is_some());
        for other in [
            json!({ "iss": "another" }),
            json!({ "aud": "b" }),
            json!({ "aud": [] }),
            json!({ "sub": "07" }),
            json!({ "client_id": "" }),
            json!({ "client_id": "\n" }),
            json!({ "jti": "" }),
            json!({ "iat": 1006 }),
            json!({ "nbf": 1001 }),
        ] {
            assert_eq!(with(other.clone()), None, "{other}");
        }
    }
}
