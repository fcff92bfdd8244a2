//! The event of a REQUEST authorizer.

use serde::Deserialize;
use shared::http::{bearer_token, null_as_default};

use crate::authorization::Authorization;

/// The fields that the authorizer reads.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html>
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    method_arn: String,
    #[serde(default, deserialize_with = "null_as_default")]
    resource: String,
    #[serde(default, deserialize_with = "null_as_default")]
    http_method: String,
    #[serde(default, deserialize_with = "null_as_default")]
    headers: Authorization<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    multi_value_headers: Authorization<Vec<String>>,
    #[serde(default, deserialize_with = "null_as_default")]
    stage_variables: StageVariables,
    #[serde(default, deserialize_with = "null_as_default")]
    request_context: RequestContext,
}

#[derive(Default, Deserialize)]
struct StageVariables {
    #[serde(rename = "LatchkeyRoutes", default)]
    routes: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    #[serde(default, deserialize_with = "null_as_default")]
    request_id: String,
}

impl Event {
    /// The method that was called: `arn:…:execute-api:…:<api>/<stage>/<method>/<path>`.
    pub(crate) fn method_arn(&self) -> &str {
        &self.method_arn
    }

    /// The name that the API's stage has for its routes.
    pub(crate) fn routes(&self) -> &str {
        &self.stage_variables.routes
    }

    /// The route as the template has it.
    pub(crate) fn resource(&self) -> &str {
        &self.resource
    }

    /// The method of the route.
    pub(crate) fn http_method(&self) -> &str {
        &self.http_method
    }

    /// API Gateway's id of the request.
    pub(crate) fn request_id(&self) -> &str {
        &self.request_context.request_id
    }

    /// The bearer token; `None` if two `Authorization` headers differ.
    pub(crate) fn bearer_token(&self) -> Option<&str> {
        bearer_token(self.authorization())
    }

    fn authorization(&self) -> impl Iterator<Item = &str> {
        let multi = self.multi_value_headers.0.iter().flatten();
        multi.chain(&self.headers.0).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn token(headers: &serde_json::Value, multi: &serde_json::Value) -> Option<String> {
        let event = json!({ "methodArn": "a", "headers": headers, "multiValueHeaders": multi });
        let event: Event = serde_json::from_value(event).unwrap();
        event.bearer_token().map(str::to_owned)
    }

    #[test]
    fn the_scheme_has_any_case_and_spaces_follow() {
        for value in ["Bearer x", "bearer x", "BEARER x", "Bearer  x", "bearer     x"] {
            let headers = json!({ "authorization": value });
            assert_eq!(token(&headers, &json!(null)).as_deref(), Some("x"));
        }
        for value in ["Bearer", "Basic x", "x", "", "Bearerx", "Bearer\tx"] {
            assert_eq!(token(&json!({ "Authorization": value }), &json!(null)), None, "{value}");
        }
    }

    #[test]
    fn two_different_headers_are_none() {
        let multi = |values: &[&str]| token(&json!(null), &json!({ "Authorization": values }));
        assert_eq!(multi(&["Bearer x", "Bearer x"]).as_deref(), Some("x"));
        assert_eq!(multi(&["Bearer x", "Bearer y"]), None);
        assert_eq!(multi(&[]), None);
        let two = json!({ "Authorization": ["Bearer x"], "authorization": ["Bearer y"] });
        assert_eq!(token(&json!(null), &two), None);
        let single = json!({ "Authorization": "Bearer y" });
        assert_eq!(token(&single, &json!({ "Authorization": ["Bearer x"] })), None);
    }

    proptest! {
        #[test]
        fn no_header_panics_and_what_is_no_bearer_is_none(value in "\\PC{0,40}") {
            let found = token(&json!({ "Authorization": value }), &json!(null));
            let is_bearer = value.get(..7).is_some_and(|it| it.eq_ignore_ascii_case("Bearer "));
            prop_assert_eq!(found.is_some(), is_bearer);
        }

        #[test]
        fn any_token_is_taken_as_it_is(text in "[!-~]{1,60}") {
            let headers = json!({ "Authorization": format!("Bearer {text}") });
            prop_assert_eq!(token(&headers, &json!(null)), Some(text));
        }
    }
}
