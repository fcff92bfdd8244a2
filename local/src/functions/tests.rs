//! Compares the template, the table of routes and the functions, and calls each route with every
//! access that the table refuses.

#[path = "../../tests/generated/events.rs"]
mod events;
mod own;
mod settings_page;
#[path = "../../tests/generated/starts.rs"]
mod starts;

use std::{collections::BTreeSet, net::Ipv4Addr};

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use own_routes::OwnRoutes;
use serde_json::{Value, json};
use shared::{
    Clock, Environment, NumericDate, UserId,
    db::Group,
    functions::{LOGINS, ROUTES},
    jwt,
    routes::{Access, Route},
};
use stage::Stage;
use starts::{Start, starts};

use super::*;
use crate::{
    arguments::{Subject, Verb},
    gateway::Gateway,
    operator::Operator,
    settings::AWS_REGION,
    template::Given,
};

/// The runner's address.
const ISSUER: &str = "http://127.0.0.1:8000";

/// Our template; a policy is asked for each time, and hashes are cheap.
fn ours() -> Template {
    read(include_str!("../../../template.yaml"))
}

fn read(template: &str) -> Template {
    let overrides = [("AuthorizerCacheSeconds", "0"), ("BcryptCost", "4"), ("TokenIssuer", ISSUER)];
    let overrides = overrides.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let given = Given { overrides: overrides.into(), ..Given::default() };
    Template::read(template, given).unwrap()
}

/// The settings of functions over that database.
fn over(url: String) -> Settings {
    let mut settings = Settings::default();
    settings.own("DATABASE_URL", url);
    settings.own("SIGNING_KEY", stage::SIGNING_KEY.to_owned());
    settings.own("ONE_TIME_KEY", stage::SIGNING_KEY.to_owned());
    settings
}

/// The whole service over a database of its own, each function by a login that is a member of its
/// group role alone; and who works on that database.
struct Service {
    gateway: Gateway,
    operator: Operator,
    own: OwnFunctions,
}

/// The routes of own-routes.json, whose functions run nowhere.
fn no_functions() -> OwnFunctions {
    let endpoint = LambdaEndpoint::parse("http://127.0.0.1:1").unwrap();
    OwnFunctions { routes: OwnRoutes::built_in().unwrap(), endpoint }
}

impl Service {
    async fn start() -> Self {
        Self::with(ours(), no_functions()).await
    }

    async fn with(template: Template, own: OwnFunctions) -> Self {
        let stage = Stage::new().await;
        let operator = Operator::start(&template, &over(stage.url.clone()), &own).await.unwrap();
        operator.migrate().await.unwrap();
        let mut of_groups = Vec::new();
        for group in Group::ALL {
            let settings = over(stage.url_of(group));
            let functions = Functions::start(&template, &settings, &own).await;
            of_groups.push((group, functions.unwrap()));
        }
        let app = "Test".to_owned();
        let gateway = Gateway::new(&template, app, Clock::System, |function| {
            // One without a login may ask as any.
            let group = Group::of(&function.name).unwrap_or(Group::Jwks);
            of_groups.iter().find(|(of, _)| *of == group).unwrap().1.get(function)
        });
        Self { gateway: gateway.unwrap(), operator, own }
    }

