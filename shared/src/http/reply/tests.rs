use super::*;
use crate::rule::Rule;
use crate::violation::Location;

fn accept(value: &'static str) -> Accept {
    let value = HeaderValue::from_static(value);
    Accept::of(&HeaderMap::from_iter([(header::ACCEPT, value)]))
}

fn text(reply: Reply) -> String {
    String::from_utf8(reply.body).unwrap()
}

#[test]
fn an_error_is_its_words_as_plain_text_and_its_cause_stays_here() {
    let error = Error::Internal("connection string".into());
    let reply = Reply::of_error(&error, &Accept::default(), ErrorFormat::Text);
    assert_eq!(reply.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!((reply.status, reply.cause.as_deref()), (500, Some("connection string")));
    assert_eq!(text(reply), "Internal Server Error");
}

#[test]
fn an_error_is_problem_details_to_a_client_that_accepts_json_alone() {
    let reply = Reply::of_error(&Error::NotFound, &accept("application/json"), ErrorFormat::Text);
    assert_eq!(reply.headers["content-type"], "application/problem+json");
    assert_eq!((reply.status, reply.error), (404, Some("not_found")));
    assert_eq!(
        text(reply),
        r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"Not Found","code":"not_found"}"#
    );
}

#[test]
fn no_content_has_the_security_headers_and_no_body() {
    let reply = Reply::no_content();
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert!(!reply.headers.contains_key("content-type"));
}

#[test]
fn an_error_varies_by_origin_and_accept() {
    for value in ["application/json", "*/*"] {
        let reply = Reply::of_error(&Error::NotFound, &accept(value), ErrorFormat::Text);
        assert_eq!(reply.headers["vary"], "Origin, Accept", "{value}");
    }
}

#[test]
fn each_401_and_403_names_its_scheme_and_each_503_when_to_come_back() {
    for (error, challenge) in [
        (Error::InvalidToken, r#"Bearer error="invalid_token""#),
        (Error::Forbidden, r#"Bearer error="insufficient_scope""#),
    ] {
        for value in ["*/*", "application/json"] {
            let reply = Reply::of_error(&error, &accept(value), ErrorFormat::Text);
            assert_eq!(reply.headers["www-authenticate"], challenge);
        }
    }
    let error = Error::Unavailable(String::new());
    let reply = Reply::of_error(&error, &accept("application/json"), ErrorFormat::Text);
    assert_eq!(reply.headers["retry-after"], "1");
}

#[test]
fn a_422_is_fastapis_detail_or_problem_details_with_the_same_errors() {
    let violation = Violation::new(Location::Field("email"), Rule::NotAnEmail);
    let error = Error::Unprocessable(vec![violation]);
    let reply = Reply::of_error(&error, &accept("application/json"), ErrorFormat::Text);
    assert_eq!(
        (reply.status, &reply.headers["content-type"]),
        (422, &"application/json".parse().unwrap())
    );
    let errors = r#"[{"type":"value_error","loc":["body","email"],"msg":"value is not a valid email address"}]"#;
    assert_eq!(text(reply), format!(r#"{{"detail":{errors}}}"#));
    let reply = Reply::of_error(&error, &accept("application/problem+json"), ErrorFormat::Text);
    assert_eq!(
        text(reply),
        format!(
            r#"{{"type":"about:blank","title":"Unprocessable Content","status":422,"detail":"Unprocessable Content","code":"unprocessable","errors":{errors}}}"#
        )
    );
}

#[test]
fn an_error_in_another_standards_words_keeps_its_status_and_its_code() {
    let reply = Reply::json(&"other").about(&Error::InvalidToken);
    assert_eq!((reply.status, reply.error), (401, Some("invalid_token")));
    assert!(reply.headers.contains_key("www-authenticate"));
    assert_eq!(text(reply), r#""other""#);
}

#[test]
fn a_304_differs_from_its_answer_in_status_and_body_alone() {
    let answer = || Reply::text("text/html", "page");
    let not_modified = answer().not_modified();
    assert_eq!(not_modified.headers, answer().headers);
    assert_eq!((not_modified.status, text(not_modified)), (304, String::new()));
}

#[test]
fn no_answer_is_kept_or_sniffed() {
    let reply = Reply::json(&"Hello World");
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert_eq!(reply.headers["x-content-type-options"], "nosniff");
}
