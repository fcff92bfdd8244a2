//! A request to an endpoint.

use std::collections::BTreeMap;

use lambda_http::http::{HeaderMap, HeaderName};

use super::event::ProxyEvent;
use crate::caller::Caller;
use crate::clock::Clock;
use crate::error::Error;
use crate::routes::{Access, PathParameters, Route, Routes};
use crate::rule::Rule;
use crate::violation::{Location, Violation};

/// The most bytes of a request's body.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The template lacks the route's authorizer, or the authorizer's context is invalid.
const NO_CONTEXT: &str = "no authorizer's context on a route that needs one";

/// One request to a route.
pub struct Request {
    /// The route that API Gateway matched.
    pub route: &'static Route,
    /// The requested path, possibly with the stage's name.
    pub path: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body's bytes.
    pub body: Vec<u8>,
    query: BTreeMap<String, Vec<String>>,
    caller: Option<Caller>,
}

impl Request {
    /// Parses the event, and takes its headers and body. Fails with [`Error::NotFound`] if the route
    /// isn't of `R` or a parameter of the path is invalid, with [`Error::Forbidden`] if the caller's
    /// roles don't open the route, whatever the policy allowed. After a failure, the event still has
    /// its headers.
    pub fn of<R: Routes>(event: &mut ProxyEvent) -> Result<(R, Self), Error> {
        let is_called =
            |route: &Route| route.method == event.http_method && route.path == event.resource;
        let found = R::TABLE.iter().find(|(route, _)| is_called(route));
        let (route, parse) = found.ok_or(Error::NotFound)?;
        let caller = Caller::from_context(event.authorizer());
        match &caller {
            _ if route.access == Access::Public => {}
            Some(caller) if route.access.allows(&caller.roles) => {}
            Some(_) => return Err(Error::Forbidden),
            None => return Err(Error::Internal(NO_CONTEXT.into())),
        }
        let mut parameters = PathParameters::new(route.path, event.path_parameters());
        let variant = parse(&mut parameters).ok_or(Error::NotFound)?;
        let body =
            event.take_body().ok_or_else(|| Error::Internal("a body that is no base64".into()))?;
        if body.len() > MAX_BODY_BYTES {
            return Err(Error::PayloadTooLarge);
        }
        let (path, headers, query) = (event.take_path(), event.take_headers(), event.take_query());
        Ok((variant, Self { route, path, headers, body, query, caller }))
    }