    async fn send(&self, request: http::request::Builder, body: &Value) -> (u16, Value) {
        let request = request.header("content-type", "application/json");
        let request = request.body(Some(Bytes::from(body.to_string()))).unwrap();
        let answer = self.gateway.answer(request, Ipv4Addr::LOCALHOST.into()).await;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// Somebody who has just signed up and in: their token.
    async fn sign_in(&self, username: &str) -> String {
        let email = format!("{username}@example.com");
        let person = json!({ "username": username, "email": email, "password": "correct horse" });
        assert_eq!(self.send(Request::post("/api/auth/signup"), &person).await.0, 200);
        self.sign_in_again(username).await
    }

    /// A new token of somebody who has signed up.
    async fn sign_in_again(&self, username: &str) -> String {
        let person = json!({ "username": username, "password": "correct horse" });
        let (status, answer) = self.send(Request::post("/api/auth/signin"), &person).await;
        assert_eq!(status, 200);
        answer["token"].as_str().unwrap().to_owned()
    }

    /// What a verb prints.
    async fn operate(&self, verb: Verb) -> String {
        let mut output = Vec::new();
        self.operator.run(verb, &mut output).await.unwrap();
        String::from_utf8(output).unwrap()
    }

    async fn call(&self, route: &Route, token: Option<&str>) -> u16 {
        let mut request = Request::builder().method(route.method).uri(route.example().as_ref());
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.send(request, &json!({})).await.0
    }
}

/// The token with another character in the middle of its signature.
fn forged(token: &str) -> String {
    let at = token.len() - 40;
    let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

fn ada() -> Subject {
    Subject { username: Some("ada".to_owned()), id: None }
}

#[tokio::test]
async fn no_route_admits_a_caller_that_the_table_refuses() {
    is_refused_what_the_table_refuses(&Service::start().await).await;
}

async fn is_refused_what_the_table_refuses(service: &Service) {
    let token = service.sign_in("ada").await;
    let role = "ROLE_USER".to_owned();
    service.operate(Verb::Revoke { subject: ada(), role }).await;
    let forged = forged(&token);
    let settings =
        jwt::Settings { issuer: ISSUER.parse().unwrap(), audience: "latchkey-api".into() };
    let past = Clock::fixed(NumericDate::from_seconds(1_700_000_000));
    let expired = stage::token(settings, stage::SIGNING_KEY, past, UserId::new(1)).await;
    for route in service.own.routes.of_accounts() {
        let without = service.call(route, None).await;
        let with_forged = service.call(route, Some(&forged)).await;
        // One of these routes signs out.
        let token = service.sign_in_again("ada").await;
        let with_no_role = service.call(route, Some(&token)).await;
        let with_expired = service.call(route, Some(&expired)).await;
        let statuses = [without, with_forged, with_expired, with_no_role];
        match route.access {
            Access::Public if route.path == "/api/auth/signout" => {
                assert_eq!(statuses, [401, 401, 204, 204]);
            }
            // It is off.
            Access::Public if route.function == "introspect" => {
                assert_eq!(statuses, [404; 4]);
            }
            // With an empty JSON object as the body, some of these refuse that.
            Access::Public => assert!(
                statuses.iter().all(|it| [200, 400, 422].contains(it)),
                "{route:?}: {statuses:?}"
            ),
            Access::SignedIn => {
                assert_eq!(statuses[..3], [401, 401, 401], "{route:?}");
                assert!(is_answered(route, with_no_role), "{route:?}: {with_no_role}");
            }
            Access::AnyOf(_) => assert_eq!(statuses, [401, 401, 401, 403], "{route:?}"),
        }
    }
}

/// Whether the status is a function's own answer, which may refuse the empty object. A team's
/// function runs nowhere here, or where a test runs it.
fn is_answered(route: &Route, status: u16) -> bool {
    let is_ours = ROUTES.contains(route);
    [200, 422].contains(&status) || !is_ours && status == 503
}

#[tokio::test]
async fn each_role_opens_the_routes_that_ask_for_it() {
    let service = Service::start().await;
    let token = service.sign_in("ada").await;
    for role in ["ROLE_MODERATOR", "ROLE_ADMIN"] {
        service.operate(Verb::Grant { subject: ada(), role: role.to_owned() }).await;
    }
    for route in ROUTES.iter().filter(|route| route.access != Access::Public) {
        let status = service.call(route, Some(&token)).await;
        assert!(is_answered(route, status), "{route}: {status}");
    }
    let listed = service.operate(Verb::List { unreadable: false, json: false }).await;
    let ada = "\n 1  ada       ROLE_USER, ROLE_MODERATOR, ROLE_ADMIN\n";
    assert!(listed.contains(ada), "{listed}");
}

#[tokio::test]
async fn a_list_of_more_than_a_page_is_whole() {
    let stage = Stage::new().await;
    let add = "INSERT INTO users (username, email) SELECT n, n FROM generate_series(1, 2001) AS n";
    stage.execute(add).await;
    let operator = Operator::start(&ours(), &over(stage.url), &no_functions()).await.unwrap();
    let mut output = Vec::new();
    operator.run(Verb::List { unreadable: false, json: true }, &mut output).await.unwrap();
    let users: Vec<Value> = serde_json::from_slice(&output).unwrap();
    let ids: Vec<_> = users.iter().filter_map(|user| user["id"].as_i64()).collect();
    assert_eq!(ids, (1..=2001).collect::<Vec<_>>());
}

#[test]
fn the_template_has_the_routes_of_the_table_and_no_others() {
    let template = ours();
    let routes = template.functions.iter().flat_map(|function| {
        function.routes.iter().map(|route| {
            let protected = template.needs_authorizer(route);
            (route.method.to_string(), route.path.clone(), function.name.clone(), protected)
        })
    });
    let own = no_functions();
    let table = own.routes.of_accounts().map(|route| {
        let protected = route.access != Access::Public;
        (route.method.to_owned(), route.path.to_owned(), route.function.to_owned(), protected)
    });
    assert_eq!(routes.collect::<BTreeSet<_>>(), table.collect());
}

#[tokio::test]
async fn the_template_gives_each_function_the_settings_that_it_asks_for_and_no_others() {
    let template = ours();
    for Start { function, asked, .. } in starts(Environment::default).await {
        let declared = &template.function(function).unwrap().environment;
        let mut given: BTreeSet<_> = declared.keys().cloned().collect();
        // Lambda's own.
        if given.contains("DATABASE_AUTH") {
            given.insert(AWS_REGION.to_owned());
        }
        assert_eq!(asked, given, "{function}");
    }
}

#[tokio::test]
async fn each_function_that_asks_for_a_database_is_among_those_whose_statements_are_listed() {
    let starts = starts(Environment::default).await;
    let ask = starts.iter().filter(|start| start.asked.contains("DATABASE_URL"));
    let listed = LOGINS.iter().map(|login| login.function);
    assert_eq!(ask.map(|start| start.function).collect::<BTreeSet<_>>(), listed.collect());
}
