//! The languages that a client prefers.

use lambda_http::http::header::ACCEPT_LANGUAGE;

use crate::http::Request;

/// The longest header that is kept.
const MAX_BYTES: usize = 1_024;

/// `Accept-Language` (RFC 9110 §12.5.4) as it was sent; empty if it is too long or isn't ASCII.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Languages(String);

impl Languages {
    /// The languages of a request.
    pub fn of(request: &Request) -> Self {
        let text = request.header(&ACCEPT_LANGUAGE).filter(|text| text.len() <= MAX_BYTES);
        Self(text.unwrap_or_default().to_owned())
    }

    /// The text for a row.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::http::HeaderValue;

    use super::*;
    use crate::functions::ContentRoute;

    fn of(value: Option<&[u8]>) -> String {
        let mut event = serde_json::from_str(r#"{"resource":"/","httpMethod":"GET"}"#).unwrap();
        let (_, mut request) = Request::of::<ContentRoute>(&mut event).unwrap();
        if let Some(value) = value {
            request.headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_bytes(value).unwrap());
        }
        Languages::of(&request).0
    }

    #[test]
    fn a_header_of_at_most_a_kilobyte_is_kept() {
        assert_eq!(of(Some(b"de-AT, de;q=0.8")), "de-AT, de;q=0.8");
        assert_eq!(of(Some("d".repeat(1_024).as_bytes())).len(), 1_024);
        assert_eq!(of(Some("de,".repeat(342).as_bytes())), "");
        assert_eq!((of(None), of(Some(b"\xe9"))), (String::new(), String::new()));
    }
}
