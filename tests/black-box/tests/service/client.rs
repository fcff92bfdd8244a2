//! The HTTP client: requests that record what they send, answers that can be compared.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use ureq::http::{self, HeaderMap, HeaderName, HeaderValue};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use crate::secrets::Secrets;
use crate::socket;

/// Longer than the slowest function's timeout, so that a stuck service fails a check instead of CI.
const DEADLINE: Duration = Duration::from_mins(1);

/// The number of answers by method, path and status.
pub(crate) type Asked = BTreeMap<(String, u64), u32>;

/// Sends requests to a base address.
pub(crate) struct Client {
    agent: ureq::Agent,
    base: String,
    secrets: Arc<Secrets>,
    asked: Mutex<Asked>,
}

impl Client {
    /// A client of the service at `base`, an address without a trailing slash.
    pub(crate) fn new(base: &str, secrets: Arc<Secrets>) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .allow_non_standard_methods(true)
            // Each request opens a connection: the server may be closing an older one.
            .max_idle_connections(0)
            .user_agent("black-box")
            .timeout_global(Some(DEADLINE))
            .tls_config(tls())
            .build();
        let base = base.trim_end_matches('/').to_owned();
        Self { agent: config.new_agent(), base, secrets, asked: Mutex::default() }
    }

    /// The address that every request's path is appended to.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The number of answers by method, path and status.
    pub(crate) fn asked(&self) -> Asked {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self, asked: &str, status: u16) {
        let mut counts = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((asked.to_owned(), u64::from(status))).or_default() += 1;
    }

    /// Starts a request.
    pub(crate) fn request(&self, method: &str, path: &str) -> Request<'_> {
        let mut parts = http::Request::new(Vec::new());
        *parts.method_mut() = method.parse().expect("a method");
        *parts.uri_mut() = format!("{}{path}", self.base).parse().expect("an address");
        Request { client: self, parts }
    }

    /// Starts a GET.
    pub(crate) fn get(&self, path: &str) -> Request<'_> {
        self.request("GET", path)
    }

    /// Starts a POST of a JSON body.
    pub(crate) fn post_json(&self, path: &str, body: &Value) -> Request<'_> {
        self.post(path, "application/json", body.to_string())
    }

    /// Starts a POST of any body; an empty content type sends no header.
    pub(crate) fn post(
        &self,
        path: &str,
        content_type: &str,
        body: impl Into<Vec<u8>>,
    ) -> Request<'_> {
        let request = self.request("POST", path).body(body);
        if content_type.is_empty() { request } else { request.header("content-type", content_type) }
    }

    /// Starts a POST of a urlencoded form.
    pub(crate) fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Request<'_> {
        for (name, value) in fields {
            match *name {
                "password" | "refresh_token" => self.secrets.add(value),
                "token" => self.secrets.add_token(value),
                _ => {}
            }
        }
        self.post(path, "application/x-www-form-urlencoded", form(fields))
    }
}

/// TLS with this machine's certificate authorities, for a remote deployment.
fn tls() -> TlsConfig {
    let found = rustls_native_certs::load_native_certs().certs;
    let roots: Vec<_> = found.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .root_certs(RootCerts::new_with_certs(&roots))
        .build()
}

/// Encodes fields as `application/x-www-form-urlencoded`.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs: Vec<_> =
        fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

/// A request under construction.
pub(crate) struct Request<'a> {
    client: &'a Client,
    parts: http::Request<Vec<u8>>,
}

