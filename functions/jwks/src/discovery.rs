//! The discovery documents: by the issuer alone, another service finds the public keys.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::functions::{ROUTES, SWITCHES};
use shared::http::{ETag, Reply, Request};
use shared::jwt::{Algorithm, Issuer};
use shared::routes::Route;
use shared::{Environment, TokenEndpoint};
use utoipa::openapi::schema::{Object, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The discovery document of this deployment, made once: it depends on the settings alone, so it is
/// answered without the database, and no request can change its addresses.
#[derive(Debug)]
pub struct Discovery {
    body: String,
    tag: ETag,
}

/// The metadata of an authorization server (RFC 8414 §2, OIDC Discovery §3). Latchkey
/// has no authorization endpoint and issues no ID tokens; members that are required all the same say
/// so or describe the access tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct Metadata<'a> {
    /// `iss` of every token, to the letter.
    #[schema(examples("https://api.example.com"))]
    issuer: &'a str,
    #[serde(flatten)]
    #[schema(inline)]
    endpoints: Endpoints,
    /// Empty: there is no authorization endpoint.
    response_types_supported: [&'static str; 0],
    /// The grants of the token endpoint. Never absent, which would mean others.
    #[schema(examples(json!(["password", "refresh_token"])))]
    grant_types_supported: &'static [&'static str],
    /// How clients authenticate to the token endpoint: not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples(json!(["none"])))]
    token_endpoint_auth_methods_supported: Option<[&'static str; 1]>,
    /// How clients authenticate to the revocation endpoint: not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples(json!(["none"])))]
    revocation_endpoint_auth_methods_supported: Option<[&'static str; 1]>,
    /// How services authenticate to the introspection endpoint: by HTTP Basic.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples(json!(["client_secret_basic"])))]
    introspection_endpoint_auth_methods_supported: Option<[&'static str; 1]>,
    /// A user has the same `sub` for all clients.
    #[schema(examples(json!(["public"])))]
    subject_types_supported: [&'static str; 1],
    /// The algorithms that may have signed an access token.
    #[schema(examples(json!(["ES256", "RS256"])))]
    id_token_signing_alg_values_supported: [&'static str; 2],
}

/// The addresses of the routes with [`Route::metadata`], by that member.
#[derive(Debug, Serialize)]
struct Endpoints(BTreeMap<&'static str, String>);

impl Discovery {
    /// Reads the issuer, and which routes are turned off. `None` if the issuer is a name.
    pub fn from_env(env: &mut Environment) -> Option<Self> {
        let issuer = Issuer::from_env(env);
        // A switch may have values beside `on`; the function that it is of knows them.
        let mut is_off = |setting| env.text(setting).is_some_and(|value| value == "off");
        let switches = SWITCHES.iter().filter(|(_, setting)| is_off(setting));
        let off: Vec<_> = switches.map(|(function, _)| *function).collect();
        let is_served = |route: &Route| !off.contains(&route.function);
        let token = TokenEndpoint::from_env(env);
        let Issuer::Address(address) = issuer else { return None };
        let endpoints = Endpoints::of(ROUTES.iter().filter(|it| is_served(it)), &address);
        let body = serde_json::to_string(&Metadata::new(&address, endpoints, token)).ok()?;
        Some(Self { tag: ETag::of(body.as_bytes()), body })
    }

    pub(crate) fn reply(&self, request: &Request) -> Reply {
        Reply::text("application/json", &self.body).with_etag(&self.tag, request)
    }
}

impl<'a> Metadata<'a> {
    fn new(issuer: &'a str, endpoints: Endpoints, token: TokenEndpoint) -> Self {
        let has = |endpoint| endpoints.0.contains_key(endpoint);
        let [has_token_endpoint, revokes, introspects] =
            ["token_endpoint", "revocation_endpoint", "introspection_endpoint"].map(has);
        Self {
            issuer,
            endpoints,
            response_types_supported: [],
            grant_types_supported: token.grant_types(),
            token_endpoint_auth_methods_supported: has_token_endpoint.then_some(["none"]),
            revocation_endpoint_auth_methods_supported: revokes.then_some(["none"]),
            introspection_endpoint_auth_methods_supported: introspects
                .then_some(["client_secret_basic"]),
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: Algorithm::ALL.map(Algorithm::name),
        }
    }

    /// The document of an issuer that serves all routes.
    pub fn example(issuer: &'a str) -> Self {
        Self::new(issuer, Endpoints::of(ROUTES.iter(), issuer), TokenEndpoint::On)
    }
}

impl Endpoints {
    fn of<'r>(routes: impl Iterator<Item = &'r Route>, address: &str) -> Self {
        let named = |route: &Route| Some((route.metadata?, format!("{address}{}", route.path)));
        Self(routes.filter_map(named).collect())
    }
}

impl ToSchema for Endpoints {}

impl PartialSchema for Endpoints {
    fn schema() -> RefOr<Schema> {
        let named = ROUTES.iter().filter_map(|route| Some((route.metadata?, route)));
        let object = named.fold(Object::builder(), |object, (member, route)| {
            let address = Object::builder()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::Custom("uri".to_owned())))
                .description(Some(format!("The address of `{} {}`.", route.method, route.path)));
            object.property(member, address)
        });
        object.required("jwks_uri").into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use shared::routes::{Access, Throttle, method};

    use super::*;

    fn document(settings: &[(&str, &str)]) -> Option<Value> {
        let discovery = Discovery::from_env(&mut settings.iter().copied().collect());
        discovery.map(|it| serde_json::from_str(&it.body).unwrap())
    }

    #[test]
    fn every_address_is_below_the_issuer_and_that_is_to_the_letter() {
        for issuer in [
            "https://accounts.example.com",
            "https://a1.execute-api.eu-west-1.amazonaws.com/Prod",
            "https://accounts.example.com:8443/a/b",
            "http://127.0.0.1:8000",
        ] {
            let document = document(&[("TOKEN_ISSUER", issuer)]).unwrap();
            let below = |path: &str| json!(format!("{issuer}{path}"));
            let expected = json!({
                "issuer": issuer,
                "jwks_uri": below("/.well-known/jwks.json"),
                "introspection_endpoint": below("/api/auth/introspect"),
                "introspection_endpoint_auth_methods_supported": ["client_secret_basic"],
                "revocation_endpoint": below("/api/auth/revoke"),
                "revocation_endpoint_auth_methods_supported": ["none"],
                "token_endpoint": below("/api/auth/token"),
                "service_documentation": below("/docs"),
                "response_types_supported": [],
                "grant_types_supported": ["password", "refresh_token"],
                "token_endpoint_auth_methods_supported": ["none"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256", "RS256"],
            });
            assert_eq!(document, expected);
        }
    }

    #[test]
    fn an_issuer_that_is_no_address_has_no_metadata() {
        assert_eq!(document(&[("TOKEN_ISSUER", "latchkey")]), None);
        assert_eq!(document(&[]), None);
    }

    #[test]
    fn the_metadata_omits_what_is_switched_off() {
        let issuer = ("TOKEN_ISSUER", "https://example.com");
        let members = ["token_endpoint", "token_endpoint_auth_methods_supported"];
        let off = document(&[issuer, ("TOKEN_ENDPOINT", "off")]).unwrap();
        assert_eq!(members.map(|name| off.get(name)), [None, None]);
        // Absent, it would mean `authorization_code` and `implicit`.
        assert_eq!(off["grant_types_supported"], json!([]));
        let refresh = document(&[issuer, ("TOKEN_ENDPOINT", "refresh")]).unwrap();
        assert!(members.iter().all(|name| refresh.get(name).is_some()));
        assert_eq!(refresh["grant_types_supported"], json!(["refresh_token"]));
        let off = document(&[issuer, ("API_DOCS", "off")]).unwrap();
        assert_eq!(off.get("service_documentation"), None);
        assert!(members.iter().all(|name| off.get(name).is_some()));
    }

    #[test]
    fn how_to_authenticate_to_an_endpoint_is_there_with_it_alone() {
        let issuer = ("TOKEN_ISSUER", "https://example.com");
        let off = document(&[issuer, ("INTROSPECTION_ENDPOINT", "off")]).unwrap();
        for member in ["introspection_endpoint", "introspection_endpoint_auth_methods_supported"] {
            assert_eq!(off.get(member), None);
        }
    }

    #[test]
    fn a_route_adds_itself_by_its_entry_in_the_table() {
        let revoke = Route {
            method: method::POST,
            path: "/api/auth/revoke",
            function: "token",
            access: Access::Public,
            throttle: Throttle::Default,
            examples: &[],
            metadata: Some("revocation_endpoint"),
        };
        let endpoints = Endpoints::of(ROUTES.iter().chain([&revoke]), "https://example.com");
        let document = json!(Metadata::new("https://example.com", endpoints, TokenEndpoint::On));
        assert_eq!(document["revocation_endpoint"], "https://example.com/api/auth/revoke");
        assert_eq!(document["revocation_endpoint_auth_methods_supported"], json!(["none"]));
        assert_eq!(document["jwks_uri"], "https://example.com/.well-known/jwks.json");
    }
}
