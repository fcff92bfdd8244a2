//! The issuer of tokens.

use std::str::FromStr;

use crate::environment::Environment;
use crate::origin::is_origin;

/// The issuer, `iss`. Verifiers compare it character by character (RFC 8414 §3.3), so an address has
/// only one spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuer {
    /// The API's address, to which a route's path is appended: an issuer identifier (RFC 8414 §2)
    /// without a slash at its end. By it, other services find the public keys.
    Address(String),
    /// A name (RFC 7519 §2). No service can find the public keys by it.
    Name(String),
}

/// The rule of an issuer. It completes the sentence "NAME …".
const RULE: &str = "must be the API's address, such as https://accounts.example.com or \
                    http://127.0.0.1:8000, or a name of at most 255 letters, digits, '.', '_' and \
                    '-'. An address is https, or http on localhost, 127.0.0.1 or [::1]. Its host is \
                    in lower case. It has no slash at its end, query, fragment, user information, \
                    escapes or default port";

/// The most characters of an issuer.
const MAX_LENGTH: usize = 255;

/// The hosts of this machine, which `http` is safe with.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl Issuer {
    /// Reads `TOKEN_ISSUER`.
    pub fn from_env(env: &mut Environment) -> Self {
        env.parsed("TOKEN_ISSUER", Self::Name("latchkey".to_owned()), RULE, |it| it.parse().ok())
    }

    /// Reads `PREVIOUS_TOKEN_ISSUER`: the issuer before this one, whose tokens are still accepted.
    /// This one itself counts as none.
    pub fn previous(&self, env: &mut Environment) -> Option<Self> {
        let name = "PREVIOUS_TOKEN_ISSUER";
        env.parsed(name, None, RULE, |it| it.parse().ok().map(Some)).filter(|it| it != self)
    }

    /// The value of `iss`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Address(text) | Self::Name(text) => text,
        }
    }
}

/// The text is neither an address nor a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoIssuer;

impl FromStr for Issuer {
    type Err = NoIssuer;

    fn from_str(text: &str) -> Result<Self, NoIssuer> {
        if text.len() > MAX_LENGTH {
            Err(NoIssuer)
        } else if is_address(text) {
            Ok(Self::Address(text.to_owned()))
        } else if is_name(text) {
            Ok(Self::Name(text.to_owned()))
        } else {
            Err(NoIssuer)
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

fn is_address(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => authority,
    };
    let is_safe = scheme == "https" || scheme == "http" && LOOPBACK.contains(&host);
    is_safe
        && is_origin(&text[..text.len() - path.len()])
        && path.split('/').skip(1).all(is_segment)
}

/// A segment of unreserved characters (RFC 3986 §2.3) that no client changes: `.` and `..` are removed.
fn is_segment(text: &str) -> bool {
    let is_unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    !text.is_empty() && !text.starts_with('.') && text.chars().all(is_unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_it_is() {
        for text in [
            "https://accounts.example.com",
            "https://a1.execute-api.eu-west-1.amazonaws.com/Prod",
            "https://example.com:8443/a/b.c-d_e~f",
            "https://192.0.2.7",
            "https://[2001:db8::1]:8443",
            "http://127.0.0.1:8000",
            "http://localhost:4599/_aws/execute-api/a1/Prod",
            "http://[::1]",
        ] {
            assert_eq!(text.parse(), Ok(Issuer::Address(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_name_is_no_address() {
        for text in ["latchkey", "Stack-1", "accounts.example.com", "a_b", &"x".repeat(255)] {
            assert_eq!(text.parse(), Ok(Issuer::Name(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn an_issuer_with_two_spellings_is_refused() {
        for text in [
            "",
            " ",
            "a b",
            "a/b",
            "urn:latchkey",
            "https://",
            "https://example.com/",
            "https://example.com/Prod/",
            "https://example.com//Prod",
            "https://example.com/./Prod",
            "https://example.com/../Prod",
            "https://example.com/%50rod",
            "https://example.com?tenant=1",
            "https://example.com/?",
            "https://example.com#",
            "https://example.com/a#b",
            "https://ada@example.com",
            "https://ada:secret@example.com",
            "https://example.com:443",
            "https://example.com:0",
            "https://example.com:65536",
            "https://example.com:",
            "https://Example.com",
            "HTTPS://example.com",
            "https://b\u{fc}cher.example",
            "https://example.com/\u{e9}",
            "https://example.com/a\"b",
            "http://example.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://127.0.0.1@example.com",
            "http://localhost:80",
            "http://0.0.0.0:8000",
            "http://192.168.0.7:8000",
            "ftp://example.com",
            "capacitor://localhost",
            &"x".repeat(256),
            &format!("https://{}", "x".repeat(248)),
        ] {
            assert_eq!(text.parse::<Issuer>(), Err(NoIssuer), "{text}");
        }
    }

    fn previous(value: &str) -> Result<Option<Issuer>, String> {
        let now = ("TOKEN_ISSUER", "https://example.com");
        let mut env = Environment::from_iter([now, ("PREVIOUS_TOKEN_ISSUER", value)]);
        let previous = Issuer::from_env(&mut env).previous(&mut env);
        env.check().map(|()| previous).map_err(|invalid| invalid.to_string())
    }

    #[test]
    fn the_previous_issuer_is_another_or_none() {
        assert_eq!(previous(""), Ok(None));
        assert_eq!(previous("latchkey"), Ok(Some(Issuer::Name("latchkey".into()))));
        assert_eq!(previous("https://example.com"), Ok(None));
        let refusal = previous("https://example.com/").unwrap_err();
        assert!(refusal.contains("PREVIOUS_TOKEN_ISSUER must be the API's address"), "{refusal}");
    }

    #[test]
    fn an_invalid_issuer_ends_init_with_one_sentence_without_the_value() {
        let mut env = Environment::from_iter([("TOKEN_ISSUER", "https://example.com/?secret")]);
        Issuer::from_env(&mut env);
        let refusal = env.check().unwrap_err().to_string();
        assert!(refusal.starts_with("bad settings: TOKEN_ISSUER must be the API's address"));
        assert!(!refusal.contains("secret"), "{refusal}");
    }
}
