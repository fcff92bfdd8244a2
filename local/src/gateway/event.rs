//! The events that functions get: a REST API's, as its proxy integration and its REQUEST
//! authorizer send them.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>

use std::{borrow::Cow, collections::BTreeMap, net::IpAddr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, header};
use serde::Serialize;
use serde_json::{Map, Value};

use super::router::Found;
use crate::template::ACCOUNT;

/// What every request to the API has in common.
#[derive(Debug, Clone)]
pub(crate) struct ApiIdentity {
    pub(crate) api_id: &'static str,
    pub(crate) stage: String,
}

/// A request, with what the gateway found out about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request<Bytes>,
    pub(crate) found: Found<'a>,
    pub(crate) request_id: &'a str,
    pub(crate) caller: IpAddr,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) time: i64,
    pub(crate) api: &'a ApiIdentity,
}

type Multi<'a> = BTreeMap<Cow<'a, str>, Vec<Cow<'a, str>>>;
type Single<'a> = BTreeMap<Cow<'a, str>, Cow<'a, str>>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(flatten)]
    authorizer: Option<ForAuthorizer<'a>>,
    resource: &'a str,
    path: &'a str,
    http_method: &'a str,
    headers: Single<'a>,
    multi_value_headers: Multi<'a>,
    query_string_parameters: Option<Single<'a>>,
    multi_value_query_string_parameters: Option<Multi<'a>>,
    path_parameters: Option<BTreeMap<&'a str, &'a str>>,
    stage_variables: Option<()>,
    request_context: RequestContext<'a>,
    #[serde(flatten)]
    body: Option<Body<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ForAuthorizer<'a> {
    r#type: &'static str,
    method_arn: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    account_id: &'static str,
    api_id: &'static str,
    stage: &'a str,
    request_id: &'a str,
    extended_request_id: &'a str,
    request_time_epoch: i64,
    resource_id: &'a str,
    resource_path: &'a str,
    http_method: &'a str,
    path: &'a str,
    protocol: &'static str,
    identity: Identity<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<&'a Map<String, Value>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    source_ip: IpAddr,
    user_agent: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    body: Option<Cow<'a, str>>,
    is_base64_encoded: bool,
}

impl<'a> Call<'a> {
    /// The authorizer's event for the method of that ARN.
    pub(crate) fn for_authorizer(&self, method_arn: &str) -> Vec<u8> {
        let authorizer = ForAuthorizer { r#type: "REQUEST", method_arn };
        to_json(&self.event(Some(authorizer), None, None))
    }

    /// The function's event, with what the authorizer said. The body travels in base64 if its
    /// type is among `binary`, else as text, in which what isn't UTF-8 is lost.
    pub(crate) fn for_function(
        &self,
        authorizer: Option<&Map<String, Value>>,
        binary: &[String],
    ) -> Vec<u8> {
        let body = self.request.body();
        let is_base64_encoded = !body.is_empty() && is_binary(self.request.headers(), binary);
        let body = if body.is_empty() {
            None
        } else if is_base64_encoded {
            Some(Cow::Owned(STANDARD.encode(body)))
        } else {
            Some(String::from_utf8_lossy(body))
        };
        to_json(&self.event(None, authorizer, Some(Body { body, is_base64_encoded })))
    }

    fn event<'b>(
        &self,
        for_authorizer: Option<ForAuthorizer<'b>>,
        authorizer: Option<&'b Map<String, Value>>,
        body: Option<Body<'b>>,
    ) -> Event<'b>
    where
        'a: 'b,
    {
        let (uri, method) = (self.request.uri(), self.request.method().as_str());
        let multi_value_headers = self.headers();
        let query = uri.query().filter(|query| !query.is_empty()).map(parameters);
        let path_parameters: BTreeMap<_, _> = self.found.parameters().collect();
        let user_agent = self.request.headers().get(header::USER_AGENT).map(text);
        Event {
            authorizer: for_authorizer,
            resource: self.found.resource,
            path: uri.path(),
            http_method: method,
            headers: last_of_each(&multi_value_headers),
            multi_value_headers,
            query_string_parameters: query.as_ref().map(last_of_each),
            multi_value_query_string_parameters: query,
            path_parameters: Some(path_parameters).filter(|it| !it.is_empty()),
            stage_variables: None,
            request_context: RequestContext {
                account_id: ACCOUNT,
                api_id: self.api.api_id,
                stage: &self.api.stage,
                request_id: self.request_id,
                extended_request_id: self.request_id,
                request_time_epoch: self.time,
                resource_id: self.found.resource,
                resource_path: self.found.resource,
                http_method: method,
                path: uri.path(),
                protocol: "HTTP/1.1",
                identity: Identity { source_ip: self.caller, user_agent },
                authorizer,
            },
            body,
        }
    }

