use serde_json::{Value, json};

use crate::http::ProxyEvent;

fn event(extra: &Value) -> ProxyEvent {
    let mut event = json!({ "resource": "/", "httpMethod": "GET" });
    event.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    serde_json::from_value(event).unwrap()
}

#[test]
fn odd_headers_never_fail() {
    let mut event = event(&json!({ "multiValueHeaders": {
        "User-Agent": ["caf\u{e9}\u{0}"], "bad name\n": ["x"], "Host": ["a b\\c"],
    }}));
    let headers = event.take_headers();
    assert_eq!(headers["user-agent"], "caf??");
    assert_eq!(headers["host"], "a b\\c");
    assert_eq!(headers.len(), 2);
}

#[test]
fn every_value_of_a_header_is_kept() {
    let mut event = event(&json!({
        "headers": { "Accept": "b" }, "multiValueHeaders": { "Accept": ["a", "b"] },
    }));
    assert_eq!(event.take_headers().get_all("accept").iter().count(), 2);
}

#[test]
fn the_last_values_are_read_where_there_is_nothing_else() {
    let mut event = event(&json!({ "headers": { "Accept": "b" } }));
    assert_eq!(event.take_headers()["accept"], "b");
}

#[test]
fn two_spellings_of_a_name_are_one_header() {
    let mut event = event(&json!({ "multiValueHeaders": { "accept": ["a"], "Accept": ["b"] } }));
    assert_eq!(event.take_headers().get_all("accept").iter().count(), 2);
}

#[test]
fn a_body_is_text_or_base64_or_null() {
    assert_eq!(event(&json!({ "body": null })).take_body(), Some(Vec::new()));
    assert_eq!(event(&json!({ "body": "hé" })).take_body(), Some("hé".into()));
    let lossy = event(&json!({ "body": "a\u{fffd}b\u{fffd}" })).take_body();
    assert_eq!(lossy, Some(b"a\xffb\xff".to_vec()));
    let base64 = |body| event(&json!({ "body": body, "isBase64Encoded": true })).take_body();
    assert_eq!(base64("/w=="), Some(vec![0xff]));
    assert_eq!(base64("*"), None);
}

#[test]
fn a_null_field_of_sam_local_counts_as_absent() {
    let mut event = event(&json!({
        "headers": null, "multiValueHeaders": null, "isBase64Encoded": null,
        "pathParameters": null, "multiValueQueryStringParameters": null,
        "requestContext": { "requestId": null, "authorizer": null },
    }));
    assert!(event.take_headers().is_empty() && event.authorizer().is_empty());
    assert!(
        event.multi_value_query_string_parameters.is_empty() && event.path_parameters.is_empty()
    );
}
