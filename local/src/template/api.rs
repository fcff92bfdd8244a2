//! The API of the template: its authorizer, and the gateway's own answers.

use std::collections::BTreeMap;

use http::HeaderName;
use serde::{Deserialize, Deserializer, de::Error as _};
use shared::functions::name_of;

use super::{
    gateway_responses::Customised,
    preflight::{self, Preflight},
    response_type::ResponseType,
    text::{optional, parsed},
};

/// The API.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Api {
    /// Its name in the template.
    #[serde(skip)]
    pub(crate) logical_id: String,
    #[serde(rename = "StageName")]
    pub(crate) stage: String,
    #[serde(rename = "Auth", default, deserialize_with = "authorizer")]
    pub(crate) authorizer: Option<AuthorizerSource>,
    /// The preflights that are answered, by path.
    #[serde(rename = "DefinitionBody", default, deserialize_with = "preflight::by_path")]
    pub(crate) preflights: BTreeMap<String, Preflight>,
    /// Media types whose bodies travel in base64.
    #[serde(default, deserialize_with = "media_types")]
    pub(crate) binary_media_types: Vec<String>,
    /// The stage's variables.
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) gateway_responses: BTreeMap<ResponseType, Customised>,
}

impl Api {
    pub(crate) const PROPERTIES: [&str; 6] = [
        "Auth",
        "BinaryMediaTypes",
        "DefinitionBody",
        "GatewayResponses",
        "StageName",
        "Variables",
    ];
}

/// The authorizer of the API.
#[derive(Debug)]
pub(crate) struct AuthorizerSource {
    pub(crate) name: String,
    /// The name of the function's crate.
    pub(crate) function: String,
    /// The header that identifies the caller.
    pub(crate) header: HeaderName,
    /// How long an answer may be used again, in seconds.
    pub(crate) cache_seconds: u32,
    /// Whether it is asked for each route that names none.
    pub(crate) default: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Auth {
    #[serde(default, deserialize_with = "optional")]
    add_default_authorizer_to_cors_preflight: Option<bool>,
    #[serde(default)]
    authorizers: BTreeMap<String, Authorizer>,
    default_authorizer: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Authorizer {
    function_arn: String,
    #[serde(rename = "FunctionPayloadType")]
    _payload_type: PayloadType,
    identity: Identity,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum PayloadType {
    Request,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Identity {
    headers: (Header,),
    #[serde(default = "default_cache", deserialize_with = "parsed")]
    reauthorize_every: u32,
}

#[derive(Deserialize)]
struct Header(#[serde(deserialize_with = "parsed")] HeaderName);

/// API Gateway's default, in seconds.
const fn default_cache() -> u32 {
    300
}

fn authorizer<'de, D: Deserializer<'de>>(auth: D) -> Result<Option<AuthorizerSource>, D::Error> {
    let auth = Auth::deserialize(auth)?;
    if auth.add_default_authorizer_to_cors_preflight == Some(true) {
        return Err(D::Error::custom("the local runner lets preflights pass: say false"));
    }
    let mut authorizers = auth.authorizers.into_iter();
    let Some((name, found)) = authorizers.next() else { return Ok(None) };
    if authorizers.next().is_some() {
        return Err(D::Error::custom("the local runner knows one authorizer alone"));
    }
    let default = auth.default_authorizer;
    if default.as_ref().is_some_and(|default| *default != name) {
        return Err(D::Error::custom("the DefaultAuthorizer isn't among the authorizers"));
    }
    let Identity { headers: (Header(header),), reauthorize_every } = found.identity;
    Ok(Some(AuthorizerSource {
        name,
        function: name_of(found.function_arn.rsplit(':').next().unwrap_or_default()),
        header,
        cache_seconds: reauthorize_every,
        default: default.is_some(),
    }))
}

/// Media types, written with `~1` for each slash.
fn media_types<'de, D: Deserializer<'de>>(types: D) -> Result<Vec<String>, D::Error> {
    let types = Vec::<String>::deserialize(types)?.into_iter();
    let types: Vec<_> = types.map(|it| it.replace("~1", "/").to_lowercase()).collect();
    if types.iter().any(|it| it.contains('*') && it != "*/*") {
        return Err(D::Error::custom("a media type must be whole here, or */*"));
    }
    Ok(types)
}
