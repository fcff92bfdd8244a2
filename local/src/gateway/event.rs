//! The events that functions get: a REST API's, as its proxy integration and its REQUEST
//! authorizer send them.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>

use std::{borrow::Cow, collections::BTreeMap, net::IpAddr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, header};
use serde_json::{Map, Value, json};

use super::router::Found;
use crate::template::ACCOUNT;

/// The id of the API.
pub(crate) const API_ID: &str = "local";

/// A request, with what the gateway found out about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request<Bytes>,
    pub(crate) found: Found<'a>,
    pub(crate) request_id: &'a str,
    pub(crate) caller: IpAddr,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) time: i64,
    pub(crate) stage: &'a str,
    pub(crate) stage_variables: &'a BTreeMap<String, String>,
}

type Multi<'a> = BTreeMap<Cow<'a, str>, Vec<Cow<'a, str>>>;
type Single<'a> = BTreeMap<&'a str, &'a str>;

impl Call<'_> {
    /// The authorizer's event for the method of that ARN.
    pub(crate) fn for_authorizer(&self, method_arn: &str) -> Vec<u8> {
        let mut event = self.event();
        event["type"] = "REQUEST".into();
        event["methodArn"] = method_arn.into();
        event.to_string().into_bytes()
    }

    /// The function's event, with the authorizer's context. The body is in base64 if its type is
    /// among `binary`, else it is text, in which what isn't UTF-8 is lost.
    pub(crate) fn for_function(
        &self,
        authorizer: Option<&Map<String, Value>>,
        binary: &[String],
    ) -> Vec<u8> {
        let body = self.request.body();
        let is_base64 = !body.is_empty() && is_binary(self.request.headers(), binary);
        let mut event = self.event();
        event["isBase64Encoded"] = is_base64.into();
        event["body"] = match (body.is_empty(), is_base64) {
            (true, _) => Value::Null,
            (false, true) => STANDARD.encode(body).into(),
            (false, false) => String::from_utf8_lossy(body).into(),
        };
        if let Some(context) = authorizer {
            event["requestContext"]["authorizer"] = context.clone().into();
        }
        event.to_string().into_bytes()
    }

    fn event(&self) -> Value {
        let (uri, method) = (self.request.uri(), self.request.method().as_str());
        let headers = self.headers();
        let query = uri.query().filter(|query| !query.is_empty()).map(parameters);
        let path_parameters: BTreeMap<_, _> = self.found.parameters().collect();
        json!({
            "resource": self.found.resource,
            "path": uri.path(),
            "httpMethod": method,
            "headers": last_of_each(&headers),
            "multiValueHeaders": headers,
            "queryStringParameters": query.as_ref().map(last_of_each),
            "multiValueQueryStringParameters": query,
            "pathParameters": Some(path_parameters).filter(|it| !it.is_empty()),
            "stageVariables": Some(self.stage_variables).filter(|it| !it.is_empty()),
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": API_ID,
                "stage": self.stage,
                "requestId": self.request_id,
                "extendedRequestId": self.request_id,
                "requestTimeEpoch": self.time,
                "resourceId": self.found.resource,
                "resourcePath": self.found.resource,
                "httpMethod": method,
                "path": uri.path(),
                "protocol": "HTTP/1.1",
                "identity": {
                    "sourceIp": self.caller,
                    "userAgent": self.request.headers().get(header::USER_AGENT).map(text),
                },
            },
        })
    }

    /// The request's headers, and those that API Gateway adds about the caller.
    fn headers(&self) -> Multi<'_> {
        let mut headers = Multi::new();
        for (name, value) in self.request.headers() {
            headers.entry(name.as_str().into()).or_default().push(text(value));
        }
        // As API Gateway, which adds the address that it sees to what the caller wrote.
        let forwarded = headers.remove("x-forwarded-for").unwrap_or_default().into_iter();
        let forwarded: Vec<_> = forwarded.chain([self.caller.to_string().into()]).collect();
        headers.insert("x-forwarded-for".into(), vec![forwarded.join(", ").into()]);
        headers.insert("x-forwarded-proto".into(), vec!["http".into()]);
        headers
    }
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

fn last_of_each<'a>(multi: &'a Multi<'_>) -> Single<'a> {
    multi.iter().filter_map(|(name, values)| Some((&**name, &**values.last()?))).collect()
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
        let call = Call {
            request: &request,
            found: Found { resource: "/x", path: "/x" },
            request_id: "id",
            caller: Ipv4Addr::LOCALHOST.into(),
            time: 1000,
            stage: "Prod",
            stage_variables: &[("Routes".to_owned(), "accounts".to_owned())].into(),
        };
        let binary: Vec<_> = binary.iter().map(|it| (*it).to_owned()).collect();
        let context = Map::from_iter([("sub".to_owned(), "7".into())]);
        serde_json::from_slice(&call.for_function(Some(&context), &binary)).unwrap()
    }

    #[test]
    fn an_event_has_the_fields_of_a_proxy_event() {
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
        assert_eq!(event["stageVariables"], json!({ "Routes": "accounts" }));
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
    fn the_address_of_the_caller_comes_last_whatever_the_caller_writes() {
        let addresses = |request| {
            let event = event(request, b"", &[]);
            assert_eq!(event["requestContext"]["identity"]["sourceIp"], "127.0.0.1");
            event["multiValueHeaders"]["x-forwarded-for"].clone()
        };
        assert_eq!(addresses(Request::get("/x")), json!(["127.0.0.1"]));
        let request = Request::get("/x").header("x-forwarded-for", "10.0.0.1");
        assert_eq!(addresses(request), json!(["10.0.0.1, 127.0.0.1"]));
        let request = Request::get("/x").header("x-forwarded-for", "10.0.0.1");
        let request = request.header("X-Forwarded-For", "10.0.0.2,10.0.0.3");
        assert_eq!(addresses(request), json!(["10.0.0.1, 10.0.0.2,10.0.0.3, 127.0.0.1"]));
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
