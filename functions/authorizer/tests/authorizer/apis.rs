//! The APIs that use the authorizer: Latchkey's own, and those of `own-routes.json`.

use authorizer::Authorizer;
use own_routes::OwnRoutes;
use serde_json::{Value, json};
use stage::logged;

use crate::{ask_by, over, stage_of, unauthorized, unavailable, with_ada};

const API: &str = "arn:aws:execute-api:us-east-1:123456789012";

const DOCUMENT: &str = r#"{
    "functions": { "reports": {
        "GET /reports": "signed-in", "GET /reports/{id}": ["ROLE_USER"],
        "POST /reports": ["ROLE_ADMIN"] } },
    "apis": {
        "orders": { "GET /orders/{id}": ["ROLE_USER"], "DELETE /orders/{id}": ["ROLE_ADMIN"] },
        "stock": { "GET /stock": "signed-in" } }
}"#;

fn with_routes(authorizer: Authorizer) -> Authorizer {
    authorizer.with_own_routes(Box::leak(Box::new(OwnRoutes::parse(DOCUMENT).unwrap())))
}

/// The event of a method of an API whose stage has these variables.
fn event(token: &str, method: &str, stage: &Value) -> Value {
    let arn = format!("{API}:{method}");
    json!({ "methodArn": arn, "headers": { "Authorization": token }, "stageVariables": stage })
}

/// The methods that a policy opens, without the part that all ARNs have in common.
fn opened(policy: &Value) -> Vec<&str> {
    let resources = policy["policyDocument"]["Statement"][0]["Resource"].as_array().unwrap();
    let resources = resources.iter().map(|arn| arn.as_str().unwrap());
    resources.map(|arn| arn.strip_prefix(API).unwrap().strip_prefix(':').unwrap()).collect()
}

#[tokio::test]
async fn a_policy_opens_one_api_and_nothing_of_another() {
    let (stage, token) = with_ada().await;
    let authorizer = with_routes(over(&stage));
    let ask = |method, routes| ask_by(&authorizer, event(&token, method, &stage_of(routes)));
    let orders = ask("bbb/live/GET/orders/7", "orders").await.unwrap();
    assert_eq!(opened(&orders), ["bbb/live/GET/orders/*"]);
    let stock = ask("ccc/Prod/GET/stock", "stock").await.unwrap();
    assert_eq!(opened(&stock), ["ccc/Prod/GET/stock"]);
    let accounts = ask("aaa/Prod/GET/reports", "accounts").await.unwrap();
    assert!(opened(&accounts).contains(&"aaa/Prod/GET/api/auth/users/me"));
    let own = opened(&accounts).into_iter().filter(|method| method.contains("/reports"));
    assert_eq!(own.collect::<Vec<_>>(), ["aaa/Prod/GET/reports", "aaa/Prod/GET/reports/*"]);
    assert!(opened(&accounts).iter().all(|method| method.starts_with("aaa/Prod/")));
    assert_eq!(orders["context"], accounts["context"]);
}

#[tokio::test]
async fn an_api_that_the_document_lacks_is_refused() {
    let (stage, token) = with_ada().await;
    let authorizer = with_routes(over(&stage));
    let named = ["", "Orders", "orders ", "other", "reports"].map(stage_of);
    let unnamed = [json!(null), json!({}), json!({ "latchkeyroutes": "orders" })];
    for stage in named.into_iter().chain(unnamed) {
        let refused = ask_by(&authorizer, event(&token, "bbb/live/GET/orders/7", &stage)).await;
        assert_eq!(refused, unavailable(), "{stage}");
    }
    let without = ask_by(&over(&stage), event(&token, "bbb/live/GET/x", &stage_of("orders"))).await;
    assert_eq!(without, unavailable());
    let forged = event("Bearer x", "bbb/live/GET/orders/7", &stage_of("orders"));
    assert_eq!(ask_by(&authorizer, forged).await, unauthorized());
}

#[tokio::test]
async fn a_good_token_for_an_invalid_method_arn_is_logged_as_a_failure() {
    let (stage, token) = with_ada().await;
    let event = json!({ "methodArn": "", "headers": { "Authorization": token }, "stageVariables": stage_of("accounts") });
    let (answer, lines) = logged(ask_by(&over(&stage), event)).await;
    assert_eq!(answer, unavailable());
    assert_eq!(lines.iter().map(|line| &line["status"]).collect::<Vec<_>>(), [503]);
    assert!(lines[0].get("user_id").is_none(), "{lines:?}");
}
