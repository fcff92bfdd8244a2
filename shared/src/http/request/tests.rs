mod event;

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
            metadata: None,
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
        "sid": "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "token_digest": "",
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
fn a_policy_of_the_last_release_is_a_callers() {
    let context = json!({
        "sub": "7", "username": "ada", "email": "a@b", "roles": "ROLE_USER", "exp": "1000",
    });
    let of = |context: &Value| of(&json!({ "requestContext": { "authorizer": context } }));
    let (_, request) = of(&context).unwrap();
    let caller = request.caller(&Clock::fixed(NumericDate::from_seconds(999))).unwrap();
    assert_eq!((caller.id, caller.token_key), (UserId::new(7), None));
    for member in ["sid", "token_digest"] {
        let mut context = context.clone();
        context[member] = json!("");
        assert!(matches!(of(&context), Err(Error::Internal(_))), "{member} alone");
    }
}

#[test]
fn a_body_of_64_kib_is_read_and_a_larger_one_is_413() {
    let of = |bytes: usize| of(&json!({ "body": "x".repeat(bytes) }));
    assert!(of(MAX_BODY_BYTES).is_ok());
    assert!(matches!(of(MAX_BODY_BYTES + 1), Err(Error::PayloadTooLarge)));
}
