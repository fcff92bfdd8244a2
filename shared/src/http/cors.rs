//! CORS headers for allowed origins, and for any origin on public documents.

use lambda_http::http::{HeaderMap, HeaderValue, header};

use crate::allowed_origins::AllowedOrigins;
use crate::environment::Environment;
use crate::routes::is_well_known;

/// The origins whose pages may send credentials and read our answers.
/// <https://fetch.spec.whatwg.org/#http-cors-protocol>
#[derive(Debug, Clone)]
pub struct Cors {
    allowed: AllowedOrigins,
}

/// The headers that a page may read in addition to those that it always may.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "Retry-After, WWW-Authenticate, x-amzn-Remapped-WWW-Authenticate, x-amzn-RequestId",
);

impl Cors {
    /// Reads `ALLOWED_ORIGINS`.
    pub fn from_env(env: &mut Environment) -> Self {
        Self { allowed: AllowedOrigins::from_env(env) }
    }

    /// Sets `Vary: Origin`, and the CORS headers for an allowed origin. Pages of any origin may read
    /// a document below `/.well-known/`, without credentials: it is public.
    pub fn apply(&self, path: &str, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if is_well_known(path) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
            return;
        }
        headers.entry(header::VARY).or_insert(HeaderValue::from_static("Origin"));
        if let Some(origin) = origin.filter(|origin| self.allowed.include(origin)) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers
                .insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cors(allowed: &'static str) -> (Cors, bool) {
        let mut env = Environment::from_iter([("ALLOWED_ORIGINS", allowed)]);
        (Cors::from_env(&mut env), env.check().is_ok())
    }

    fn headers(origin: Option<&'static str>) -> HeaderMap {
        let (cors, _) = cors("https://app.example.com,capacitor://localhost");
        let mut headers = HeaderMap::new();
        cors.apply("/docs", origin.map(HeaderValue::from_static).as_ref(), &mut headers);
        headers
    }

    #[test]
    fn any_origin_may_read_what_is_public() {
        let (cors, _) = cors("https://app.example.com");
        for origin in [None, Some("https://app.example.com"), Some("null")] {
            let mut headers = HeaderMap::new();
            let origin = origin.map(HeaderValue::from_static);
            cors.apply("/.well-known/jwks.json", origin.as_ref(), &mut headers);
            assert_eq!(headers["access-control-allow-origin"], "*");
            assert!(!headers.contains_key("access-control-allow-credentials"));
            assert!(!headers.contains_key("vary"), "one answer for all");
        }
    }

    #[test]
    fn each_allowed_origin_is_named_to_itself_alone() {
        for origin in ["https://app.example.com", "capacitor://localhost"] {
            let allowed = headers(Some(origin));
            assert_eq!(allowed["access-control-allow-origin"], origin);
            assert_eq!(allowed["access-control-allow-credentials"], "true");
            assert_eq!(allowed["vary"], "Origin");
        }
        for origin in [
            None,
            Some("null"),
            Some("https://app.example.com.evil.example"),
            Some("https://app.example.com,capacitor://localhost"),
        ] {
            let headers = headers(origin);
            assert_eq!(headers["vary"], "Origin");
            assert_eq!(headers.len(), 1, "{origin:?}");
        }
    }

    #[test]
    fn an_origin_as_browsers_send_it_is_accepted() {
        for text in [
            "http://localhost",
            "http://localhost:3000",
            "https://localhost",
            "https://app.example.com:8443,https://example.com",
            "https://xn--bcher-kva.example",
            "https://a_b.example.",
            "http://192.168.0.7:8100",
            "http://3a.example,http://7f3a:8080",
            "http://[::1]:3000",
            "https://[2001:db8::1]",
            "http://a:443,https://a:80",
            "capacitor://localhost,ionic://localhost,tauri://localhost,https://tauri.localhost",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        ] {
            assert!(cors(text).1, "{text}");
        }
    }

    #[test]
    fn an_origin_that_no_browser_sends_is_refused() {
        for text in [
            "*",
            "null",
            "app.example.com",
            "https://",
            "https://a.b/",
            "https://a.b/path",
            "https://a.b?q",
            "https://a.b#f",
            "https://u@a.b",
            "https://u:p@a.b",
            "https://*.a.b",
            "https://App.example.com",
            "HTTPS://a.b",
            "https://a.b:443",
            "http://a.b:80",
            "http://a.b:0",
            "http://a.b:080",
            "http://a.b:65536",
            "http://a.b:",
            "http://a.b:+1",
            "http://b\u{fc}cher.example",
            "http://127.1",
            "http://0x7f.0.0.1",
            "http://0x7f000001",
            "http://2130706433",
            "http://127.0.0.01",
            "http://[0:0:0:0:0:0:0:1]",
            "http://[::AB]",
            "http://[::1",
            "http://::1",
            "capacitor://localhost:80",
            "capacitor://",
            "ftp://a",
            "wss://a",
            "file://a",
            "https://a.b,",
            ",https://a.b",
            "https://a.b, https://c.d",
            "https://a.b https://c.d",
        ] {
            assert!(!cors(text).1, "{text}");
        }
    }
}
