//! What a route answers: taken from the code that answers, where there is some.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::value::RawValue;
use shared::Error;
use shared::error::Failure;
use shared::http::{
    Accept, Detail, ErrorFormat, HeaderMap, HeaderValue, Problem, ProxyResponse, Reply, header,
};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::{RefOr, Schema};

use super::media_type::{Example, MediaType, json};

const PROBLEM: &str = "application/problem+json";

/// An answer, written out or named as one that several routes have.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Of(Response),
    Shared {
        #[serde(rename = "$ref")]
        reference: String,
    },
}

#[derive(Serialize, Default)]
pub(crate) struct Response {
    description: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<&'static str, Header>,
    /// First the media type that `Accept: */*` gets: generators of clients look at no other.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    content: IndexMap<&'static str, MediaType>,
}

#[derive(Serialize)]
struct Header {
    description: &'static str,
    schema: RefOr<Schema>,
    example: Box<RawValue>,
}

impl Answer {
    pub(crate) fn to(name: &'static str) -> Self {
        Self::Shared { reference: format!("#/components/responses/{name}") }
    }

    /// What can happen at any route.
    pub(crate) fn of_every_route() -> BTreeMap<u16, Self> {
        [
            (400, "BadRequest"),
            (413, "PayloadTooLarge"),
            (429, "TooManyRequests"),
            (500, "InternalServerError"),
            (503, "ServiceUnavailable"),
        ]
        .map(|(status, name)| (status, Self::to(name)))
        .into()
    }
}

