//! Form bodies, urlencoded or multipart.

use std::collections::HashMap;
use std::convert::Infallible;

use multer::Multipart;
use multer::bytes::Bytes;
use percent_encoding::percent_decode;
use shared::http::{Request, content_type, header};

use crate::oauth::Refusal;

/// The parameters of a form, none of them repeated (RFC 6749 §3.2).
#[derive(Default)]
pub(crate) struct Form(HashMap<String, Value>);

enum Value {
    Text(String),
    /// A file (RFC 7578 §4.2). Its content isn't kept: none of our parameters is a file.
    File,
}

impl Form {
    /// Parses a body that is urlencoded (RFC 6749 appendix B), or multipart (RFC 7578) as the legacy
    /// app allowed.
    pub(crate) async fn read(request: &Request) -> Result<Self, Refusal> {
        match content_type(request).as_deref() {
            Some("application/x-www-form-urlencoded") => urlencoded(&request.body),
            Some("multipart/form-data") => multipart(request).await,
            _ => Err(Refusal::NotAForm),
        }
    }

    /// The value of a parameter; `None` if it is omitted or empty. A file is refused.
    pub(crate) fn parameter(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(name) {
            Some(Value::Text(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(Value::File) => Err(Refusal::File),
            None => Ok(None),
        }
    }

    fn add(&mut self, name: String, value: Value) -> Result<(), Refusal> {
        let is_file = matches!(value, Value::File);
        match self.0.insert(name, value) {
            // A file input may hold several files.
            Some(Value::File) if is_file => Ok(()),
            Some(_) => Err(Refusal::Repeated),
            None => Ok(()),
        }
    }
}

fn urlencoded(body: &[u8]) -> Result<Form, Refusal> {
    let mut form = Form::default();
    for pair in body.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
        let mut halves = pair.splitn(2, |&byte| byte == b'=');
        let mut half = || decode(halves.next().unwrap_or_default());
        form.add(half()?, Value::Text(half()?))?;
    }
    Ok(form)
}

fn decode(text: &[u8]) -> Result<String, Refusal> {
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    String::from_utf8(percent_decode(&spaced).collect()).map_err(|_| Refusal::Text)
}

async fn multipart(request: &Request) -> Result<Form, Refusal> {
    let header = request.header(&header::CONTENT_TYPE).unwrap_or_default();
    let boundary = multer::parse_boundary(header).map_err(|_| Refusal::NoBoundary)?;
    let body = Bytes::copy_from_slice(&request.body);
    let body = futures_util::stream::iter([Ok::<_, Infallible>(body)]);
    let mut parts = Multipart::new(body, boundary);
    let mut form = Form::default();
    while let Some(part) = parts.next_field().await.map_err(|_| Refusal::Parts)? {
        let name = part.name().ok_or(Refusal::Parts)?.to_owned();
        let value = if part.file_name().is_some() {
            Value::File
        } else {
            let text = part.bytes().await.map_err(|_| Refusal::Parts)?.to_vec();
            Value::Text(String::from_utf8(text).map_err(|_| Refusal::Text)?)
        };
        form.add(name, value)?;
    }
    Ok(form)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared::functions::TokenRoute;
    use shared::http::{HeaderValue, ProxyEvent};

    use super::*;

    fn request(content_type: &'static str, body: &[u8]) -> Request {
        let event = r#"{"resource":"/api/auth/token","httpMethod":"POST"}"#;
        let mut event: ProxyEvent = serde_json::from_str(event).unwrap();
        let (_, mut request) = Request::of::<TokenRoute>(&mut event).unwrap();
        request.body = body.to_vec();
        request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        request
    }

    async fn value(content_type: &'static str, body: &[u8]) -> Result<Option<String>, Refusal> {
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
        assert!(matches!(value(MULTIPART, &parts(&[file])).await, Err(Refusal::File)));
        for both in [[text, file], [file, text]] {
            assert!(matches!(value(MULTIPART, &parts(&both)).await, Err(Refusal::Repeated)));
        }
    }

    #[tokio::test]
    async fn a_repeated_parameter_and_one_that_is_not_text_are_refused() {
        for body in [&b"a=b&a=b"[..], b"x=1&a=b&x=2", b"%61=b&a="] {
            assert!(matches!(value(URLENCODED, body).await, Err(Refusal::Repeated)), "{body:?}");
        }
        assert!(matches!(value(URLENCODED, b"a=%ff").await, Err(Refusal::Text)));
        assert!(matches!(value(URLENCODED, b"a=\xff").await, Err(Refusal::Text)));
        let part = "Content-Disposition: form-data; name=\"a\"\r\n\r\nb";
        assert!(matches!(value(MULTIPART, &parts(&[part, part])).await, Err(Refusal::Repeated)));
    }

    #[tokio::test]
    async fn another_body_is_no_form() {
        for (content_type, body) in [("application/json", "{}"), ("text/plain", "a=b")] {
            let form = value(content_type, body.as_bytes()).await;
            assert!(matches!(form, Err(Refusal::NotAForm)), "{content_type}");
        }
        for content_type in ["multipart/form-data", "multipart/form-data; charset=utf-8"] {
            let form = value(content_type, b"a").await;
            assert!(matches!(form, Err(Refusal::NoBoundary)), "{content_type}");
        }
        let nameless = "--X\r\nContent-Disposition: form-data\r\n\r\nb\r\n--X--\r\n";
        for body in ["a=b", "", "--X\r\n", "--Y\r\n\r\nb\r\n--Y--", nameless] {
            let form = value(MULTIPART, body.as_bytes()).await;
            assert!(matches!(form, Err(Refusal::Parts)), "{body}");
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
