//! When the authorizer is asked, with what, and what its answer opens.

use super::*;

#[tokio::test]
async fn a_policy_is_compared_with_the_path_that_was_called() {
    let authorizer = |event: Value| {
        assert_eq!(event["methodArn"], json!(arn("Prod", &Method::GET, "/users/7")));
        assert_eq!(event["resource"], "/users/{id}");
        assert_eq!(event["pathParameters"], json!({ "id": "7" }));
        Ok(policy("Allow", &["/users/7"]))
    };
    let stage = Stage::new(authorizer, hello);
    assert_eq!(stage.get("/users/7", "Bearer x").await, 200);
    assert_eq!(stage.get("/users/8", "Bearer x").await, 403);
    let delete = Request::delete("/users/7").header("authorization", "Bearer x");
    assert_eq!(stage.send(delete, Some(Bytes::new())).await.0, 403);
    assert_eq!(stage.times_asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_request_without_a_token_calls_no_authorizer() {
    let stage = Stage::new(|_| Ok(policy("Allow", &["/me"])), hello);
    assert_eq!(stage.send(Request::get("/me"), Some(Bytes::new())).await.0, 401);
    assert_eq!(stage.get("/me", "").await, 401);
    assert_eq!(stage.times_asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn each_outcome_of_the_authorizer_has_its_own_answer() {
    for (answer, status) in [
        (Ok(policy("Allow", &["/me"])), 200),
        (Ok(policy("Allow", &["/other"])), 403),
        (Ok(policy("Deny", &["/me"])), 403),
        (Err("Unauthorized"), 401),
        (Err("unauthorized"), 503),
        (Err("no database"), 503),
        (Ok(json!(null)), 500),
        (Ok(json!({ "principalId": "7" })), 500),
    ] {
        let shown = format!("{answer:?}");
        let stage = Stage::new(move |_| answer.clone(), hello);
        assert_eq!(stage.get("/me", "Bearer x").await, status, "{shown}");
    }
}

#[tokio::test]
async fn the_authorizer_sees_the_method_and_the_function_sees_strings() {
    let authorizer = |event: Value| {
        assert_eq!(event["type"], "REQUEST");
        assert_eq!(event["methodArn"], json!(arn("Prod", &Method::GET, "/me")));
        assert_eq!(event["multiValueHeaders"]["authorization"], json!(["Bearer x"]));
        assert_eq!(event.get("body"), None);
        Ok(policy("Allow", &["/me"]))
    };
    let stage = Stage::new(authorizer, hello);
    assert_eq!(stage.get("/me", "Bearer x").await, 200);
    let event = stage.seen.lock().unwrap()[0].clone();
    let context = &event["requestContext"]["authorizer"];
    assert_eq!(context, &json!({ "principalId": "7", "sub": "7" }));
}

#[tokio::test]
async fn a_policy_counts_for_all_routes_until_its_time_is_up() {
    let stage = Stage::new(|_| Ok(policy("Allow", &["/me"])), hello);
    let asked = || stage.times_asked.load(Ordering::SeqCst);
    assert_eq!(stage.get("/me", "Bearer x").await, 200);
    assert_eq!(stage.get("/other", "Bearer x").await, 403);
    assert_eq!(asked(), 1);
    assert_eq!(stage.get("/me", "Bearer y").await, 200);
    assert_eq!(asked(), 2);
    stage.clock.advance(60);
    assert_eq!(stage.get("/me", "Bearer x").await, 200);
    assert_eq!(asked(), 3);
}

#[tokio::test]
async fn two_headers_are_never_taken_for_one_of_them() {
    let stage = Stage::new(|_| Ok(policy("Allow", &["/me"])), hello);
    assert_eq!(stage.get("/me", "Bearer x").await, 200);
    let two = Request::get("/me").header("authorization", "Bearer x");
    let two = two.header("authorization", "Bearer y");
    stage.send(two, Some(Bytes::new())).await;
    assert_eq!(stage.times_asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn refusals_and_faults_are_not_remembered() {
    let stage = Stage::new(nobody, hello);
    assert_eq!(stage.get("/me", "Bearer x").await, 401);
    assert_eq!(stage.get("/me", "Bearer x").await, 401);
    assert_eq!(stage.times_asked.load(Ordering::SeqCst), 2);
}
