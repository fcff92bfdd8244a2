//! HTTP Basic authentication (RFC 7617).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shared::Secret;
use shared::http::{HeaderMap, header};

/// What a client sent in `Authorization`.
pub(crate) struct Basic {
    user: Vec<u8>,
    password: Secret<Vec<u8>>,
}

impl Basic {
    /// The credentials: the scheme in any case, one or more spaces, base64. `None` if two
    /// `Authorization` headers differ. The password begins after the first colon and may hold others
    /// (RFC 7617 §2).
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let value = values.next()?;
        if values.any(|other| other != value) {
            return None;
        }
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("Basic") {
            return None;
        }
        let mut user = STANDARD.decode(encoded.trim_start_matches(' ')).ok()?;
        let colon = user.iter().position(|&byte| byte == b':')?;
        let password = Secret::new(user.split_off(colon + 1));
        user.truncate(colon);
        Some(Self { user, password })
    }

    /// The password, if this is the user.
    pub(crate) fn password_of(&self, user: &str) -> Option<&Secret<Vec<u8>>> {
        (self.user == user.as_bytes()).then_some(&self.password)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared::http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Basic::read(&headers).map(|it| (text(&it.user), text(it.password.expose())))
    }

    fn basic(credentials: &str) -> String {
        format!("Basic {}", STANDARD.encode(credentials))
    }

    #[test]
    fn the_password_begins_after_the_first_colon() {
        for (credentials, user, password) in [
            ("Aladdin:open sesame", "Aladdin", "open sesame"), // RFC 7617 §2
            ("test:123\u{a3}", "test", "123\u{a3}"),           // RFC 7617 §2.1
            ("a:b:c", "a", "b:c"),
            ("a::", "a", ":"),
            (":b", "", "b"),
            ("a:", "a", ""),
            (":", "", ""),
        ] {
            let wanted = Some((user.to_owned(), password.to_owned()));
            assert_eq!(read(&[&basic(credentials)]), wanted, "{credentials}");
        }
        assert_eq!(read(&[&basic("ab")]), None, "no colon");
    }

    #[test]
    fn the_scheme_has_any_case_and_spaces_follow() {
        for value in ["basic YTpi", "BASIC YTpi", "Basic   YTpi"] {
            assert!(read(&[value]).is_some(), "{value}");
        }
        for value in ["Bearer YTpi", "YTpi", "Basic", "Basic ", "", "BasicYTpi", "Basic\tYTpi"] {
            assert_eq!(read(&[value]), None, "{value}");
        }
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for value in ["YTpi=", "YTp", "YTpi YTpi", "YTpi,", "YTpi ", "a:b", "YT-_", "YTpj\\"] {
            assert_eq!(read(&[&format!("Basic {value}")]), None, "{value}");
        }
    }

    #[test]
    fn two_different_headers_are_none() {
        let (one, other) = (basic("a:b"), basic("a:c"));
        assert!(read(&[&one, &one]).is_some());
        assert_eq!(read(&[&one, &other]), None);
        assert_eq!(read(&[&one, ""]), None);
        assert_eq!(read(&[]), None);
    }

    proptest! {
        #[test]
        fn no_header_panics(value in "[ -~]{0,60}") {
            let _ = read(&[&value]);
        }

        #[test]
        fn any_credentials_survive_their_encoding(user in "[^:]{0,20}", password in any::<String>()) {
            let found = read(&[&basic(&format!("{user}:{password}"))]);
            prop_assert_eq!(found, Some((user, password)));
        }
    }
}
