//! The routes: those that clients rely on, and all that the service describes.

use std::fmt;

use serde_json::Value;

use crate::client::Request;
use crate::docs::DOCUMENT;
use crate::target::Target;

pub(crate) const USER: &str = "ROLE_USER";
pub(crate) const MODERATOR: &str = "ROLE_MODERATOR";
pub(crate) const ADMIN: &str = "ROLE_ADMIN";

/// The callers that a route accepts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Needs {
    /// Everyone, without the authorizer.
    Nothing,
    /// Services with the operator's secret, without the authorizer.
    Secret,
    /// Callers with a token.
    Token,
    /// Callers with a token and one of these roles.
    OneOf(&'static [&'static str]),
    /// Callers with a token and a role; a description doesn't name it.
    SomeRole,
}

/// The routes that clients rely on: those of the legacy app, the keys, discovery and the description. The
/// description must have them, and may have more.
pub(crate) const PROMISED: [(&str, &str, Needs); 16] = [
    ("POST", "/api/auth/signup", Needs::Nothing),
    ("POST", "/api/auth/signin", Needs::Nothing),
    ("POST", "/api/auth/token", Needs::Nothing),
    ("GET", "/api/auth/users/me", Needs::Token),
    ("GET", "/api/auth/users/me/items", Needs::Token),
    ("GET", "/", Needs::Nothing),
    ("GET", "/api/test/all", Needs::Nothing),
    ("GET", "/api/test/user", Needs::OneOf(&[USER, MODERATOR, ADMIN])),
    ("GET", "/api/test/mod", Needs::OneOf(&[MODERATOR])),
    ("GET", "/api/test/admin", Needs::OneOf(&[ADMIN])),
    ("GET", "/api/test/profile", Needs::Token),
    ("GET", "/.well-known/jwks.json", Needs::Nothing),
    ("GET", "/.well-known/openid-configuration", Needs::Nothing),
    ("GET", "/.well-known/oauth-authorization-server", Needs::Nothing),
    ("GET", "/openapi.json", Needs::Nothing),
    ("GET", "/docs", Needs::Nothing),
];

/// A route, and the callers that it accepts.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: String,
    /// Its path, with the parameters' names in braces.
    pub(crate) path: String,
    pub(crate) needs: Needs,
}

impl Route {
    pub(crate) fn new(method: &str, path: &str, needs: Needs) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), needs }
    }

    /// A path that it serves.
    pub(crate) fn address(&self) -> String {
        let parts = self.path.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
        parts.collect::<Vec<_>>().join("/")
    }

    /// Whether it serves this method and path, as in `GET /docs`.
    pub(crate) fn serves(&self, request: &str) -> bool {
        let own = self.to_string();
        let (own, others) = (own.split('/'), request.split('/'));
        own.clone().count() == others.clone().count()
            && own.zip(others).all(|(own, other)| own.starts_with('{') || own == other)
    }

    /// A request that changes nothing: the caller has a GET's answer already, and a body of
    /// another method is larger than a function reads.
    pub(crate) fn harmless<'a>(&self, target: &'a Target) -> Request<'a> {
        let request = target.http.request(&self.method, &self.address());
        if self.method == "GET" {
            return request.header("if-none-match", "*");
        }
        request.header("content-type", "application/json").body("x".repeat(70_000))
    }
}

/// Whether the route is one that the service has beside the promised ones.
pub(crate) fn is_further(route: &Route) -> bool {
    !PROMISED.iter().any(|it| (it.0, it.1) == (&*route.method, &*route.path))
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// The methods and paths of a description, with their operations.
pub(crate) fn operations(document: &Value) -> impl Iterator<Item = (String, &str, &Value)> {
    // All that OpenAPI knows; a path has other fields too.
    const METHODS: [&str; 8] =
        ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    let paths = document["paths"].as_object().expect("paths");
    paths.iter().flat_map(|(path, fields)| {
        let fields = fields.as_object().expect("fields");
        fields
            .iter()
            .filter(|(name, _)| METHODS.contains(&name.as_str()))
            .map(move |(method, it)| (method.to_uppercase(), path.as_str(), it))
    })
}

/// The promised routes, and all others that the service describes.
#[track_caller]
pub(crate) fn read(target: &Target) -> Vec<Route> {
    let document = target.http.get(DOCUMENT).send().json();
    let promised = PROMISED.map(|(method, path, needs)| Route::new(method, path, needs));
    let further = operations(&document)
        .map(|(method, path, operation)| {
            let needs = match &operation["security"] {
                Value::Array(schemes) if schemes.is_empty() => Needs::Nothing,
                schemes if schemes[0]["HTTPBasic"].is_array() => Needs::Secret,
                _ if operation["responses"]["403"]["$ref"].is_null() => Needs::Token,
                _ => Needs::SomeRole,
            };
            Route::new(&method, path, needs)
        })
        .filter(is_further);
    promised.into_iter().chain(further).collect()
}
