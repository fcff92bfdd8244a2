//! The cookie of a session, which holds its refresh token.

use lambda_http::http::header::SET_COOKIE;
use lambda_http::http::{HeaderName, HeaderValue};

use crate::allowed_origins::AllowedOrigins;
use crate::clock::NumericDate;
use crate::environment::Environment;
use crate::error::{Answer, Failure};
use crate::http::Request;
use crate::refresh_token::RefreshToken;

/// A browser takes a cookie with this prefix from the host itself alone, over TLS, for all paths
/// (draft-ietf-httpbis-rfc6265bis §4.1.3.2).
const NAME: &str = "__Host-latchkey_session";

/// The attributes that the prefix needs, and those by which neither a script of the page nor a page
/// of another site has it.
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// A page of another origin can't send it without asking first (a preflight).
const REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");

/// Reads and sets the cookie.
#[derive(Debug, Clone)]
pub struct SessionCookie {
    allowed: AllowedOrigins,
}

/// A request whose cookie doesn't count, since a page of another site may have sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrossSite;

impl Failure for CrossSite {
    fn answer(&self) -> Answer {
        Answer(403, "cross_site", "Cross-site request")
    }
}

impl SessionCookie {
    /// Reads `ALLOWED_ORIGINS`.
    pub fn from_env(env: &mut Environment) -> Self {
        Self { allowed: AllowedOrigins::from_env(env) }
    }

    /// The refresh token in the cookie. A request with two of that name, or another value than one of
    /// ours, has none. Fails if there is one, but no `X-Requested-With`, or an `Origin` that isn't one
    /// of `ALLOWED_ORIGINS`.
    pub fn read(&self, request: &Request) -> Result<Option<RefreshToken>, CrossSite> {
        let Some(token) = request.cookie(NAME).and_then(RefreshToken::parse) else {
            return Ok(None);
        };
        let is_allowed = self.allowed.include_that_of(&request.headers).unwrap_or(true);
        let is_ours = is_allowed && request.headers.contains_key(REQUESTED_WITH);
        if is_ours { Ok(Some(token)) } else { Err(CrossSite) }
    }

    /// The header that sets the cookie until the absolute end of its session.
    pub fn set(
        token: &RefreshToken,
        now: NumericDate,
        expires_at: NumericDate,
    ) -> (HeaderName, HeaderValue) {
        let seconds = expires_at.seconds().saturating_sub(now.seconds()).max(0);
        header(token.to_text().expose(), seconds)
    }

    /// The header that removes the cookie.
    pub fn clear() -> (HeaderName, HeaderValue) {
        header("", 0)
    }
}

