//! API Gateway's REST proxy event.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambda_http::http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What we read of the event.
///
/// `lambda_http` would make a request of it too, but fails or panics at a header that isn't
/// ASCII and at an odd `Host` (docs/adr/0002): a caller could make each a 5xx.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProxyEvent {
    /// The path of the route, as the template has it: no stage, nothing of the caller's.
    pub resource: String,
    /// The method of the route.
    pub http_method: String,
    #[serde(default, deserialize_with = "null_as_default")]
    multi_value_headers: BTreeMap<String, Vec<String>>,
    #[serde(default, deserialize_with = "null_as_default")]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    is_base64_encoded: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    request_context: RequestContext,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    #[serde(default, deserialize_with = "null_as_default")]
    request_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    authorizer: BTreeMap<String, Value>,
}

/// Reads a field that AWS, or an emulator of it, sends as `null` where there is nothing to send.
pub fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl ProxyEvent {
    /// The headers; one that HTTP can't hold is kept with `?` for each odd character.
    pub fn headers(&self) -> HeaderMap {
        let single = self.headers.iter();
        let multi = self.multi_value_headers.iter();
        let multi = multi.flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
        let pairs: Vec<_> =
            if self.multi_value_headers.is_empty() { single.collect() } else { multi.collect() };
        pairs
            .into_iter()
            .filter_map(|(name, value)| {
                let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
                let value: String =
                    value.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect();
                Some((name, HeaderValue::from_str(&value).ok()?))
            })
            .collect()
    }

    /// The body's bytes; `None` if it claims to be base64 and isn't.
    pub fn body(&self) -> Option<Vec<u8>> {
        match &self.body {
            None => Some(Vec::new()),
            Some(text) if self.is_base64_encoded => STANDARD.decode(text).ok(),
            Some(text) => Some(undo_replacement(text)),
        }
    }

    /// API Gateway's id of the request, which the caller gets as `x-amzn-RequestId`.
    pub fn request_id(&self) -> &str {
        &self.request_context.request_id
    }

    /// The authorizer's context; empty on a public route.
    pub fn authorizer(&self) -> &BTreeMap<String, Value> {
        &self.request_context.authorizer
    }
}

/// A body that came as text has lost what wasn't UTF-8 to U+FFFD. Its place is kept by a byte that
/// is none either, so that it is refused as what it was.
fn undo_replacement(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for (number, part) in text.split('\u{fffd}').enumerate() {
        bytes.extend((number > 0).then_some(0xff));
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(extra: &Value) -> ProxyEvent {
        let mut event = json!({ "resource": "/", "httpMethod": "GET" });
        event.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn odd_headers_never_fail() {
        let event = event(&json!({ "multiValueHeaders": {
            "User-Agent": ["caf\u{e9}\u{0}"], "bad name\n": ["x"], "Host": ["a b\\c"],
        }}));
        let headers = event.headers();
        assert_eq!(headers["user-agent"], "caf??");
        assert_eq!(headers["host"], "a b\\c");
        assert_eq!(headers.len(), 2);
    }

    #[test]
    fn every_value_of_a_header_is_kept() {
        let event = event(&json!({
            "headers": { "Accept": "b" }, "multiValueHeaders": { "Accept": ["a", "b"] },
        }));
        assert_eq!(event.headers().get_all("accept").iter().count(), 2);
    }

    #[test]
    fn a_body_is_text_or_base64_or_null() {
        assert_eq!(event(&json!({ "body": null })).body(), Some(Vec::new()));
        assert_eq!(event(&json!({ "body": "hé" })).body(), Some("hé".into()));
        let lossy = event(&json!({ "body": "a\u{fffd}b\u{fffd}" })).body();
        assert_eq!(lossy, Some(b"a\xffb\xff".to_vec()));
        let base64 = |body| event(&json!({ "body": body, "isBase64Encoded": true })).body();
        assert_eq!(base64("/w=="), Some(vec![0xff]));
        assert_eq!(base64("*"), None);
    }

    #[test]
    fn what_sam_local_sends_as_null_counts_as_absent() {
        let event = event(&json!({
            "headers": null, "multiValueHeaders": null, "isBase64Encoded": null,
            "requestContext": { "requestId": null, "authorizer": null },
        }));
        assert!(event.headers().is_empty() && event.authorizer().is_empty());
    }
}
