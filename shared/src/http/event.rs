//! API Gateway's REST proxy event.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambda_http::http::header::Entry;
use lambda_http::http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// The event's fields that Latchkey reads.
///
/// `lambda_http` fails or panics on a header that isn't ASCII and on an odd `Host` (docs/adr/0002):
/// a caller could cause a 5xx with each.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProxyEvent {
    /// The path of the route as the template has it, without the stage and the caller's values.
    pub resource: String,
    /// The method of the route.
    pub http_method: String,
    #[serde(default, deserialize_with = "null_as_default")]
    multi_value_headers: BTreeMap<String, Vec<String>>,
    #[serde(default, deserialize_with = "null_as_default")]
    path_parameters: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "null_as_default")]
    multi_value_query_string_parameters: BTreeMap<String, Vec<String>>,
    /// The last value of each header, parsed only if there is no `multiValueHeaders`.
    headers: Option<Box<RawValue>>,
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
    path: String,
    #[serde(default, deserialize_with = "null_as_default")]
    authorizer: BTreeMap<String, Value>,
}

/// Deserializes a field that AWS or an emulator sends as `null` instead of omitting it.
pub fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl ProxyEvent {
    /// Takes the headers. In values that HTTP doesn't allow, `?` replaces each invalid character.
    pub fn take_headers(&mut self) -> HeaderMap {
        let multi = std::mem::take(&mut self.multi_value_headers);
        if multi.is_empty() { self.single_value_headers() } else { headers(multi) }
    }

    fn single_value_headers(&mut self) -> HeaderMap {
        let text = self.headers.take();
        let single: Option<BTreeMap<String, String>> =
            text.and_then(|text| serde_json::from_str(text.get()).ok());
        headers(single.unwrap_or_default().into_iter().map(|(name, value)| (name, [value])))
    }

    /// Takes the body; `None` if it should be base64 and isn't.
    pub fn take_body(&mut self) -> Option<Vec<u8>> {
        match self.body.take() {
            None => Some(Vec::new()),
            Some(text) if self.is_base64_encoded => STANDARD.decode(text).ok(),
            Some(text) if text.contains('\u{fffd}') => Some(undo_replacement(&text)),
            Some(text) => Some(text.into_bytes()),
        }
    }

    /// The path's parameters by name, as the caller wrote them.
    pub(crate) fn path_parameters(&self) -> &BTreeMap<String, String> {
        &self.path_parameters
    }

    /// Takes the query's parameters by name, percent-decoded.
    pub(crate) fn take_query(&mut self) -> BTreeMap<String, Vec<String>> {
        std::mem::take(&mut self.multi_value_query_string_parameters)
    }

    /// API Gateway's id of the request, which the caller gets as `x-amzn-RequestId`.
    pub fn request_id(&self) -> &str {
        &self.request_context.request_id
    }

    /// Takes the requested path, with the stage's name if the caller wrote it.
    pub fn take_path(&mut self) -> String {
        std::mem::take(&mut self.request_context.path)
    }

    /// The authorizer's context; empty on a public route.
    pub fn authorizer(&self) -> &BTreeMap<String, Value> {
        &self.request_context.authorizer
    }
}

fn headers<V: IntoIterator<Item = String>>(
    pairs: impl IntoIterator<Item = (String, V), IntoIter: ExactSizeIterator>,
) -> HeaderMap {
    let pairs = pairs.into_iter();
    let mut headers = HeaderMap::with_capacity(pairs.len());
    for (name, values) in pairs {
        let Ok(name) = HeaderName::try_from(name) else { continue };
        let mut values = values.into_iter().filter_map(header_value);
        let Some(first) = values.next() else { continue };
        let mut entry = match headers.entry(name) {
            Entry::Vacant(entry) => entry.insert_entry(first),
            Entry::Occupied(mut entry) => {
                entry.append(first);
                entry
            }
        };
        values.for_each(|value| entry.append(value));
    }
    headers
}

fn header_value(text: String) -> Option<HeaderValue> {
    let is_kept = |c: char| matches!(c, ' '..='~');
    let text = if text.chars().all(is_kept) {
        text
    } else {
        text.chars().map(|c| if is_kept(c) { c } else { '?' }).collect()
    };
    HeaderValue::try_from(text).ok()
}

/// API Gateway replaces invalid UTF-8 in a text body by U+FFFD. Replaces that by an invalid byte, so
/// that the body is refused as invalid UTF-8.
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
        let mut event = event(&json!({ "multiValueHeaders": {
            "User-Agent": ["caf\u{e9}\u{0}"], "bad name\n": ["x"], "Host": ["a b\\c"],
        }}));
        let headers = event.take_headers();
        assert_eq!(headers["user-agent"], "caf??");
        assert_eq!(headers["host"], "a b\\c");
        assert_eq!(headers.len(), 2);
    }

    #[test]
    fn every_value_of_a_header_is_kept() {
        let mut event = event(&json!({
            "headers": { "Accept": "b" }, "multiValueHeaders": { "Accept": ["a", "b"] },
        }));
        assert_eq!(event.take_headers().get_all("accept").iter().count(), 2);
    }

    #[test]
    fn the_last_values_are_read_where_there_is_nothing_else() {
        let mut event = event(&json!({ "headers": { "Accept": "b" } }));
        assert_eq!(event.take_headers()["accept"], "b");
    }

    #[test]
    fn two_spellings_of_a_name_are_one_header() {
        let mut event =
            event(&json!({ "multiValueHeaders": { "accept": ["a"], "Accept": ["b"] } }));
        assert_eq!(event.take_headers().get_all("accept").iter().count(), 2);
    }

    #[test]
    fn a_body_is_text_or_base64_or_null() {
        assert_eq!(event(&json!({ "body": null })).take_body(), Some(Vec::new()));
        assert_eq!(event(&json!({ "body": "hé" })).take_body(), Some("hé".into()));
        let lossy = event(&json!({ "body": "a\u{fffd}b\u{fffd}" })).take_body();
        assert_eq!(lossy, Some(b"a\xffb\xff".to_vec()));
        let base64 = |body| event(&json!({ "body": body, "isBase64Encoded": true })).take_body();
        assert_eq!(base64("/w=="), Some(vec![0xff]));
        assert_eq!(base64("*"), None);
    }

    #[test]
    fn what_sam_local_sends_as_null_counts_as_absent() {
        let mut event = event(&json!({
            "headers": null, "multiValueHeaders": null, "isBase64Encoded": null,
            "pathParameters": null, "multiValueQueryStringParameters": null,
            "requestContext": { "requestId": null, "authorizer": null },
        }));
        assert!(event.take_headers().is_empty() && event.authorizer().is_empty());
        assert!(event.take_query().is_empty() && event.path_parameters().is_empty());
    }
}