fn header(value: &str, seconds: i64) -> (HeaderName, HeaderValue) {
    let text = format!("{NAME}={value}; Max-Age={seconds}; {ATTRIBUTES}");
    #[expect(clippy::expect_used, reason = "base64url, digits and the constants above")]
    let mut value = HeaderValue::try_from(text).expect("a cookie is printable ASCII");
    value.set_sensitive(true);
    (SET_COOKIE, value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::functions::ContentRoute;
    use crate::random::Random;
    use crate::session_id::SessionId;

    const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

    fn new_token(seed: u64) -> RefreshToken {
        let random = Random::counted(seed);
        RefreshToken::first(SessionId::new(NOW, &random), &random)
    }

    fn text(token: &RefreshToken) -> String {
        token.to_text().expose().clone()
    }

    /// What is read of a request with these headers.
    fn read(headers: &[(&str, &str)]) -> Result<Option<RefreshToken>, CrossSite> {
        let mut env = Environment::from_iter([(
            "ALLOWED_ORIGINS",
            "https://app.example.com,capacitor://localhost",
        )]);
        let event = json!({ "resource": "/", "httpMethod": "GET" });
        let mut event = serde_json::from_value(event).unwrap();
        let (_, mut request) = Request::of::<ContentRoute>(&mut event).unwrap();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        SessionCookie::from_env(&mut env).read(&request)
    }

    /// What is read of a page's request with these `Cookie` headers.
    fn cookies(headers: &[&str]) -> Option<RefreshToken> {
        let cookies = headers.iter().map(|text| ("cookie", *text));
        let headers: Vec<_> = cookies.chain([("x-requested-with", "fetch")]).collect();
        read(&headers).unwrap()
    }

    #[test]
    fn a_cookie_is_found_in_every_header_beside_others() {
        let token = new_token(1);
        let ours = format!("{NAME}={}", text(&token));
        for headers in [
            vec![&*ours],
            vec![&*format!("a=b; {ours}; c=\"d\"; e")],
            vec![&*format!("a=b;{ours};")],
            vec!["a=b", &*ours],
            vec![&*ours, "a=b; x__Host-latchkey_session=x"],
        ] {
            assert_eq!(cookies(&headers), Some(token.clone()), "{headers:?}");
        }
    }

    #[test]
    fn two_of_the_name_or_another_value_are_none() {
        let (token, other) = (text(&new_token(1)), text(&new_token(2)));
        let ours = format!("{NAME}={token}");
        for headers in [
            vec![],
            vec![""],
            vec![NAME],
            vec![&*format!("{NAME}=")],
            vec![&*format!("{NAME}=\"{token}\"")],
            vec![&*format!("{NAME}={token}=")],
            vec![&*format!("{NAME}={token} x")],
            vec![&*format!("{NAME}={}", &token[..89])],
            vec![&*format!("{}={token}", NAME.to_lowercase())],
            vec![&*format!("latchkey_session={token}")],
            vec![&*format!("{ours}; {ours}")],
            vec![&*ours, &*ours],
            vec![&*ours, &*format!("a=b; {NAME}={other}")],
            vec![&*ours, &*format!("{NAME}=")],
        ] {
            assert_eq!(cookies(&headers), None, "{headers:?}");
        }
    }

    #[test]
    fn a_cookie_counts_only_with_the_header_and_from_an_allowed_origin() {
        let token = new_token(1);
        let value = format!("{NAME}={}", text(&token));
        let with = |headers: &[(&str, &str)]| {
            read(&[&[("cookie", &*value)], headers].concat()).map(|it| it == Some(token.clone()))
        };
        let ajax = ("x-requested-with", "XMLHttpRequest");
        for headers in [
            &[ajax][..],
            &[("x-requested-with", "")],
            &[ajax, ("origin", "https://app.example.com")],
            &[ajax, ("origin", "capacitor://localhost")],
        ] {
            assert_eq!(with(headers), Ok(true), "{headers:?}");
        }
        for headers in [
            &[][..],
            &[("origin", "https://app.example.com")],
            &[ajax, ("origin", "null")],
            &[ajax, ("origin", "")],
            &[ajax, ("origin", "http://app.example.com")],
            &[ajax, ("origin", "https://app.example.com:8443")],
            &[ajax, ("origin", "https://evil.app.example.com")],
            &[ajax, ("origin", "https://app.example.com.evil.example")],
            &[ajax, ("origin", "https://app.example.com, capacitor://localhost")],
            &[ajax, ("origin", "https://app.example.com"), ("origin", "https://app.example.com")],
            &[ajax, ("origin", "https://app.example.com"), ("origin", "https://evil.example")],
        ] {
            assert_eq!(with(headers), Err(CrossSite), "{headers:?}");
        }
        // Without a cookie, there is nothing to protect.
        assert_eq!(read(&[("origin", "https://evil.example")]), Ok(None));
    }

    #[test]
    fn a_cookie_lasts_until_the_end_of_its_session() {
        let token = new_token(1);
        let (name, value) = SessionCookie::set(&token, NOW, NOW.plus(2_592_000));
        let wanted = format!(
            "__Host-latchkey_session={}; Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Strict",
            text(&token)
        );
        assert_eq!((name, value.to_str().unwrap()), (SET_COOKIE, &*wanted));
        assert!(value.is_sensitive() && !format!("{value:?}").contains("lkr_"));
        let (_, over) = SessionCookie::set(&token, NOW.plus(1), NOW);
        assert!(over.to_str().unwrap().contains("; Max-Age=0;"));
        assert_eq!(
            SessionCookie::clear().1,
            "__Host-latchkey_session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict"
        );
    }

    proptest! {
        #[test]
        fn what_is_set_is_read(
            seed: u64, seconds: u32, before in "[ -:<-~]{0,20}", after in "[ -:<-~]{0,20}",
        ) {
            let token = new_token(seed);
            let (_, value) = SessionCookie::set(&token, NOW, NOW.plus(seconds));
            let (pair, _) = value.to_str().unwrap().split_once(';').unwrap();
            let sent = format!("{before}; {pair}; {after}");
            prop_assert_eq!(cookies(&[&sent]), Some(token));
        }

        #[test]
        fn no_header_panics_or_counts(texts in prop::collection::vec("[ -~]{0,120}", 0..3)) {
            let headers: Vec<_> = texts.iter().map(|text| &**text).collect();
            prop_assert_eq!(cookies(&headers), None);
        }
    }
}
