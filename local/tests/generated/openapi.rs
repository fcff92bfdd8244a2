//! `openapi.json`: made of the table of functions, the types and the errors, and of what lies beside
//! each function in `openapi.rs`.

mod answer;
mod document;
mod limits;
mod media_type;
mod operation;
mod own;

use std::collections::BTreeSet;

use own_routes::{OwnRoutes, event_name};
use shared::error::{Error, RateLimited, SecurityEvent};
use shared::for_each_endpoint;
use shared::functions;
use shared::http::UserBody;
use shared::password::RefusalReason;
use shared::routes::{PathParameters, Route, Routes};
use shared::sign_in::Refusal;
use shared::{ClientCookie, Secret, UserId};

pub(crate) use answer::Response;
use document::Document;
pub(crate) use media_type::{MediaType, json};
pub(crate) use operation::{Operation, Tag};

/// The caller in the examples.
pub(crate) const ADA: UserBody<'static> = UserBody { username: "ada", email: "ada@example.com" };

/// A token in the examples: the header and the claims of one, and no signature of ours.
pub(crate) const TOKEN: &str =
    "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl";

/// A refresh token in the examples, of a session that never was.
pub(crate) const REFRESH_TOKEN: &str = "lkr_AX8i4nmwfMOYxNwMDAc5j25vdCBhIGZhbWlseSBrZXl0aGlzIHJvdGF0aW5n\
     IHBhcnQgb3BlbnMgbm90aGluZw";

/// The client's cookie in the examples, with a proof of a secret that never was.
pub(crate) fn client_cookie() -> String {
    let proof = "fnAl-GAl87QnRxRPS94upgUAAAAAZVPxAEC-2XHJZI3KStO4RoB_VPqzqDxSCpelzSlPRlizk915";
    let cookie = ClientCookie::set(&Secret::new(proof.into()));
    cookie.to_str().unwrap().to_owned()
}

/// A refused sign-in, whatever the reason.
pub(crate) fn refused() -> Refusal {
    Refusal::WrongCredentials { reason: RefusalReason::WrongPassword, user_id: None }
}

/// A sign-in of a user without a verified address.
pub(crate) const fn unverified() -> Refusal {
    Refusal::EmailNotVerified(UserId::new(1))
}

/// What `REQUIRE_VERIFIED_EMAIL` refuses.
pub(crate) const UNVERIFIED: &str = "The password is right, but the user's address isn't verified, which the operator requires \
     (`REQUIRE_VERIFIED_EMAIL`).";

/// A limit on attempts, and API Gateway's own on all requests.
pub(crate) fn limited(description: &'static str) -> Response {
    let event = SecurityEvent::of("", None);
    Response::new(description)
        .error(&Error::RateLimited(RateLimited { retry_after: 1_080, by: "", event }))
        .of_gateway(429, "too_many_requests", "Too Many Requests")
}

/// What a limit on guesses answers, after a right password as after a wrong one.
pub(crate) const GUESSES: &str = "Too many guesses of this name or from the client's network, or requests of all clients together. No \
     password was checked.";

/// The folder of a function.
macro_rules! folder {
    ($function:ident) => {
        stringify!($function)
    };
    ($function:ident $name:literal) => {
        $name
    };
}

/// Each function's `openapi.rs`, in a module of the function's name. Its `describe` gives the
/// [`Operation`] of a route, or an `Option` of it where a route is not described.
macro_rules! descriptions {
    ($(($function:ident $($name:literal)? $endpoint:ident $routes:ident))+) => {
        $(mod $function {
            include!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/../functions/", folder!($function $($name)?), "/openapi.rs"
            ));
        })+

        /// All that is described, in the order of the table.
        fn described() -> Vec<(&'static Route, Operation)> {
            let mut all = Vec::new();
            $(all.extend(described_of::<functions::$routes, _>($function::describe));)+
            all
        }
    };
}
for_each_endpoint!(descriptions);

fn described_of<R: Routes, O: Into<Option<Operation>>>(
    describe: fn(R) -> O,
) -> impl Iterator<Item = (&'static Route, Operation)> {
    R::TABLE.iter().filter_map(move |(route, parse)| {
        let values = route.parameters().zip(route.examples);
        let values = values.map(|(name, value)| (name.to_owned(), (*value).to_owned())).collect();
        let variant = parse(&mut PathParameters::new(route.path, &values)).unwrap();
        Some((route, describe(variant).into()?))
    })
}

/// The document of Latchkey's routes, and of a team's own after them.
fn made(own: &'static OwnRoutes) -> String {
    let described = described().into_iter().chain(own::described(own));
    serde_json::to_string_pretty(&Document::of(described)).unwrap() + "\n"
}

#[test]
fn openapi_json_is_that_of_the_routes_and_the_types() {
    crate::holds("functions/docs/openapi.json", &made(OwnRoutes::built_in().unwrap()));
}

#[test]
fn a_teams_own_routes_are_listed_with_their_access() {
    let document = made(crate::events::example());
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let of = |path: &str, method: &str| document["paths"][path][method].clone();
    assert_eq!(of("/reports", "get")["responses"]["401"], reference("Unauthorized"));
    assert!(of("/reports", "get")["responses"].get("403").is_none());
    assert_eq!(of("/reports", "post")["responses"]["403"], reference("Forbidden"));
    assert_eq!(of("/reports/{id}", "get")["parameters"][0]["name"], "id");
    assert_eq!(of("/reports", "get")["security"].as_array().unwrap().len(), 2);
    assert_eq!(document["tags"].as_array().unwrap().last().unwrap()["name"], "Own");
}

/// The names of these routes' events would collide, or repeat ours, were they shorter.
#[test]
fn no_name_is_there_twice() {
    let routes = ["/reports/id", "/reports/{id}", "/a-b", "/a/b", "/items", "/profile", "/keys"];
    let routes = routes.map(|path| format!(r#""GET {path}": "signed-in""#)).join(", ");
    let text = format!(r#"{{"functions": {{"reports": {{{routes}}}}}}}"#);
    let own: &'static OwnRoutes = Box::leak(Box::new(OwnRoutes::parse(&text).unwrap()));
    let document: serde_json::Value = serde_json::from_str(&made(own)).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|path| path.as_object().unwrap().values());
    let ids: Vec<_> = operations.map(|it| it["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    let events: Vec<_> = own.of_accounts().map(|it| (it.function, event_name(it))).collect();
    assert_eq!(events.iter().collect::<BTreeSet<_>>().len(), events.len(), "{events:?}");
}

fn reference(name: &str) -> serde_json::Value {
    serde_json::json!({ "$ref": format!("#/components/responses/{name}") })
}
