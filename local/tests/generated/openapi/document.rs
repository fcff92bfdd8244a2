//! The whole document, as far as ours goes: <https://spec.openapis.org/oas/v3.1.0>.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;
use shared::routes::Route;
use utoipa::openapi::{RefOr, Schema};

use super::answer::{self, Response};
use super::operation::{Operation, Tag};

#[derive(Serialize)]
pub(crate) struct Document {
    openapi: &'static str,
    info: Info,
    servers: [Server; 2],
    tags: Vec<TagObject>,
    paths: IndexMap<&'static str, IndexMap<String, Operation>>,
    components: Components,
}

#[derive(Serialize)]
struct Info {
    title: &'static str,
    description: &'static str,
    contact: Contact,
    license: Licence,
    version: &'static str,
}

#[derive(Serialize)]
struct Contact {
    name: &'static str,
}

#[derive(Serialize)]
struct Licence {
    name: &'static str,
    /// SPDX's expression for it.
    identifier: &'static str,
}

#[derive(Serialize)]
struct Server {
    url: &'static str,
    description: &'static str,
}

#[derive(Serialize)]
struct TagObject {
    name: &'static str,
    description: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Components {
    schemas: BTreeMap<String, RefOr<Schema>>,
    responses: BTreeMap<&'static str, Response>,
    security_schemes: BTreeMap<&'static str, SecurityScheme>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum SecurityScheme {
    #[serde(rename = "oauth2")]
    OAuth2 { description: &'static str, flows: Flows },
    #[serde(rename_all = "camelCase")]
    Http {
        description: &'static str,
        scheme: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        bearer_format: Option<&'static str>,
    },
}

#[derive(Serialize)]
struct Flows {
    password: Flow,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Flow {
    token_url: &'static str,
    scopes: BTreeMap<&'static str, &'static str>,
}

/// The names that FastAPI gives these schemes.
pub(crate) const SCHEMES: [&str; 2] = ["OAuth2PasswordBearer", "HTTPBearer"];

/// The scheme of services that introspect tokens.
pub(crate) const OF_SERVICES: &str = "HTTPBasic";

const DESCRIPTION: &str = "\
Accounts: sign up, sign in, and read content by role.

To try it here: sign up, then *Authorize* with the username and the password (or with the `token` \
of a sign-in), then call `/api/auth/users/me`.

An error is a few words of `text/plain`, or problem details (RFC 9457) with a stable `code`. A \
client that accepts any type (`Accept: */*`) gets the first media type of each answer; API Gateway's \
own answers have that type whatever `Accept` says. Every answer has an `x-amzn-RequestId`, by which \
the operator finds the request in the log.";

impl Document {
    /// The document of these routes, in their order.
    pub(crate) fn of(described: impl Iterator<Item = (&'static Route, Operation)>) -> Self {
        let mut paths: IndexMap<_, IndexMap<_, _>> = IndexMap::new();
        let mut schemas = BTreeMap::new();
        let mut responses = BTreeMap::new();
        for (name, response) in answer::shared() {
            schemas.extend(response.schemas());
            responses.insert(name, response);
        }
        for (route, operation) in described {
            let operation = operation.of_access(route.access);
            let parameters: Vec<_> = operation.path_parameters().collect();
            assert_eq!(parameters, route.parameters().collect::<Vec<_>>(), "of {}", route.path);
            schemas.extend(operation.schemas());
            let methods = paths.entry(route.path).or_default();
            methods.insert(route.method.to_ascii_lowercase(), operation);
        }
        let has = |tag: &Tag| paths.values().flat_map(IndexMap::values).any(|it| it.has(*tag));
        let tags = Tag::ALL.into_iter().filter(has);
        let tags = tags.map(|tag| TagObject { name: tag.name(), description: tag.description() });
        Self {
            openapi: "3.1.0",
            info: Info {
                title: "Latchkey",
                description: DESCRIPTION,
                contact: Contact { name: "The operator of this service" },
                license: Licence {
                    name: env!("CARGO_PKG_LICENSE"),
                    identifier: env!("CARGO_PKG_LICENSE"),
                },
                version: env!("CARGO_PKG_VERSION"),
            },
            // Generated clients take the first, which is filled in; the page takes the second, which
            // works behind a proxy of another name too.
            servers: [
                Server { url: "https://api.example.com", description: "This service" },
                Server { url: ".", description: "The directory of this document" },
            ],
            tags: tags.collect(),
            paths,
            components: Components { schemas, responses, security_schemes: security_schemes() },
        }
    }
}

fn security_schemes() -> BTreeMap<&'static str, SecurityScheme> {
    let password = Flow { token_url: "api/auth/token", scopes: BTreeMap::new() };
    let [oauth2, bearer] = SCHEMES;
    BTreeMap::from([
        (
            oauth2,
            SecurityScheme::OAuth2 {
                description: "Exchanges a username and a password for a token in one step. \
                              `client_id` and `client_secret` may stay empty: the token holds \
                              the `client_id`, unauthenticated. If the operator has turned off \
                              the token endpoint, use a token instead.",
                flows: Flows { password },
            },
        ),
        (
            bearer,
            SecurityScheme::Http {
                description: "The `token` of a sign-in.",
                scheme: "bearer",
                bearer_format: Some("JWT"),
            },
        ),
        (
            OF_SERVICES,
            SecurityScheme::Http {
                description: "For other services: the user `introspect`, with the operator's secret.",
                scheme: "basic",
                bearer_format: None,
            },
        ),
    ])
}
