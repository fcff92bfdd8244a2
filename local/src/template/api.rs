//! The API of the template: who is asked, and what the gateway says itself.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue};

use super::{
    crate_of,
    error::Result,
    field::{Field, Fields},
    gateway_responses::{self, Customised},
    preflight::{self, Preflight},
};
use crate::gateway::ResponseType;

/// The API.
#[derive(Debug)]
pub(crate) struct Api {
    /// Its name in the template.
    pub(crate) logical_id: String,
    pub(crate) stage: String,
    pub(crate) authorizer: Option<AuthorizerSource>,
    /// The preflights that are answered, by path.
    pub(crate) preflights: BTreeMap<String, Preflight>,
    /// Media types whose bodies travel in base64.
    pub(crate) binary_media_types: Vec<String>,
    pub(crate) gateway_responses: BTreeMap<ResponseType, Customised>,
}

/// Where the answers on who may call what come from.
#[derive(Debug)]
pub(crate) struct AuthorizerSource {
    pub(crate) name: String,
    /// The name of the function's crate.
    pub(crate) function: String,
    /// The header that tells who is calling.
    pub(crate) header: HeaderName,
    /// How long an answer may be used again, in seconds.
    pub(crate) cache_seconds: u32,
    /// Whether it is asked for each route that names none.
    pub(crate) default: bool,
}

impl Api {
    /// What is read of it.
    pub(crate) const PROPERTIES: [&str; 5] =
        ["Auth", "BinaryMediaTypes", "DefinitionBody", "GatewayResponses", "StageName"];

    pub(crate) fn read(name: &str, properties: &Fields<'_>) -> Result<Self> {
        let responses = properties.within("GatewayResponses")?;
        let types = properties.get("BinaryMediaTypes").map_or(Ok(Vec::new()), media_types)?;
        Ok(Self {
            logical_id: name.to_owned(),
            stage: properties.need("StageName")?.text()?,
            authorizer: authorizer(&properties.within("Auth")?)?,
            preflights: preflight::read(&properties.within("DefinitionBody")?)?,
            binary_media_types: types,
            gateway_responses: gateway_responses::read(&responses)?,
        })
    }
}

fn authorizer(auth: &Fields<'_>) -> Result<Option<AuthorizerSource>> {
    auth.only(&["AddDefaultAuthorizerToCorsPreflight", "Authorizers", "DefaultAuthorizer"])?;
    if let Some(preflights) = auth.get("AddDefaultAuthorizerToCorsPreflight")
        && preflights.text()? != "false"
    {
        return Err(preflights.fault("the local runner lets preflights pass: say false"));
    }
    let authorizers = auth.within("Authorizers")?;
    let mut found = authorizers.iter();
    let Some((name, field)) = found.next() else { return Ok(None) };
    if let Some((_, second)) = found.next() {
        return Err(second.fault("the local runner knows one authorizer alone"));
    }
    let default = auth.get("DefaultAuthorizer").map(Field::text).transpose()?;
    if default.as_deref().is_some_and(|default| default != name) {
        return Err(field.fault("the DefaultAuthorizer is another one, which isn't there"));
    }
    let fields = field.fields()?;
    fields.only(&["FunctionArn", "FunctionPayloadType", "Identity"])?;
    if fields.need("FunctionPayloadType")?.text()? != "REQUEST" {
        return Err(field.fault("the local runner knows authorizers of type REQUEST alone"));
    }
    let arn = fields.need("FunctionArn")?;
    let function = arn.argument_of("GetAtt")?;
    let Some(function) = function.strip_suffix(".Arn") else {
        return Err(arn.fault("there must be a !GetAtt of a function's Arn here"));
    };
    let identity = fields.within("Identity")?;
    identity.only(&["Headers", "ReauthorizeEvery"])?;
    let headers = identity.need("Headers")?;
    let [header] = headers.items()?.try_into().map_err(|_| {
        headers.fault("the local runner knows one header as the identity source alone")
    })?;
    // API Gateway's default, in seconds.
    let cache_seconds = identity.get("ReauthorizeEvery").map_or(Ok(300), Field::parsed)?;
    Ok(Some(AuthorizerSource {
        name: name.to_owned(),
        function: crate_of(function),
        header: header.parsed()?,
        cache_seconds,
        default: default.is_some(),
    }))
}

/// A header's value in the single quotes by which API Gateway knows a static one.
pub(crate) fn quoted_value(field: &Field<'_>) -> Result<HeaderValue> {
    let text = field.text()?;
    let value = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    value
        .and_then(|value| HeaderValue::from_str(value).ok())
        .ok_or_else(|| field.fault("a header's value must be static: text in single quotes"))
}

/// Media types, written with `~1` for each slash.
fn media_types(field: &Field<'_>) -> Result<Vec<String>> {
    let read = |item: &Field<'_>| {
        let media_type = item.text()?.replace("~1", "/").to_lowercase();
        if media_type.contains('*') && media_type != "*/*" {
            return Err(item.fault("a media type must be whole here, or */*"));
        }
        Ok(media_type)
    };
    field.items()?.iter().map(read).collect()
}
