//! Form bodies, urlencoded or multipart.

use std::collections::HashMap;
use std::convert::Infallible;

use lambda_http::http::header;
use multer::Multipart;
use multer::bytes::Bytes;
use percent_encoding::percent_decode;

use super::json_body::content_type;
use super::oauth::OAuthError;
use super::request::Request;

/// The parameters of a form, none of them repeated (RFC 6749 §3.2).
#[derive(Default)]
pub struct Form(HashMap<String, Value>);

enum Value {
    Text(String),
    /// A file (RFC 7578 §4.2). Its content isn't kept: none of our parameters is a file.
    File,
}

/// Why a form is refused: `invalid_request` (RFC 6749 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormError {
    /// The body isn't a form.
    NotAForm,
    /// The body is multipart and its type has no boundary (RFC 2046 §5.1.1).
    NoBoundary,
    /// The body is multipart and its parts can't be read, or one has no name.
    Parts,
    /// A parameter is a file.
    File,
    /// This parameter is missing.
    Required(&'static str),
    /// A parameter is repeated (RFC 6749 §3.2).
    Repeated,
    /// A parameter isn't UTF-8, or contains NUL.
    Text,
}

impl From<FormError> for OAuthError {
    fn from(error: FormError) -> Self {
        let words = match error {
            FormError::NotAForm => {
                "The body must be application/x-www-form-urlencoded or multipart/form-data"
            }
            FormError::NoBoundary => "The Content-Type multipart/form-data must have a boundary",
            FormError::Parts => {
                "The multipart body must have parts with a name each, divided by its boundary"
            }
            FormError::File => "A parameter must be text, not a file",
            FormError::Required(name) => {
                return Self::new("invalid_request", format!("{name} is required"));
            }
            FormError::Repeated => "A parameter must not be repeated",
            FormError::Text => "A parameter must be UTF-8 without NUL",
        };
        Self::new("invalid_request", words)
    }
}

impl Form {
    /// Parses a body that is urlencoded (RFC 6749 appendix B), or multipart (RFC 7578) as the legacy
    /// app allowed.
    pub async fn read(request: &Request) -> Result<Self, FormError> {
        match content_type(request).as_deref() {
            Some("application/x-www-form-urlencoded") => urlencoded(&request.body),
            Some("multipart/form-data") => multipart(request).await,
            _ => Err(FormError::NotAForm),
        }
    }

    /// The value of a parameter; `None` if it is omitted or empty. A file is refused.
    pub fn parameter(&self, name: &str) -> Result<Option<&str>, FormError> {
        match self.0.get(name) {
            Some(Value::Text(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(Value::File) => Err(FormError::File),
            None => Ok(None),
        }
    }

    /// The value of a parameter that may be neither omitted nor empty.
    pub fn required(&self, name: &'static str) -> Result<&str, FormError> {
        self.parameter(name)?.ok_or(FormError::Required(name))
    }

    fn add(&mut self, name: String, value: Value) -> Result<(), FormError> {
        let is_file = matches!(value, Value::File);
        match self.0.insert(name, value) {
            // A file input may hold several files.
            Some(Value::File) if is_file => Ok(()),
            Some(_) => Err(FormError::Repeated),
            None => Ok(()),
        }
    }
}

fn urlencoded(body: &[u8]) -> Result<Form, FormError> {
    let mut form = Form::default();
    for pair in body.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
        let mut halves = pair.splitn(2, |&byte| byte == b'=');
        let mut half = || decode(halves.next().unwrap_or_default());
        form.add(half()?, Value::Text(half()?))?;
    }
    Ok(form)
}

fn decode(text: &[u8]) -> Result<String, FormError> {
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    String::from_utf8(percent_decode(&spaced).collect()).map_err(|_| FormError::Text)
}

async fn multipart(request: &Request) -> Result<Form, FormError> {
    let header = request.header(&header::CONTENT_TYPE).unwrap_or_default();
    let boundary = multer::parse_boundary(header).map_err(|_| FormError::NoBoundary)?;
    let body = Bytes::copy_from_slice(&request.body);
    let body = futures_util::stream::iter([Ok::<_, Infallible>(body)]);
    let mut parts = Multipart::new(body, boundary);
    let mut form = Form::default();
    while let Some(part) = parts.next_field().await.map_err(|_| FormError::Parts)? {
        let name = part.name().ok_or(FormError::Parts)?.to_owned();
        let value = if part.file_name().is_some() {
            Value::File
        } else {
            let text = part.bytes().await.map_err(|_| FormError::Parts)?.to_vec();
            Value::Text(String::from_utf8(text).map_err(|_| FormError::Text)?)
        };
        form.add(name, value)?;
    }
    Ok(form)
}

#[cfg(test)]
mod tests {
    use lambda_http::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;
    use crate::functions::TokenRoute;
    use crate::http::ProxyEvent;

    fn request(content_type: &'static str, body: &[u8]) -> Request {
        let event = r#"{"resource":"/api/auth/token","httpMethod":"POST"}"#;
        let mut event: ProxyEvent = serde_json::from_str(event).unwrap();
        let (_, mut request) = Request::of::<TokenRoute>(&mut event).unwrap();
        request.body = body.to_vec();
        request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        request
    }