/// The answers that several routes have, API Gateway's own among them.
pub(crate) fn shared() -> [(&'static str, Response); 7] {
    [
        (
            "BadRequest",
            Response::new("API Gateway can't read the request.").of_gateway(
                400,
                "bad_request",
                "Bad Request",
            ),
        ),
        (
            "Unauthorized",
            Response::new("The token is missing, invalid or expired.")
                .error(&Error::InvalidToken)
                .with_challenge(r#"Bearer error="invalid_token""#),
        ),
        (
            "Forbidden",
            Response::new("The token is valid, but the user lacks the role.")
                .of_gateway(403, "forbidden", "Unauthorized.")
                .with_challenge(r#"Bearer error="insufficient_scope""#),
        ),
        (
            "PayloadTooLarge",
            Response::new("The body is larger than 64 KiB.").error(&Error::PayloadTooLarge),
        ),
        (
            "TooManyRequests",
            Response::new("The clients together sent more requests than API Gateway allows.")
                .of_gateway(429, "too_many_requests", "Too Many Requests")
                .with_retry_after(),
        ),
        (
            "InternalServerError",
            Response::new("The service has a bug. The log has the cause.")
                .error(&Error::Internal(String::new())),
        ),
        (
            "ServiceUnavailable",
            Response::new(
                "The service can't reach its database or a secret, or has too many requests at \
                 once.",
            )
            .error(&Error::Unavailable(String::new())),
        ),
    ]
}

impl Response {
    pub(crate) fn new(description: &'static str) -> Self {
        Self { description, ..Self::default() }
    }

    /// 200: JSON of that type, and an example that the type itself makes.
    pub(crate) fn json<T: ToSchema>(description: &'static str, value: &impl Serialize) -> Self {
        let media_type = MediaType::of::<T>().with_example("answer", json(value));
        Self::new(description).with("application/json", media_type)
    }

    pub(crate) fn with(mut self, name: &'static str, media_type: MediaType) -> Self {
        self.content.insert(name, media_type);
        self
    }

    pub(crate) fn with_header(
        mut self,
        name: &'static str,
        description: &'static str,
        example: Box<RawValue>,
    ) -> Self {
        let is_number = example.get().starts_with(|it: char| it.is_ascii_digit());
        let schema = Object::with_type(if is_number { Type::Integer } else { Type::String }).into();
        self.headers.insert(name, Header { description, schema, example });
        self
    }

    pub(crate) fn with_etag(self) -> Self {
        self.with_header("ETag", "The entity tag of the content.", json("\"4f7d3a1c9be20586\""))
    }

    pub(crate) fn with_cache_control(self, value: &str) -> Self {
        self.with_header("Cache-Control", "How long a cache may keep the answer.", json(value))
    }

    /// What API Gateway's own refusal asks for (RFC 6750 §3).
    fn with_challenge(self, challenge: &str) -> Self {
        let description = "The authentication scheme, and the error of the token.";
        self.with_header("WWW-Authenticate", description, json(challenge))
    }

    fn with_retry_after(self) -> Self {
        let description = "The seconds to wait before a retry.";
        self.with_header("Retry-After", description, json(&1))
    }

    /// What the gateway answers itself: in one of the forms, by `ErrorFormat`.
    pub(crate) fn of_gateway(self, status: u16, code: &'static str, words: &'static str) -> Self {
        let problem = json(&Problem::new(status, words, code));
        self.with_example::<String>("text/plain", code, json(words))
            .with_example::<Problem<'_>>(PROBLEM, code, problem)
    }

    fn with_example<T: ToSchema>(
        mut self,
        media_type: &'static str,
        name: &'static str,
        example: Box<RawValue>,
    ) -> Self {
        self.content.entry(media_type).or_insert_with(MediaType::of::<T>).add(name, example);
        self
    }

    /// A further example of JSON of that type.
    pub(crate) fn example<T: ToSchema>(self, name: &'static str, example: Box<RawValue>) -> Self {
        self.with_example::<T>("application/json", name, example)
    }

    /// An error, as the code answers it to clients of each kind.
    pub(crate) fn error(self, error: &dyn Failure) -> Self {
        self.error_named(error.answer().1, error)
    }

    /// One of several errors with one code.
    pub(crate) fn error_named(mut self, name: &'static str, error: &dyn Failure) -> Self {
        for accept in ["*/*", PROBLEM] {
            let accept = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            let reply = Reply::of_error(error, &Accept::of(&accept), ErrorFormat::Text);
            self = self.reply(reply, name, MediaType::of::<Detail<'_>>);
        }
        self
    }

    /// An answer of the code, as an example of that name. `json_type` is that of its JSON.
    pub(crate) fn reply(
        mut self,
        reply: Reply,
        name: &'static str,
        json_type: fn() -> MediaType,
    ) -> Self {
        let response = ProxyResponse::from(reply);
        let headers = &response.multi_value_headers;
        if let Some(challenge) = headers.get(header::WWW_AUTHENTICATE) {
            let challenge = challenge.to_str().unwrap();
            let description = "The function's `WWW-Authenticate`, renamed by API Gateway.";
            let name = "x-amzn-Remapped-WWW-Authenticate";
            self = self.with_header(name, description, json(challenge));
        }
        if headers.contains_key(header::RETRY_AFTER) {
            self = self.with_retry_after();
        }
        let body = response.body.unwrap();
        let body = std::str::from_utf8(body.as_ref()).unwrap();
        let raw = || RawValue::from_string(body.to_owned()).unwrap();
        let content_type = headers[header::CONTENT_TYPE].to_str().unwrap();
        let (media_type, schema, example): (_, fn() -> MediaType, _) = match content_type {
            "text/plain; charset=utf-8" => ("text/plain", MediaType::of::<String>, json(body)),
            PROBLEM => (PROBLEM, MediaType::of::<Problem<'_>>, raw()),
            "application/json" => ("application/json", json_type, raw()),
            other => panic!("{other} is not described"),
        };
        self.content.entry(media_type).or_insert_with(schema).add(name, example);
        self
    }

    pub(crate) fn schemas(&self) -> impl Iterator<Item = (String, RefOr<Schema>)> {
        self.content.values().flat_map(MediaType::schemas)
    }
}

#[test]
fn api_gateway_has_the_words_that_the_document_gives_it() {
    let template = include_str!("../../../../template.yaml");
    // A 500 is a function's alone.
    for (name, response) in shared().into_iter().filter(|(name, _)| *name != "InternalServerError")
    {
        for example in response.content["text/plain"].examples.values() {
            let words: String = serde_json::from_str(example.value.get()).unwrap();
            assert!(template.contains(&format!("- text/plain: {words}\n")), "{name}");
        }
        let mut problems = response.content[PROBLEM].examples.values();
        let is_in_template = |example: &Example| {
            template.contains(&format!("- {PROBLEM}: '{}'\n", example.value.get()))
        };
        assert!(problems.any(is_in_template), "{name}");
    }
}