    /// The first value of a header, if it is ASCII.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A parameter of the query, if there is one. Fails with [`Error::Unprocessable`] if it is
    /// repeated or breaks a rule.
    pub fn query<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Rule>,
    ) -> Result<Option<T>, Error> {
        let parsed = match self.query.get(name).map(Vec::as_slice) {
            None | Some([]) => return Ok(None),
            Some([value]) => parse(value),
            Some(_) => Err(Rule::Repeated),
        };
        let refused = |rule| vec![Violation::new(Location::Query(name), rule)];
        parsed.map(Some).map_err(|rule| Error::Unprocessable(refused(rule)))
    }

    /// The caller. Fails with [`Error::InvalidToken`] from the token's `exp` on, which a cached policy
    /// may outlive.
    pub fn caller(&self, clock: &Clock) -> Result<&Caller, Error> {
        let caller = self.caller.as_ref().ok_or_else(|| Error::Internal(NO_CONTEXT.into()))?;
        if clock.now() >= caller.expires_at { Err(Error::InvalidToken) } else { Ok(caller) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::clock::NumericDate;
    use crate::routes::{Parse, Throttle, method};
    use crate::user_id::UserId;

    /// A route with a parameter.
    #[derive(Debug, PartialEq)]
    struct Note(UserId);

    impl Routes for Note {
        const FUNCTION: &'static str = "notes";

        const TABLE: &'static [(Route, Parse<Self>)] = &[(
            Route {
                method: method::DELETE,
                path: "/notes/{id}",
                function: "notes",
                access: Access::SignedIn,
                throttle: Throttle::Default,
                examples: &["7"],
            },
            |parameters| Some(Self(parameters.parse()?)),
        )];

        fn path(&self) -> &'static str {
            "/notes/{id}"
        }
    }

    /// The request of an event with these additional fields.
    fn of(fields: &Value) -> Result<(Note, Request), Error> {
        let context = json!({
            "sub": "7", "username": "ada", "email": "a@b", "roles": "ROLE_USER", "exp": "1000",
        });
        let mut event = json!({
            "resource": "/notes/{id}", "httpMethod": "DELETE", "pathParameters": { "id": "7" },
            "requestContext": { "authorizer": context },
        });
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        Request::of(&mut serde_json::from_value(event).unwrap())
    }

    #[test]
    fn a_route_comes_with_the_parameters_of_its_path() {
        assert_eq!(of(&json!({})).unwrap().0, Note(UserId::new(7)));
        for parameters in [
            json!({ "id": "ada" }),
            json!({ "id": "%37" }),
            json!({ "id": "" }),
            json!({ "other": "7" }),
            json!(null),
        ] {
            let refused = of(&json!({ "pathParameters": parameters }));
            assert!(matches!(refused, Err(Error::NotFound)), "{parameters}");
        }
        // A caller without the role isn't shown whether a parameter is valid.
        let refused = of(&json!({ "pathParameters": null, "requestContext": {} }));
        assert!(matches!(refused, Err(Error::Internal(_))));
    }

    #[test]
    fn another_method_or_path_is_none_of_its_routes() {
        for fields in [
            json!({ "httpMethod": "GET" }),
            json!({ "resource": "/notes/7" }),
            json!({ "resource": "/notes/{id}/" }),
        ] {
            let mut event = json!({ "resource": "/notes/{id}", "httpMethod": "DELETE" });
            event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            event["multiValueHeaders"] = json!({ "Accept": ["a"] });
            let mut event = serde_json::from_value(event).unwrap();
            assert!(matches!(Request::of::<Note>(&mut event), Err(Error::NotFound)), "{fields}");
            // The event keeps its headers: they decide the form of the error.
            assert_eq!(event.take_headers()["accept"], "a");
        }
    }

    #[test]
    fn a_parameter_of_the_query_is_there_once_and_keeps_its_rule() {
        let query = |parameters: &Value| {
            let (_, request) = of(&json!({ "multiValueQueryStringParameters": parameters }))?;
            request.query("after", |text| UserId::parse(text).ok_or(Rule::NotAnInteger))
        };
        assert_eq!(query(&json!({ "after": ["7"] })).unwrap(), Some(UserId::new(7)));
        for none in [json!(null), json!({}), json!({ "After": ["7"] }), json!({ "after": [] })] {
            assert_eq!(query(&none).unwrap(), None, "{none}");
        }
        for (values, kind) in [
            (json!(["7", "7"]), "value_error"),
            (json!(["<marker>"]), "int_parsing"),
            (json!([""]), "int_parsing"),
        ] {
            let Err(Error::Unprocessable(violations)) = query(&json!({ "after": values })) else {
                panic!("{values} is taken");
            };
            let body = serde_json::to_value(&violations).unwrap();
            assert_eq!(body[0]["loc"], json!(["query", "after"]));
            assert_eq!(body[0]["type"], kind);
            assert!(!body.to_string().contains("marker"), "{body}");
        }
    }

    #[test]
    fn a_cached_policy_does_not_outlive_its_token() {
        let at = |seconds| Clock::fixed(NumericDate::from_seconds(seconds));
        let (_, request) = of(&json!({})).unwrap();
        assert!(request.caller(&at(999)).is_ok());
        assert!(matches!(request.caller(&at(1000)), Err(Error::InvalidToken)));
    }

    #[test]
    fn a_body_of_64_kib_is_read_and_a_larger_one_is_413() {
        let of = |bytes: usize| of(&json!({ "body": "x".repeat(bytes) }));
        assert!(of(MAX_BODY_BYTES).is_ok());
        assert!(matches!(of(MAX_BODY_BYTES + 1), Err(Error::PayloadTooLarge)));
    }
}
