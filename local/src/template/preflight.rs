//! What the template says of the answers to preflights.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::{
    api::quoted_value,
    error::Result,
    field::{Field, Fields},
};

/// The answer of a MOCK integration to `OPTIONS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Preflight {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Each is answered with itself in place of the static `Access-Control-Allow-Origin`.
    pub(crate) origins: Vec<HeaderValue>,
}

/// The one mapping template that the local runner plays, before and after its comparisons.
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

/// The `options` of each path of a `DefinitionBody`.
pub(crate) fn read(body: &Fields<'_>) -> Result<BTreeMap<String, Preflight>> {
    body.only(&["info", "openapi", "paths"])?;
    let read = |(path, field): (&str, &Field<'_>)| {
        let methods = field.fields()?;
        methods.only(&["options"])?;
        Ok((path.to_owned(), Preflight::read(methods.need("options")?)?))
    };
    body.within("paths")?.iter().map(read).collect()
}

impl Preflight {
    /// What the mapping template makes of the body.
    pub(crate) const BODY: Bytes = Bytes::from_static(b"{}\n");

    fn read(operation: &Field<'_>) -> Result<Self> {
        let operation = operation.fields()?;
        operation.only(&["responses", "x-amazon-apigateway-integration"])?;
        let integration = operation.within("x-amazon-apigateway-integration")?;
        integration.only(&["requestTemplates", "responses", "type"])?;
        let kind = integration.need("type")?;
        if kind.text()? != "mock" {
            return Err(kind.fault("the local runner knows integrations of type mock alone here"));
        }
        let responses = integration.within("responses")?;
        responses.only(&["default"])?;
        let response = responses.within("default")?;
        response.only(&["responseParameters", "responseTemplates", "statusCode"])?;
        let parameters = response.within("responseParameters")?;
        let templates = response.within("responseTemplates")?;
        templates.only(&["application/json"])?;
        Ok(Self {
            status: response.need("statusCode")?.parsed()?,
            headers: parameters.iter().map(static_header).collect::<Result<_>>()?,
            origins: templates.get("application/json").map_or(Ok(Vec::new()), origins)?,
        })
    }

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

fn static_header((name, field): (&str, &Field<'_>)) -> Result<(HeaderName, HeaderValue)> {
    let name = name.strip_prefix("method.response.header.").and_then(|name| name.parse().ok());
    let name = name.ok_or_else(|| field.fault("this can't be a header of the answer"))?;
    Ok((name, quoted_value(field)?))
}

/// The origins that the mapping template compares with.
fn origins(field: &Field<'_>) -> Result<Vec<HeaderValue>> {
    let text = field.text()?;
    let list = text.strip_prefix(BEFORE).and_then(|rest| rest.strip_suffix(AFTER));
    let list = list.ok_or_else(|| {
        field.fault("the local runner knows the mapping template of preflights alone")
    })?;
    let read =
        |origin| HeaderValue::from_str(origin).map_err(|_| field.fault("this can't be an origin"));
    list.split(BETWEEN).map(read).collect()
}

#[cfg(test)]
mod tests {
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
    fn each_path_of_the_template_has_the_same() {
        let all = preflights("https://a.example");
        let template = Template::read(OURS, Given::default()).unwrap();
        let routes = template.functions.iter().flat_map(|function| &function.routes);
        let paths: std::collections::BTreeSet<_> = routes.map(|route| &route.path).collect();
        assert_eq!(all.keys().collect::<std::collections::BTreeSet<_>>(), paths);
        assert!(all.values().all(|preflight| *preflight == all["/"]));
    }
}
