//! The cookie with a client's proofs ([`crate::client_proof`]).

use lambda_http::http::HeaderValue;

use crate::allowed_origins::AllowedOrigins;
use crate::client_proof::{LIFE_SECONDS, Proofs};
use crate::environment::Environment;
use crate::http::Request;
use crate::limits::Guesses;
use crate::secret::Secret;

/// A browser takes a cookie with this prefix from the host itself alone, over TLS, for all paths
/// (draft-ietf-httpbis-rfc6265bis §4.1.3.2).
const NAME: &str = "__Host-latchkey-client";

/// The attributes that the prefix needs, and those by which an allowed page of another site has a cookie
/// of its own, and no script has it.
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=None; Partitioned";

/// Reads and sets the cookie.
#[derive(Debug, Clone)]
pub struct ClientCookie {
    allowed: AllowedOrigins,
    is_used: bool,
}

impl ClientCookie {
    /// Reads `ALLOWED_ORIGINS`, and whether `GUESSES_PER_ACCOUNT` is `off`.
    pub fn from_env(env: &mut Environment) -> Self {
        let allowed = AllowedOrigins::from_env(env);
        Self { allowed, is_used: Guesses::know_clients(env) }
    }

    /// The proofs in all cookies of that name: a browser that has just learnt `Partitioned` also sends the
    /// cookie of before, which it never replaces. `None` if none may be read or set: without a limit per
    /// account, and for a page of another origin, which could use up the owner's budget, or push the
    /// owner's proofs out of the cookie.
    pub fn read(&self, request: &Request) -> Option<Proofs> {
        let is_ours = match (request.site(), self.allowed.include_that_of(&request.headers)) {
            (Some("same-origin"), _) | (None | Some("none"), None) => true,
            (_, is_allowed) => is_allowed.unwrap_or(false),
        };
        let proofs = || Proofs::parse_all(request.cookies(NAME));
        (self.is_used && is_ours).then(proofs)
    }

