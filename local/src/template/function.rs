//! A function of the template: how long it may take, its settings, its routes.

use std::{collections::BTreeMap, num::NonZero, time::Duration};

use http::Method;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny},
};

use shared::functions::name_of;

use super::text::optional;

/// Lambda's own limit where a template says nothing, in seconds.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html>
const DEFAULT_TIMEOUT: u64 = 3;

/// A function.
#[derive(Debug)]
pub(crate) struct Function {
    /// Its name in the template: `SignupFunction`.
    pub(crate) logical_id: String,
    /// The name of its folder: `signup`.
    pub(crate) name: String,
    pub(crate) timeout: Duration,
    /// How many containers it may have at once, where the template reserves a number.
    pub(crate) concurrency: Option<NonZero<usize>>,
    /// The variables that it is started with. The ARN of one of the template's secrets is empty.
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) routes: Vec<Route>,
    /// Whether it has an address of its own, beside the API.
    pub(crate) has_url: bool,
}

/// What is read of a function, and of the Globals for all of them.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Properties {
    environment: Environment,
    events: BTreeMap<String, Event>,
    function_url_config: Option<IgnoredAny>,
    #[serde(deserialize_with = "optional")]
    reserved_concurrent_executions: Option<NonZero<usize>>,
    #[serde(deserialize_with = "optional")]
    timeout: Option<u64>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
struct Environment {
    variables: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "Type", content = "Properties", deny_unknown_fields)]
enum Event {
    Api(Route),
}

/// A method of a path.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Route {
    /// The API's name in the template.
    #[serde(rename = "RestApiId")]
    pub(crate) api: String,
    #[serde(deserialize_with = "method")]
    pub(crate) method: Method,
    #[serde(deserialize_with = "path")]
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) auth: RouteAuth,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct RouteAuth {
    /// The authorizer that the route itself names; with `NONE` it is public.
    pub(crate) authorizer: Option<String>,
}

impl Function {
    pub(crate) const PROPERTIES: [&str; 5] =
        ["Environment", "Events", "FunctionUrlConfig", "ReservedConcurrentExecutions", "Timeout"];

    pub(crate) fn new(logical_id: &str, own: Properties, globals: Properties) -> Self {
        let mut environment = globals.environment.variables;
        environment.extend(own.environment.variables);
        let timeout = own.timeout.or(globals.timeout).unwrap_or(DEFAULT_TIMEOUT);
        Self {
            logical_id: logical_id.to_owned(),
            name: name_of(logical_id),
            timeout: Duration::from_secs(timeout),
            concurrency: own.reserved_concurrent_executions,
            environment,
            has_url: own.function_url_config.or(globals.function_url_config).is_some(),
            routes: own.events.into_values().map(|Event::Api(route)| route).collect(),
        }
    }
}

fn path<'de, D: Deserializer<'de>>(text: D) -> Result<String, D::Error> {
    let path = String::deserialize(text)?;
    if !path.starts_with('/') || path.contains('+') {
        return Err(D::Error::custom("a path must begin with / and have no {parameter+}"));
    }
    Ok(path)
}

fn method<'de, D: Deserializer<'de>>(text: D) -> Result<Method, D::Error> {
    match String::deserialize(text)?.to_uppercase().as_str() {
        "DELETE" => Ok(Method::DELETE),
        "GET" => Ok(Method::GET),
        "HEAD" => Ok(Method::HEAD),
        "PATCH" => Ok(Method::PATCH),
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        _ => Err(D::Error::custom("this method is not supported by the local runner")),
    }
}
