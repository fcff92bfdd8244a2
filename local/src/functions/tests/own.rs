//! A team's own functions: the example, at a small server of the Invoke API.

use std::sync::{Arc, Mutex};

use super::*;
use crate::arguments::RoleVerb;
use crate::lambda_endpoint::tests::serving;

const TEMPLATE: &str = include_str!("../../../../template.yaml");

type Answer = Result<Vec<u8>, ()>;

/// The service with the example, whose function answers so, and the events that it has had.
async fn with_reports(
    answer: impl Fn() -> Answer + Send + Sync + 'static,
) -> (Service, Arc<Mutex<Vec<Value>>>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    let endpoint = serving("ReportsFunction", move |event| {
        seen.lock().unwrap().push(serde_json::from_slice(event).unwrap());
        answer()
    });
    let own = OwnFunctions { routes: events::example(), endpoint: endpoint.await };
    (Service::with(read(&events::with_example(TEMPLATE)), own).await, events)
}

/// The proxy response with this status.
fn response(status: u16) -> Vec<u8> {
    json!({ "statusCode": status, "body": "{\"author\":1}" }).to_string().into_bytes()
}

fn route<'a>(service: &'a Service, name: &str) -> &'a Route {
    let mut routes = service.own.routes.of_functions().iter();
    routes.find(|route| route.to_string() == name).unwrap()
}

#[tokio::test]
async fn no_own_route_admits_a_caller_that_the_document_refuses() {
    let (service, events) = with_reports(|| Ok(response(200))).await;
    is_refused_what_the_table_refuses(&service).await;
    // Only the route for every user was called.
    let events = events.lock().unwrap();
    assert!(!events.is_empty());
    assert!(events.iter().all(|event| event["resource"] == "/reports"), "{events:?}");
}

#[tokio::test]
async fn the_function_gets_the_caller_that_the_authorizer_found() {
    let (service, events) = with_reports(|| Ok(response(201))).await;
    let token = service.sign_in("ada").await;
    let add = route(&service, "POST /reports");
    assert_eq!(service.call(add, Some(&token)).await, 403);
    let role = || "ROLE_EDITOR".to_owned();
    service.operate(Verb::Role { verb: RoleVerb::Add { role: role() } }).await;
    service.operate(Verb::Grant { subject: ada(), role: role() }).await;
    let request = Request::post("/reports").header("authorization", format!("Bearer {token}"));
    assert_eq!(service.send(request, &json!({})).await, (201, json!({ "author": 1 })));
    let one = route(&service, "GET /reports/{id}");
    assert_eq!(service.call(one, Some(&token)).await, 201);
    let events = events.lock().unwrap();
    let [added, read] = events.as_slice() else { panic!("{events:?}") };
    let caller = &added["requestContext"]["authorizer"];
    for (member, value) in [
        ("sub", "1"),
        ("principalId", "1"),
        ("username", "ada"),
        ("email", "ada@example.com"),
        ("roles", "ROLE_USER ROLE_EDITOR"),
    ] {
        assert_eq!(caller[member], value, "{member}");
    }
    assert!(caller["exp"].as_str().unwrap().parse::<i64>().unwrap() > 0);
    assert_eq!(read["pathParameters"], json!({ "id": "example" }));
}

#[tokio::test]
async fn an_answer_that_is_none_is_503() {
    let text = || Ok(b"text".to_vec());
    let failed = || Err(());
    let malformed = || Ok(b"{\"statusCode\":\"ok\"}".to_vec());
    let answers: [fn() -> Answer; 3] = [text, failed, malformed];
    for answer in answers {
        let (service, _) = with_reports(answer).await;
        let token = service.sign_in("ada").await;
        assert_eq!(service.call(route(&service, "GET /reports"), Some(&token)).await, 503);
    }
}

#[tokio::test]
async fn a_function_that_is_not_there_is_named() {
    let template = read(&events::with_example(TEMPLATE));
    let own = OwnFunctions { routes: events::example(), ..no_functions() };
    let nobody = "The routes of reports are answered 503: nothing answers at http://127.0.0.1:1.";
    assert_eq!(own.missing(&template).await, [nobody]);
    let endpoint = serving("OtherFunction", |_| Err(())).await;
    let missing = format!(
        "The routes of reports are answered 503: {endpoint} has no function ReportsFunction."
    );
    assert_eq!(OwnFunctions { endpoint, ..own }.missing(&template).await, [missing]);
    let endpoint = serving("ReportsFunction", |_| Err(())).await;
    assert!(OwnFunctions { endpoint, ..own }.missing(&template).await.is_empty());
}

#[test]
fn a_template_that_differs_from_the_document_is_refused() {
    let own = OwnFunctions { routes: events::example(), ..no_functions() };
    let good = events::with_example(TEMPLATE);
    assert_eq!(own.declared(&read(&good)).unwrap().len(), 1);
    let without = good.replace("ReportsFunction", "OtherFunction");
    let fault = own.declared(&read(&without)).unwrap_err().to_string();
    assert!(
        fault.starts_with("own-routes.json has routes of the function reports, and"),
        "{fault}"
    );
    let end = "Path: /reports}}";
    for changed in [
        good.replacen(end, "Path: /other}}", 1),
        good.replacen(end, "Path: /reports, Auth: {Authorizer: NONE}}}", 1),
        good.replacen("Method: post, Path: /reports", "Method: put, Path: /reports", 1),
    ] {
        assert_ne!(changed, good);
        let fault = own.declared(&read(&changed)).unwrap_err().to_string();
        assert!(
            fault.starts_with("the events of ReportsFunction in the template aren't"),
            "{fault}"
        );
    }
    let with_url = good.replacen(
        "Handler: handler.handle\n",
        "Handler: handler.handle\n      FunctionUrlConfig: {AuthType: NONE}\n",
        1,
    );
    let fault = own.declared(&read(&with_url)).unwrap_err().to_string();
    assert!(
        fault.starts_with("ReportsFunction in the template has a FunctionUrlConfig"),
        "{fault}"
    );
}
