//! The gateway over functions of the tests' own, against the rules that AWS documents.

mod authorizer;

use std::{
    net::Ipv4Addr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use shared::NumericDate;

use super::*;
use crate::{
    invocation::{FunctionError, Outcome},
    lambda::tests::{answering, serving},
    template::Given,
};

const TEMPLATE: &str = "
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: Prod
      BinaryMediaTypes: [application~1json]
      Auth:
        DefaultAuthorizer: Token
        AddDefaultAuthorizerToCorsPreflight: false
        Authorizers:
          Token:
            FunctionPayloadType: REQUEST
            FunctionArn: !GetAtt AuthorizerFunction.Arn
            Identity: {Headers: [Authorization], ReauthorizeEvery: 60}
      DefinitionBody:
        paths:
          /me:
            options:
              x-amazon-apigateway-integration:
                type: mock
                responses:
                  default:
                    statusCode: '200'
                    responseParameters:
                      method.response.header.Access-Control-Allow-Origin: \"'https://a.example'\"
      GatewayResponses:
        MISSING_AUTHENTICATION_TOKEN: {StatusCode: 404, ResponseTemplates: {text/plain: Nowhere}}
        AUTHORIZER_FAILURE: {StatusCode: 503}
  AuthorizerFunction: {Type: 'AWS::Serverless::Function', Properties: {}}
  HelloFunction:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Open: {Type: Api, Properties: {RestApiId: !Ref Api, Method: post, Path: /open, Auth: {Authorizer: NONE}}}
        Me: {Type: Api, Properties: {RestApiId: !Ref Api, Method: get, Path: /me}}
        Other: {Type: Api, Properties: {RestApiId: !Ref Api, Method: get, Path: /other}}
        User: {Type: Api, Properties: {RestApiId: !Ref Api, Method: get, Path: '/users/{id}'}}
        Delete: {Type: Api, Properties: {RestApiId: !Ref Api, Method: delete, Path: '/users/{id}'}}
        Note: {Type: Api, Properties: {RestApiId: !Ref Api, Method: put, Path: '/users/{id}/notes/{note}', Auth: {Authorizer: NONE}}}
        Own: {Type: Api, Properties: {RestApiId: !Ref Api, Method: get, Path: /users/me}}
";

type Answers = Result<Value, &'static str>;

/// A gateway whose authorizer and function answer with what a test says.
struct Stage {
    gateway: Gateway,
    clock: Clock,
    times_asked: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<Value>>>,
}

fn lambda(
    answer: impl Fn(Value) -> Answers + Send + Sync + 'static,
    calls: &Arc<AtomicUsize>,
    seen: &Arc<Mutex<Vec<Value>>>,
) -> Lambda {
    let (calls, seen) = (Arc::clone(calls), Arc::clone(seen));
    answering(move |event: Vec<u8>| {
        let event: Value = serde_json::from_slice(&event).unwrap();
        calls.fetch_add(1, Ordering::SeqCst);
        seen.lock().unwrap().push(event.clone());
        let answer = answer(event).map_err(|error| FunctionError(error.into()))?;
        Ok(answer.to_string().into_bytes())
    })
}

impl Stage {
    fn new(
        authorizer: impl Fn(Value) -> Answers + Send + Sync + 'static,
        function: impl Fn(Value) -> Answers + Send + Sync + 'static,
    ) -> Self {
        let template = Template::read(TEMPLATE, Given::default()).unwrap();
        let clock = Clock::fixed(NumericDate::from_seconds(1000));
        let (times_asked, seen) = (Arc::default(), Arc::default());
        let asks = lambda(authorizer, &times_asked, &Arc::default());
        let answers = lambda(function, &Arc::default(), &seen);
        let gateway = Gateway::new(&template, "Test".into(), clock.clone(), |function| {
            Ok(if function.name == "authorizer" { asks.clone() } else { answers.clone() })
        });
        Self { gateway: gateway.unwrap(), clock, times_asked, seen }
    }

    async fn send(&self, request: http::request::Builder, body: Option<Bytes>) -> (u16, Answer) {
        let request = request.body(body).unwrap();
        let answer = self.gateway.answer(request, Ipv4Addr::LOCALHOST.into()).await;
        (answer.status().as_u16(), answer)
    }

    async fn get(&self, path: &str, token: &str) -> u16 {
        let request = Request::get(path).header("authorization", token);
        self.send(request, Some(Bytes::new())).await.0
    }
}

fn policy(effect: &str, paths: &[&str]) -> Value {
    let arns: Vec<_> = paths.iter().map(|path| arn("Prod", &Method::GET, path)).collect();
    json!({
        "principalId": "7", "context": { "sub": 7 },
        "policyDocument": { "Statement": [
            { "Effect": effect, "Action": "execute-api:Invoke", "Resource": arns },
        ]},
    })
}

#[expect(clippy::unnecessary_wraps, reason = "one of several ways to answer")]
fn hello(_event: Value) -> Answers {
    Ok(json!({ "statusCode": 200, "body": "hello" }))
}

fn nobody(_event: Value) -> Answers {
    Err("Unauthorized")
}

async fn body(answer: Answer) -> String {
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn a_public_route_calls_no_authorizer() {
    let stage = Stage::new(nobody, hello);
    let (status, answer) = stage.send(Request::post("/open"), Some("{}".into())).await;
    assert_eq!((status, stage.times_asked.load(Ordering::SeqCst)), (200, 0));
    let id = answer.headers()["x-amzn-requestid"].to_str().unwrap().to_owned();
    let event = stage.seen.lock().unwrap()[0].clone();
    assert_eq!(event["requestContext"]["requestId"], json!(id));
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("e30="), &json!(true)));
    assert_eq!(body(answer).await, "hello");
}

