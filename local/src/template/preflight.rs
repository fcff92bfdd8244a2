//! What the template says of the answers to preflights.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Deserializer, de::IgnoredAny};

use super::text::{Quoted, parsed};

/// The answer of a MOCK integration to `OPTIONS`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Response")]
pub(crate) struct Preflight {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Each is answered with itself in place of the static `Access-Control-Allow-Origin`.
    pub(crate) origins: Vec<HeaderValue>,
}

/// The mapping template of a preflight that answers all origins alike.
const OF_ANY_ORIGIN: &str = "{}\n";

/// The mapping template of all other preflights, before and after its comparisons.
const BEFORE: &str = concat!(
    "#set($origin = $input.params(\"Origin\"))\n",
    "#if($origin == \"\")#set($origin = $input.params(\"origin\"))#end\n",
    "#if($origin == \""
);
const BETWEEN: &str = "\" || $origin == \"";
const AFTER: &str = concat!(
    "\")\n",
    "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)\n",
    "#end\n",
    "{}\n"
);

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DefinitionBody {
    #[serde(rename = "info")]
    _info: Option<IgnoredAny>,
    #[serde(rename = "openapi")]
    _openapi: Option<IgnoredAny>,
    paths: BTreeMap<String, Methods>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Methods {
    options: Operation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Operation {
    #[serde(rename = "responses")]
    _responses: Option<IgnoredAny>,
    #[serde(rename = "x-amazon-apigateway-integration")]
    integration: Integration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Integration {
    #[serde(rename = "requestTemplates")]
    _request_templates: Option<IgnoredAny>,
    responses: Responses,
    #[serde(rename = "type")]
    _type: Type,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    Mock,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Responses {
    default: Preflight,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Response {
    #[serde(rename = "responseParameters", default)]
    parameters: BTreeMap<String, Quoted>,
    #[serde(rename = "responseTemplates", default)]
    templates: Templates,
    #[serde(rename = "statusCode", deserialize_with = "parsed")]
    status: StatusCode,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Templates {
    #[serde(rename = "application/json")]
    json: Option<String>,
}

/// The `options` of each path of a `DefinitionBody`.
pub(crate) fn by_path<'de, D: Deserializer<'de>>(
    body: D,
) -> Result<BTreeMap<String, Preflight>, D::Error> {
    let paths = DefinitionBody::deserialize(body)?.paths.into_iter();
    Ok(paths.map(|(path, it)| (path, it.options.integration.responses.default)).collect())
}

impl TryFrom<Response> for Preflight {
    type Error = &'static str;

    fn try_from(response: Response) -> Result<Self, Self::Error> {
        let named = |(name, Quoted(value)): (String, _)| {
            let name = name.strip_prefix("method.response.header.");
            let name = name.and_then(|name| name.parse::<HeaderName>().ok());
            name.map(|name| (name, value)).ok_or("this can't be a header of the answer")
        };
        let headers = response.parameters.into_iter().map(named);
        let origins = response.templates.json.as_deref();
        Ok(Self {
            status: response.status,
            headers: headers.collect::<Result<_, _>>()?,
            origins: origins.map_or(Ok(Vec::new()), origins_of)?,
        })
    }
}

/// The origins that the mapping template compares with.
fn origins_of(template: &str) -> Result<Vec<HeaderValue>, &'static str> {
    if template == OF_ANY_ORIGIN {
        return Ok(Vec::new());
    }
    let list = template.strip_prefix(BEFORE).and_then(|rest| rest.strip_suffix(AFTER));
    let list = list.ok_or("the local runner knows the mapping templates of preflights alone")?;
    let read = |origin| HeaderValue::from_str(origin).map_err(|_| "this can't be an origin");
    list.split(BETWEEN).map(read).collect()
}

impl Preflight {
    /// What either mapping template makes of the body.
    pub(crate) const BODY: Bytes = Bytes::from_static(OF_ANY_ORIGIN.as_bytes());

    /// The headers for a page of `origin`.
    pub(crate) fn headers_for(&self, origin: Option<&HeaderValue>) -> HeaderMap {
        let mut headers = self.headers.clone();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(origin) = origin.filter(|origin| self.origins.contains(origin)) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use shared::routes::is_well_known;

    use super::*;
    use crate::template::{Given, Template, tests::OURS};

    fn preflights(origins: &str) -> BTreeMap<String, Preflight> {
        let overrides = [("AllowedOrigins".to_owned(), origins.to_owned())];
        let given = Given { overrides: overrides.into(), ..Given::default() };
        Template::read(OURS, given).unwrap().api.preflights
    }

    fn allowed(preflight: &Preflight, origin: Option<&'static str>) -> String {
        let origin = origin.map(HeaderValue::from_static);
        let headers = preflight.headers_for(origin.as_ref());
        headers["access-control-allow-origin"].to_str().unwrap().to_owned()
    }

    #[test]
    fn each_allowed_origin_is_answered_with_itself_and_any_other_with_the_first() {
        let all = preflights("https://a.example,capacitor://localhost,http://[::1]:3000");
        let preflight = &all["/api/auth/signin"];
        for origin in ["https://a.example", "capacitor://localhost", "http://[::1]:3000"] {
            assert_eq!(allowed(preflight, Some(origin)), origin);
        }
        for origin in [None, Some("null"), Some("https://a.example,capacitor://localhost")] {
            assert_eq!(allowed(preflight, origin), "https://a.example");
        }
    }

    #[test]
    fn each_path_of_the_template_has_one() {
        let all = preflights("https://a.example");
        let template = Template::read(OURS, Given::default()).unwrap();
        let routes = template.functions.iter().flat_map(|function| &function.routes);
        let paths: std::collections::BTreeSet<_> = routes.map(|route| &route.path).collect();
        assert_eq!(all.keys().collect::<std::collections::BTreeSet<_>>(), paths);
        for (path, preflight) in &all {
            let of_all = if is_well_known(path) { "/.well-known/jwks.json" } else { "/" };
            assert_eq!(*preflight, all[of_all], "{path}");
        }
    }

    #[test]
    fn any_origin_may_ask_for_what_is_well_known() {
        let preflight = &preflights("https://a.example")["/.well-known/openid-configuration"];
        for origin in [None, Some("https://a.example"), Some("null")] {
            assert_eq!(allowed(preflight, origin), "*");
        }
        let (name, vary) = ("access-control-allow-credentials", "vary");
        assert!(!preflight.headers.contains_key(name) && !preflight.headers.contains_key(vary));
    }
}
