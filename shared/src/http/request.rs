//! A request: API Gateway's event, and what an endpoint gets of it.

use std::collections::BTreeMap;
use std::mem::take;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambda_http::http::header::{AUTHORIZATION, COOKIE, Entry};
use lambda_http::http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::bearer::bearer_token;
use super::source_ip::Identity;
use crate::caller::Caller;
use crate::clock::Clock;
use crate::error::Error;
use crate::routes::{Access, PathParameters, Route, Routes};
use crate::rule::Rule;
use crate::violation::{Location, Violation};

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
    /// As the caller wrote them.
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
    #[serde(default, deserialize_with = "null_as_default")]
    identity: Identity,
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
        let multi = take(&mut self.multi_value_headers);
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

    /// API Gateway's id of the request, which the caller gets as `x-amzn-RequestId`.
    pub fn request_id(&self) -> &str {
        &self.request_context.request_id
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
        // An entry, because a clone of the name would allocate.
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

/// The most bytes of a request's body.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The template lacks the route's authorizer, or the authorizer's context is invalid.
const NO_CONTEXT: &str = "no authorizer's context on a route that needs one";

/// A browser's word on the page that sent a request, which no script can change.
/// <https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header>
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// One request to a route.
pub struct Request {
    /// The route that API Gateway matched.
    pub route: &'static Route,
    /// The requested path, possibly with the stage's name.
    pub path: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body's bytes.
    pub body: Vec<u8>,
    /// The address that API Gateway saw, from which [`super::TrustedProxies`] makes the client's.
    pub(super) source_ip: Option<IpAddr>,
    query: BTreeMap<String, Vec<String>>,
    caller: Option<Caller>,
}

impl Request {
    /// Parses the event, and takes its headers and body. Fails with [`Error::NotFound`] if the route
    /// isn't of `R` or a parameter of the path is invalid, with [`Error::Forbidden`] if the caller's
    /// roles don't open the route, whatever the policy allowed. After a failure, the event still has
    /// its headers.
    pub fn of<R: Routes>(event: &mut ProxyEvent) -> Result<(R, Self), Error> {
        let is_called =
            |route: &Route| route.method == event.http_method && route.path == event.resource;
        let found = R::TABLE.iter().find(|(route, _)| is_called(route));
        let (route, parse) = found.ok_or(Error::NotFound)?;
        let caller = Caller::from_context(event.authorizer());
        match &caller {
            _ if route.access == Access::Public => {}
            Some(caller) if route.access.allows(&caller.roles) => {}
            Some(_) => return Err(Error::Forbidden),
            None => return Err(Error::Internal(NO_CONTEXT.into())),
        }
        let mut parameters = PathParameters::new(route.path, &event.path_parameters);
        let variant = parse(&mut parameters).ok_or(Error::NotFound)?;
        let body =
            event.take_body().ok_or_else(|| Error::Internal("a body that is no base64".into()))?;
        if body.len() > MAX_BODY_BYTES {
            return Err(Error::PayloadTooLarge);
        }
        let path = take(&mut event.request_context.path);
        let query = take(&mut event.multi_value_query_string_parameters);
        let source_ip = event.request_context.identity.source_ip;
        let headers = event.take_headers();
        Ok((variant, Self { route, path, headers, body, source_ip, query, caller }))
    }

    /// The first value of a header, if it is ASCII.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whose page sent it, by a browser's word: `same-origin`, `same-site`, `cross-site`, or `none`.
    pub fn site(&self) -> Option<&str> {
        self.header(&SEC_FETCH_SITE)
    }

    /// The value of the one cookie of this name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let mut values = self.cookies(name);
        values.next().filter(|_| values.next().is_none())
    }

    /// The values of all cookies of this name. Browsers may split the cookies among several headers
    /// (RFC 9113 §8.2.3).
    pub fn cookies(&self, name: &str) -> impl Iterator<Item = &str> {
        let texts = self.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.split_once('='));
        pairs.filter(move |(it, _)| it.trim() == name).map(|(_, value)| value.trim())
    }

    /// The bearer token, whose signature nobody has verified; `None` if two `Authorization` headers
    /// differ.
    pub fn bearer_token(&self) -> Option<&str> {
        let values = self.headers.get_all(AUTHORIZATION).iter();
        bearer_token(values.filter_map(|value| value.to_str().ok()))
    }

    /// A parameter of the query, if there is one. Fails with [`Error::Unprocessable`] if it is
    /// repeated or breaks a rule.
    pub fn query<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Rule>,
    ) -> Result<Option<T>, Error> {
        let parsed = match self.query.get(name).map(Vec::as_slice) {
            None | Some([]) => return Ok(None),
            Some([value]) => parse(value),
            Some(_) => Err(Rule::Repeated),
        };
        let refused = |rule| vec![Violation::new(Location::Query(name), rule)];
        parsed.map(Some).map_err(|rule| Error::Unprocessable(refused(rule)))
    }

    /// The caller. Fails with [`Error::InvalidToken`] from the token's `exp` on, which a cached policy
    /// may outlive.
    pub fn caller(&self, clock: &Clock) -> Result<&Caller, Error> {
        let caller = self.caller.as_ref().ok_or_else(|| Error::Internal(NO_CONTEXT.into()))?;
        if clock.now() >= caller.expires_at { Err(Error::InvalidToken) } else { Ok(caller) }
    }
}

#[cfg(test)]
mod tests;