#[tokio::test]
async fn an_unknown_route_has_the_templates_answer_with_or_without_a_token() {
    let stage = Stage::new(nobody, hello);
    for (method, path) in [
        ("GET", "/nowhere"),
        ("GET", "/open"),
        ("POST", "/open//"),
        ("OPTIONS", "/open"),
        ("POST", "//open"),
        ("POST", "/OPEN"),
        ("HEAD", "/me"),
        ("OPTIONS", "/nowhere"),
        ("PATCH", "/users/7"),
        ("GET", "/users"),
        ("GET", "/users//"),
        ("GET", "/users/7/8"),
        ("GET", "/users/7//"),
        ("PUT", "/users//notes/x"),
        // The resource is found first, then its method.
        ("DELETE", "/users/me"),
        ("BREW", "/me"),
    ] {
        for token in ["", "Bearer x"] {
            let request = Request::builder().method(method).uri(path);
            let request = request.header("authorization", token);
            let (status, answer) = stage.send(request, Some(Bytes::new())).await;
            assert_eq!((status, body(answer).await.as_str()), (404, "Nowhere"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_preflight_is_answered_where_the_template_has_one() {
    let stage = Stage::new(nobody, hello);
    for path in ["/me", "/me/"] {
        let request = Request::builder().method(Method::OPTIONS).uri(path);
        let (status, answer) = stage.send(request, Some(Bytes::new())).await;
        assert_eq!(status, 200);
        assert_eq!(answer.headers()["access-control-allow-origin"], "https://a.example");
    }
}

#[tokio::test]
async fn a_slash_at_the_end_is_dropped() {
    let stage = Stage::new(|_| Ok(policy("Allow", &["/me"])), hello);
    assert_eq!(stage.send(Request::post("/open/"), Some(Bytes::new())).await.0, 200);
    assert_eq!(stage.get("/me/", "Bearer x").await, 200);
    let event = stage.seen.lock().unwrap()[1].clone();
    assert_eq!((&event["resource"], &event["path"]), (&json!("/me"), &json!("/me/")));
}

#[tokio::test]
async fn a_parameter_is_one_segment_of_the_path_as_it_was_sent() {
    let stage = Stage::new(nobody, hello);
    let request = Request::put("/users/a%2Fb%20c/notes/x+y/?after=a%2Fb&after=");
    assert_eq!(stage.send(request, Some(Bytes::new())).await.0, 200);
    let event = stage.seen.lock().unwrap()[0].clone();
    assert_eq!(event["resource"], "/users/{id}/notes/{note}");
    assert_eq!(event["path"], "/users/a%2Fb%20c/notes/x+y/");
    assert_eq!(event["pathParameters"], json!({ "id": "a%2Fb%20c", "note": "x+y" }));
    assert_eq!(event["multiValueQueryStringParameters"], json!({ "after": ["a/b", ""] }));
}

#[tokio::test]
async fn a_literal_segment_has_precedence_over_a_parameter() {
    let stage = Stage::new(|_| Ok(policy("Allow", &["/users/*"])), hello);
    for (path, resource) in [("/users/me", "/users/me"), ("/users/7", "/users/{id}")] {
        assert_eq!(stage.get(path, "Bearer x").await, 200);
        let event = stage.seen.lock().unwrap().pop().unwrap();
        assert_eq!(event["resource"], resource);
    }
}

#[tokio::test]
async fn a_failed_function_has_the_gateways_answer() {
    let broken: [fn(Value) -> Answers; 3] =
        [|_| Err("failed"), |_| panic!("in a handler"), |_| Ok(json!("no proxy response"))];
    for function in broken {
        let stage = Stage::new(nobody, function);
        assert_eq!(stage.send(Request::post("/open"), Some(Bytes::new())).await.0, 504);
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_without_a_free_container_has_the_gateways_answer() {
    let template = Template::read(TEMPLATE, Given::default()).unwrap();
    let never = |_| -> Outcome<'static> { Box::pin(std::future::pending()) };
    let full = serving(never, 1, Duration::from_mins(1));
    let gateway = |authorizer: Lambda, function: Lambda| {
        let clock = Clock::fixed(NumericDate::from_seconds(1000));
        Gateway::new(&template, "Test".into(), clock, move |declared| {
            Ok(if declared.name == "authorizer" { authorizer.clone() } else { function.clone() })
        })
        .unwrap()
    };
    let (asks, answers) = (answering(Ok), answering(Ok));
    for (gateway, path, kind) in [
        (gateway(asks, full.clone()), "/open", ResponseType::ApiConfigurationError),
        (gateway(full, answers), "/me", ResponseType::AuthorizerConfigurationError),
    ] {
        let method = if path == "/open" { Method::POST } else { Method::GET };
        let request = Request::builder().method(method).uri(path).header("authorization", "x");
        let request = request.body(Some(Bytes::new())).unwrap();
        let (head, body) = request.into_parts();
        let ask = || {
            let request = Request::from_parts(head.clone(), body.clone());
            gateway.route(request, Ipv4Addr::LOCALHOST.into(), "id")
        };
        let (first, second) = tokio::join!(ask(), ask());
        let kinds = [first, second].map(|answer| answer.err().unwrap().response_type);
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
}

#[tokio::test]
async fn sizes_are_limited() {
    let stage = Stage::new(nobody, hello);
    let big = |bytes| Some(Bytes::from(vec![b'x'; bytes]));
    let text = || Request::post("/open").header("content-type", "text/plain");
    assert_eq!(stage.send(text(), big(6_000_000)).await.0, 200);
    assert_eq!(stage.send(text(), big(6_300_000)).await.0, 413);
    let binary = Request::post("/open").header("content-type", "application/json");
    assert_eq!(stage.send(binary, big(4_800_000)).await.0, 413, "in base64");
    assert_eq!(stage.send(text(), None).await.0, 413);
}