    async fn value(content_type: &'static str, body: &[u8]) -> Result<Option<String>, FormError> {
        let form = Form::read(&request(content_type, body)).await?;
        Ok(form.parameter("a")?.map(str::to_owned))
    }

    const URLENCODED: &str = "application/x-www-form-urlencoded";
    const MULTIPART: &str = "multipart/form-data; boundary=X";

    fn parts(parts: &[&str]) -> Vec<u8> {
        format!("--X\r\n{}\r\n--X--\r\n", parts.join("\r\n--X\r\n")).into_bytes()
    }

    #[tokio::test]
    async fn a_urlencoded_value_is_decoded() {
        for (body, wanted) in [
            ("a=b+c%20d%2B%26&x=y", Some("b c d+&")),
            ("a=%C3%A9", Some("é")),
            ("a=é", Some("é")),
            ("a=b=c", Some("b=c")),
            ("a=", None),
            ("a", None),
            ("", None),
            ("&&a=b&", Some("b")),
            ("a=%", Some("%")),
            ("a=%zz", Some("%zz")),
        ] {
            assert_eq!(
                value(URLENCODED, body.as_bytes()).await.unwrap().as_deref(),
                wanted,
                "{body}"
            );
        }
    }

    #[tokio::test]
    async fn a_required_parameter_is_neither_omitted_nor_empty() {
        for (body, wanted) in [
            (&b"a=b"[..], Ok("b")),
            (b"a=", Err(FormError::Required("a"))),
            (b"b=a", Err(FormError::Required("a"))),
        ] {
            let form = Form::read(&request(URLENCODED, body)).await.unwrap();
            assert_eq!(form.required("a"), wanted, "{body:?}");
        }
    }

    #[tokio::test]
    async fn a_part_is_taken_as_it_is() {
        let part = "Content-Disposition: form-data; name=\"a\"\r\n\r\nb c+é ";
        assert_eq!(value(MULTIPART, &parts(&[part])).await.unwrap().as_deref(), Some("b c+é "));
    }

    #[tokio::test]
    async fn a_file_is_ignored_unless_its_name_is_that_of_a_parameter() {
        let text = "Content-Disposition: form-data; name=\"a\"\r\n\r\nb";
        let other = "Content-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n\u{7f}";
        let with_files = parts(&[other, text, other]);
        assert_eq!(value(MULTIPART, &with_files).await.unwrap().as_deref(), Some("b"));
        let file = "Content-Disposition: form-data; name=\"a\"; filename=\"\"\r\n\r\nb";
        assert!(matches!(value(MULTIPART, &parts(&[file])).await, Err(FormError::File)));
        for both in [[text, file], [file, text]] {
            assert!(matches!(value(MULTIPART, &parts(&both)).await, Err(FormError::Repeated)));
        }
    }

    #[tokio::test]
    async fn a_repeated_parameter_and_one_that_is_not_text_are_refused() {
        for body in [&b"a=b&a=b"[..], b"x=1&a=b&x=2", b"%61=b&a="] {
            assert!(matches!(value(URLENCODED, body).await, Err(FormError::Repeated)), "{body:?}");
        }
        assert!(matches!(value(URLENCODED, b"a=%ff").await, Err(FormError::Text)));
        assert!(matches!(value(URLENCODED, b"a=\xff").await, Err(FormError::Text)));
        let part = "Content-Disposition: form-data; name=\"a\"\r\n\r\nb";
        assert!(matches!(value(MULTIPART, &parts(&[part, part])).await, Err(FormError::Repeated)));
    }

    #[tokio::test]
    async fn another_body_is_no_form() {
        for (content_type, body) in [("application/json", "{}"), ("text/plain", "a=b")] {
            let form = value(content_type, body.as_bytes()).await;
            assert!(matches!(form, Err(FormError::NotAForm)), "{content_type}");
        }
        for content_type in ["multipart/form-data", "multipart/form-data; charset=utf-8"] {
            let form = value(content_type, b"a").await;
            assert!(matches!(form, Err(FormError::NoBoundary)), "{content_type}");
        }
        let nameless = "--X\r\nContent-Disposition: form-data\r\n\r\nb\r\n--X--\r\n";
        for body in ["a=b", "", "--X\r\n", "--Y\r\n\r\nb\r\n--Y--", nameless] {
            let form = value(MULTIPART, body.as_bytes()).await;
            assert!(matches!(form, Err(FormError::Parts)), "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..80), multipart: bool) {
            let content_type = if multipart { MULTIPART } else { URLENCODED };
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let _ = runtime.block_on(Form::read(&request(content_type, &body)));
        }

        #[test]
        fn any_text_survives_its_encoding(text in "[^\0]{1,20}") {
            let set = percent_encoding::NON_ALPHANUMERIC;
            let body = format!("a={}", percent_encoding::utf8_percent_encode(&text, set));
            let form = urlencoded(body.as_bytes()).unwrap();
            prop_assert!(matches!(form.parameter("a"), Ok(Some(value)) if value == text));
        }
    }
}