    /// The header that sets it for as long as a proof is valid.
    pub fn set(proofs: &Secret<String>) -> HeaderValue {
        let text = format!("{NAME}={}; Max-Age={LIFE_SECONDS}; {ATTRIBUTES}", proofs.expose());
        #[expect(clippy::expect_used, reason = "base64url, digits and the constants above")]
        let mut value = HeaderValue::try_from(text).expect("a cookie is printable ASCII");
        value.set_sensitive(true);
        value
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::http::HeaderName;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::client_proof::ProofSecret;
    use crate::clock::NumericDate;
    use crate::functions::SigninRoute;
    use crate::random::Random;
    use crate::user_id::UserId;

    const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

    fn proofs() -> Secret<String> {
        proofs_of("ada")
    }

    fn proofs_of(name: &str) -> Secret<String> {
        let secret = ProofSecret::from_slice(&[1; 32]).unwrap();
        let account = Guesses::account(name);
        Proofs::default().renewed(&account, UserId::new(1), &secret, NOW, &Random::counted(1))
    }

    fn read_by(guesses: &str, headers: &[(&str, &str)]) -> Option<Proofs> {
        let mut env = Environment::from_iter([
            ("ALLOWED_ORIGINS", "https://app.example.com,capacitor://localhost"),
            ("GUESSES_PER_ACCOUNT", guesses),
        ]);
        let event = json!({ "resource": "/api/auth/signin", "httpMethod": "POST" });
        let mut event = serde_json::from_value(event).unwrap();
        let (_, mut request) = Request::of::<SigninRoute>(&mut event).unwrap();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        ClientCookie::from_env(&mut env).read(&request)
    }

    fn cookies(headers: &[&str]) -> Proofs {
        let headers: Vec<_> = headers.iter().map(|text| ("cookie", *text)).collect();
        read_by("", &headers).unwrap()
    }

    #[test]
    fn a_cookie_is_found_beside_others() {
        let text = proofs();
        let ours = format!("{NAME}={}", text.expose());
        for headers in [
            vec![&*ours],
            vec![&*format!("a=b; {ours}; c=\"d\"; e")],
            vec!["a=b", &*ours, "__Host-latchkey_session=x"],
            vec![&*ours, &*format!("{NAME}=")],
            vec![&*format!("{NAME}=garbage; {NAME}={}; {ours}", "A".repeat(8_192))],
        ] {
            assert_eq!(cookies(&headers), Proofs::parse(text.expose()), "{headers:?}");
        }
        for headers in [
            vec![],
            vec![&*format!("{NAME}=")],
            vec![&*format!("{NAME}=\"{}\"", text.expose())],
            vec![&*format!("{}={}", NAME.to_lowercase(), text.expose())],
            vec![&*format!("{ours}{}", "A".repeat(8_192))],
            vec![&*format!("{}{ours}", format!("{NAME}=; ").repeat(4))],
        ] {
            assert_eq!(cookies(&headers), Proofs::default(), "{headers:?}");
        }
    }

    #[test]
    fn the_proofs_of_two_cookies_all_count() {
        let (ada, bob) = (proofs_of("ada"), proofs_of("bob"));
        let pair = |proofs: &Secret<String>| format!("{NAME}={}", proofs.expose());
        let both = Proofs::parse(&format!("{}.{}", ada.expose(), bob.expose()));
        assert_eq!(cookies(&[&format!("{}; {}", pair(&ada), pair(&bob))]), both);
        assert_eq!(cookies(&[&pair(&ada), &pair(&bob)]), both);
    }

    #[test]
    fn a_cookie_is_read_and_set_for_no_page_but_ours() {
        let text = proofs();
        let ours = format!("{NAME}={}", text.expose());
        let read = |headers: &[(&str, &str)]| {
            let read = read_by("", &[&[("cookie", &*ours)], headers].concat());
            assert_eq!(read.is_some(), read_by("", headers).is_some());
            read.map(|it| it == Proofs::parse(text.expose()))
        };
        let app = ("origin", "https://app.example.com");
        for headers in [
            &[][..],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://accounts.example.com")],
            &[app],
            &[app, ("sec-fetch-site", "same-site")],
            &[app, ("sec-fetch-site", "cross-site")],
            &[("origin", "capacitor://localhost"), ("sec-fetch-site", "cross-site")],
        ] {
            assert_eq!(read(headers), Some(true), "{headers:?}");
        }
        for headers in [
            &[("origin", "null")][..],
            &[("origin", "")],
            &[("origin", "https://evil.example")],
            &[("origin", "https://app.example.com.evil.example")],
            &[("origin", "https://evil.example"), ("sec-fetch-site", "same-site")],
            &[("origin", "https://evil.example"), ("sec-fetch-site", "none")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "Same-Origin")],
            &[app, app],
            &[app, ("origin", "https://evil.example")],
        ] {
            assert_eq!(read(headers), None, "{headers:?}");
        }
    }

    #[test]
    fn without_a_limit_per_account_it_is_neither_read_nor_set() {
        let ours = format!("{NAME}={}", proofs().expose());
        assert_eq!(read_by("off", &[("cookie", &ours)]), None);
        assert_eq!(read_by("off", &[]), None);
        assert_eq!(read_by("10", &[]), Some(Proofs::default()));
    }

    #[test]
    fn a_cookie_lasts_for_400_days() {
        let value = ClientCookie::set(&Secret::new("x.y".into()));
        let wanted = "__Host-latchkey-client=x.y; Max-Age=34560000; Path=/; Secure; HttpOnly; \
                      SameSite=None; Partitioned";
        assert_eq!(value, wanted);
        assert!(value.is_sensitive());
    }

    proptest! {
        #[test]
        fn what_is_set_is_read(before in "[ -:<-~]{0,20}", after in "[ -:<-~]{0,20}") {
            let value = ClientCookie::set(&proofs());
            let (pair, _) = value.to_str().unwrap().split_once(';').unwrap();
            let sent = format!("{before}; {pair}; {after}");
            prop_assert_eq!(cookies(&[&sent]), Proofs::parse(proofs().expose()));
        }

        #[test]
        fn no_header_panics_or_counts(texts in prop::collection::vec("[ -~]{0,120}", 0..3)) {
            let headers: Vec<_> = texts.iter().map(|text| &**text).collect();
            prop_assert_eq!(cookies(&headers), Proofs::default());
        }
    }
}