    /// All headers, with those that API Gateway adds about who called.
    fn headers<'b>(&self) -> Multi<'b>
    where
        'a: 'b,
    {
        let mut headers = Multi::new();
        for (name, value) in self.request.headers() {
            headers.entry(name.as_str().into()).or_default().push(text(value));
        }
        let forwarded = [
            ("x-forwarded-for", self.caller.to_string().into()),
            ("x-forwarded-proto", "http".into()),
        ];
        for (name, value) in forwarded {
            headers.insert(name.into(), vec![value]);
        }
        headers
    }
}

fn to_json(event: &Event<'_>) -> Vec<u8> {
    // No part of it can fail to become JSON: all names are text, and no number is infinite.
    serde_json::to_vec(event).unwrap_or_default()
}

/// A header's value as text: bytes past ASCII are taken for Latin-1, which any byte is.
fn text(value: &HeaderValue) -> Cow<'_, str> {
    match value.to_str() {
        Ok(text) => text.into(),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn parameters(query: &str) -> Multi<'_> {
    let mut parameters = Multi::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        parameters.entry(name).or_default().push(value);
    }
    parameters
}

fn last_of_each<'a>(multi: &Multi<'a>) -> Single<'a> {
    let last = |(name, values): (&Cow<'a, str>, &Vec<Cow<'a, str>>)| {
        values.last().map(|value| (name.clone(), value.clone()))
    };
    multi.iter().filter_map(last).collect()
}

/// Whether a body is of a binary type. One without a type counts as JSON.
fn is_binary(headers: &HeaderMap, binary: &[String]) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).map_or("application/json".into(), text);
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    binary.iter().any(|known| known == "*/*" || known.eq_ignore_ascii_case(essence))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use serde_json::json;

    use super::*;

    fn event(request: http::request::Builder, body: &'static [u8], binary: &[&str]) -> Value {
        let request = request.body(Bytes::from_static(body)).unwrap();
        let api = ApiIdentity { api_id: "api", stage: "Prod".into() };
        let call = Call {
            request: &request,
            found: Found { resource: "/x", path: "/x" },
            request_id: "id",
            caller: Ipv4Addr::LOCALHOST.into(),
            time: 1000,
            api: &api,
        };
        let binary: Vec<_> = binary.iter().map(|it| (*it).to_owned()).collect();
        let context = Map::from_iter([("sub".to_owned(), "7".into())]);
        serde_json::from_slice(&call.for_function(Some(&context), &binary)).unwrap()
    }

    #[test]
    fn it_has_the_fields_of_a_proxy_event() {
        let request = Request::get("/x?a=1&a=%C3%A9+2&b").header("user-agent", "curl");
        let event = event(request, b"", &[]);
        assert_eq!(event["httpMethod"], "GET");
        assert_eq!(event["path"], "/x");
        assert_eq!(event["queryStringParameters"], json!({ "a": "é 2", "b": "" }));
        assert_eq!(event["multiValueQueryStringParameters"]["a"], json!(["1", "é 2"]));
        assert_eq!(event["pathParameters"], Value::Null);
        assert_eq!(event["body"], Value::Null);
        assert_eq!(event["isBase64Encoded"], false);
        let context = &event["requestContext"];
        assert_eq!(context["identity"], json!({ "sourceIp": "127.0.0.1", "userAgent": "curl" }));
        assert_eq!(context["authorizer"], json!({ "sub": "7" }));
        assert_eq!((&context["stage"], &context["requestId"]), (&json!("Prod"), &json!("id")));
        assert_eq!(event.get("methodArn"), None);
    }

    #[test]
    fn a_query_that_is_not_there_is_null() {
        for path in ["/x", "/x?"] {
            assert_eq!(event(Request::get(path), b"", &[])["queryStringParameters"], Value::Null);
        }
    }

    #[test]
    fn every_value_of_a_header_is_there_and_any_byte_has_a_letter() {
        let odd = HeaderValue::from_bytes(b"caf\xe9").unwrap();
        let request = Request::get("/x").header("a", "1").header("a", odd);
        let event = event(request, b"", &[]);
        assert_eq!(event["multiValueHeaders"]["a"], json!(["1", "café"]));
        assert_eq!(event["headers"]["a"], "café");
    }

    #[test]
    fn callers_can_not_say_who_they_are() {
        let request = Request::get("/x").header("x-forwarded-for", "10.0.0.1");
        assert_eq!(event(request, b"", &[])["headers"]["x-forwarded-for"], "127.0.0.1");
    }

    #[test]
    fn bodies_of_binary_types_travel_in_base64() {
        let of = |media_type: &str| Request::post("/x").header("content-type", media_type);
        let binary = ["application/json"];
        for request in [of("Application/JSON; charset=utf-8"), Request::post("/x")] {
            let event = event(request, b"\xff", &binary);
            assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("/w=="), &json!(true)));
        }
        let event = event(of("text/plain"), b"a\xff", &binary);
        assert_eq!(event["body"], "a\u{fffd}");
        assert_eq!(event["isBase64Encoded"], false);
    }
}