impl Request<'_> {
    /// Adds a header, and keeps others of the same name.
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        self.header_bytes(name, value.as_bytes())
    }

    /// Adds a header whose value needn't be ASCII or UTF-8.
    pub(crate) fn header_bytes(mut self, name: &str, value: &[u8]) -> Self {
        let name: HeaderName = name.parse().expect("a header's name");
        if name == http::header::AUTHORIZATION {
            self.client.secrets.add_authorization(&String::from_utf8_lossy(value));
        }
        if name == http::header::COOKIE {
            self.client.secrets.add_cookie(&String::from_utf8_lossy(value));
        }
        let value = HeaderValue::from_bytes(value).expect("a header's value");
        self.parts.headers_mut().append(name, value);
        self
    }

    /// Adds the token as `Authorization: Bearer`.
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Sets the body.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        *self.parts.body_mut() = body.into();
        self
    }

    /// Sends the request and waits for the whole answer.
    #[track_caller]
    pub(crate) fn send(self) -> Answer {
        let asked = format!("{} {}", self.parts.method(), self.parts.uri().path());
        let authorization = self.parts.headers().get(http::header::AUTHORIZATION);
        let had_token = authorization.is_some_and(|value| !value.is_empty());
        self.client.secrets.add_json(self.parts.body());
        let with_body = !self.parts.body().is_empty() || self.parts.method() == http::Method::POST;
        let sent = if with_body {
            self.client.agent.run(self.parts)
        } else {
            self.client.agent.run(self.parts.map(|_| ()))
        };
        let mut response = match sent {
            Ok(response) => response,
            Err(error) => panic!("{asked} got no answer: {error}"),
        };
        self.client.count(&asked, response.status().as_u16());
        let body = match response.body_mut().read_to_vec() {
            Ok(body) => body,
            Err(error) => panic!("the answer to {asked} broke off: {error}"),
        };
        self.client.secrets.add_json(&body);
        for cookie in response.headers().get_all("set-cookie") {
            self.client.secrets.add_cookie(cookie.to_str().unwrap_or_default());
        }
        Answer {
            asked,
            had_token,
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body,
        }
    }

    /// Sends it from another address of this machine, whose loopback network has many.
    #[track_caller]
    pub(crate) fn send_from(self, source: Ipv4Addr) -> Answer {
        let (parts, body) = self.parts.into_parts();
        self.client.secrets.add_json(&body);
        let asked = format!("{} {}", parts.method, parts.uri.path());
        let mut bytes = format!("{asked} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
        for (name, value) in &parts.headers {
            bytes.extend([name.as_str(), ": ", value.to_str().expect("text"), "\r\n"]);
        }
        bytes.extend(["content-length: ", &body.len().to_string(), "\r\n\r\n"]);
        let mut stream = socket::connect_from(source.into(), &self.client.base);
        stream.write_all(&[bytes.as_bytes(), &body].concat()).expect("a request");
        let mut read = Vec::new();
        stream.read_to_end(&mut read).expect("an answer");
        let end = read.windows(4).position(|it| it == b"\r\n\r\n").expect("the end of the head");
        let head = String::from_utf8_lossy(&read[..end]).into_owned();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?))
        };
        let status = head[9..12].parse().expect("a status");
        self.client.count(&asked, status);
        let headers = head.lines().skip(1).filter_map(header).collect();
        let had_token = parts.headers.contains_key(http::header::AUTHORIZATION);
        Answer { asked, had_token, status, headers, body: read.split_off(end + 4) }
    }
}

/// A complete answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The method and the path, for messages.
    pub(crate) asked: String,
    /// Whether the request had a non-empty `Authorization` header.
    pub(crate) had_token: bool,
    /// Its status.
    pub(crate) status: u16,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its body.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{self:?} is no JSON: {error}"),
        }
    }

    /// A header's value, if present.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The value and the attributes of a cookie that it sets.
    #[track_caller]
    pub(crate) fn cookie(&self, name: &str) -> Option<(&str, &str)> {
        let cookies = self.headers.get_all("set-cookie").iter();
        let texts = cookies.map(|value| value.to_str().expect("a cookie in ASCII"));
        let mut values = texts.filter_map(|text| text.strip_prefix(name)?.strip_prefix('='));
        let value = values.next()?;
        assert_eq!(values.next(), None, "{name} twice");
        value.split_once("; ")
    }

    /// The media type without its parameters.
    pub(crate) fn media_type(&self) -> &str {
        let value = self.header("content-type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim()
    }
}
