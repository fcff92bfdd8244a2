//! CORS headers for allowed origins.

use std::net::{Ipv4Addr, Ipv6Addr};

use lambda_http::http::{HeaderMap, HeaderValue, header};

use crate::environment::Environment;

/// The origins whose pages may send credentials and read our answers.
/// <https://fetch.spec.whatwg.org/#http-cors-protocol>
#[derive(Debug, Clone)]
pub struct Cors {
    allowed: Vec<HeaderValue>,
}

/// The headers that a page may read in addition to those that it always may.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "Retry-After, WWW-Authenticate, x-amzn-Remapped-WWW-Authenticate, x-amzn-RequestId",
);

/// The rule of `ALLOWED_ORIGINS`, in the words of the template's parameter.
const RULE: &str = "must be origins as browsers send them, with commas and no spaces between, such \
                    as https://app.example.com,capacitor://localhost. The host is in lower case, \
                    and the port that the scheme implies, a path and a slash at the end are left out";

/// Schemes with a host that are never the origin of a page.
const NO_PAGES: [&str; 4] = ["file", "ftp", "ws", "wss"];

impl Cors {
    /// Reads `ALLOWED_ORIGINS`.
    pub fn from_env(env: &mut Environment) -> Self {
        let seed = vec![HeaderValue::from_static("http://localhost:3000")];
        let parse = |text: &str| text.split(',').map(parse).collect();
        Self { allowed: env.parsed("ALLOWED_ORIGINS", seed, RULE, parse) }
    }

    /// Sets `Vary: Origin`, and the CORS headers for an allowed origin.
    pub fn apply(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        headers.entry(header::VARY).or_insert(HeaderValue::from_static("Origin"));
        if let Some(origin) = origin.filter(|origin| self.allowed.contains(origin)) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers
                .insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
}

/// An origin exactly as a browser writes it.
/// <https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin>
fn parse(text: &str) -> Option<HeaderValue> {
    let (scheme, rest) = text.split_once("://")?;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+.-".contains(c);
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.chars().all(allowed)
        && !NO_PAGES.contains(&scheme);
    let (host, port) = match rest.rfind(':').filter(|_| !rest.ends_with(']')) {
        Some(colon) => (&rest[..colon], Some(&rest[colon + 1..])),
        None => (rest, None),
    };
    let is_origin = is_scheme && is_host(host) && port.is_none_or(|port| is_port(scheme, port));
    is_origin.then(|| HeaderValue::from_str(text).ok())?
}

fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return address.parse().is_ok_and(|it: Ipv6Addr| it.to_string() == address);
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    // Browsers parse a name whose last label is a number as an IPv4 address.
    let last = text.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let is_address = last.starts_with("0x") || last.chars().all(|c| c.is_ascii_digit());
    !text.is_empty()
        && text.chars().all(allowed)
        && (!is_address || text.parse::<Ipv4Addr>().is_ok())
}

fn is_port(scheme: &str, text: &str) -> bool {
    let implied = match scheme {
        "http" => "80",
        "https" => "443",
        _ => return false,
    };
    text != implied && text.parse().is_ok_and(|port: u16| port > 0 && port.to_string() == text)
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
        cors.apply(origin.map(HeaderValue::from_static).as_ref(), &mut headers);
        headers
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
    fn what_a_browser_sends_is_taken() {
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
    fn what_no_browser_sends_is_refused() {
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
