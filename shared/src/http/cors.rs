//! Cross-origin headers, for the one origin that is allowed.

use lambda_http::http::{HeaderMap, HeaderValue, header};

use crate::environment::Environment;

/// The origin of the web page that may read our answers with credentials.
/// <https://fetch.spec.whatwg.org/#http-cors-protocol>
#[derive(Debug, Clone)]
pub struct Cors {
    allowed: HeaderValue,
}

/// The headers that a page may read beside the few that it always may.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "Retry-After, WWW-Authenticate, x-amzn-Remapped-WWW-Authenticate, x-amzn-RequestId",
);

impl Cors {
    /// Reads `ALLOWED_ORIGIN`.
    pub fn from_env(env: &mut Environment) -> Self {
        let seed = HeaderValue::from_static("http://localhost:3000");
        let rule = "must be one origin, such as https://app.example.com";
        Self { allowed: env.parsed("ALLOWED_ORIGIN", seed, rule, parse) }
    }

    /// Marks an answer as different for each origin, and opens it to the allowed one.
    pub fn apply(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        headers.entry(header::VARY).or_insert(HeaderValue::from_static("Origin"));
        if origin == Some(&self.allowed) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, self.allowed.clone());
            headers
                .insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
}

/// A scheme and an authority and nothing else, as a browser sends it (RFC 6454 §6.2).
fn parse(text: &str) -> Option<HeaderValue> {
    let (scheme, authority) = text.split_once("://")?;
    let is_authority = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    let scheme_is_web = scheme == "http" || scheme == "https";
    (scheme_is_web && !authority.is_empty() && authority.chars().all(is_authority))
        .then(|| HeaderValue::from_str(text).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(origin: Option<&'static str>) -> HeaderMap {
        let mut env = Environment::from_iter([("ALLOWED_ORIGIN", "https://app.example.com")]);
        let mut headers = HeaderMap::new();
        let origin = origin.map(HeaderValue::from_static);
        Cors::from_env(&mut env).apply(origin.as_ref(), &mut headers);
        headers
    }

    #[test]
    fn only_the_allowed_origin_is_named() {
        let allowed = headers(Some("https://app.example.com"));
        assert_eq!(allowed["access-control-allow-origin"], "https://app.example.com");
        assert_eq!(allowed["access-control-allow-credentials"], "true");
        for origin in [None, Some("null"), Some("https://app.example.com.evil.example")] {
            let headers = headers(origin);
            assert_eq!(headers["vary"], "Origin");
            assert_eq!(headers.len(), 1, "{origin:?}");
        }
    }

    #[test]
    fn an_origin_is_no_pattern_and_has_no_path() {
        for text in ["*", "null", "app.example.com", "https://a.b/", "https://*.a.b", "ftp://a"] {
            let mut env = Environment::from_iter([("ALLOWED_ORIGIN", text)]);
            Cors::from_env(&mut env);
            assert!(env.check().is_err(), "{text}");
        }
    }
}
