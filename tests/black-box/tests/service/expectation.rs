//! Assertions about an answer.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::kind::Ability;
use crate::target::Target;

/// The text for every refused token.
pub(crate) const NO_CREDENTIALS: &str = "Could not validate credentials";

/// The challenge for a refused token (RFC 6750 §3.1).
pub(crate) const INVALID_TOKEN: &str = r#"Bearer error="invalid_token""#;

impl Answer {
    /// Asserts exactly this status and JSON body.
    #[track_caller]
    pub(crate) fn is_json(&self, status: u16, body: &Value) {
        assert_eq!(self.status, status, "{self:?} {}", self.text());
        assert_eq!(self.media_type(), "application/json", "{self:?}");
        assert_eq!(&self.json(), body, "{}", self.asked);
    }

    /// Asserts exactly this status and text.
    #[track_caller]
    pub(crate) fn is_text(&self, status: u16, words: &str) {
        assert_eq!((self.status, self.text().as_str()), (status, words), "{}", self.asked);
        assert_eq!(self.media_type(), "text/plain", "{self:?}");
    }

    /// Asserts an error in the form of the target's `ErrorFormat`.
    #[track_caller]
    pub(crate) fn says(&self, target: &Target, status: u16, words: &str) {
        if !target.answers_in_json() {
            return self.is_text(status, words);
        }
        assert_eq!(self.media_type(), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!((&problem["status"], &problem["detail"]), (&json!(status), &json!(words)));
        assert_eq!(self.status, status, "{}", self.asked);
    }

    /// The headers but those of the moment.
    pub(crate) fn lasting(&self) -> Vec<(String, Vec<u8>)> {
        let of_moment = [
            "date",
            "retry-after",
            "x-amz-apigw-id",
            "x-amz-request-id",
            "x-amzn-requestid",
            "x-amzn-trace-id",
        ];
        let headers = self.headers.iter().filter(|(name, _)| !of_moment.contains(&name.as_str()));
        headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_owned())).collect()
    }

    /// Asserts a 4xx: the caller's mistake.
    #[track_caller]
    pub(crate) fn is_refused(&self) {
        assert!((400..500).contains(&self.status), "{} is {}", self.asked, self.status);
    }

    /// Asserts 401 for a missing or bad token, with our text where the gateway uses it. A gateway
    /// that takes the authorizer's refusal for a failure answers 502 to a bad token.
    #[track_caller]
    pub(crate) fn is_unauthorized(&self, target: &Target) {
        let lost = self.had_token && target.lacks(Ability::RefusedTokens).is_some();
        let status = if lost { 502 } else { 401 };
        assert_eq!(self.status, status, "{} is {} {}", self.asked, self.status, self.text());
        if target.lacks(Ability::GatewayWords).is_none() {
            self.says(target, 401, NO_CREDENTIALS);
            assert_eq!(self.header("www-authenticate"), Some(INVALID_TOKEN), "{self:?}");
        }
    }

    /// Asserts 403 for a missing role.
    #[track_caller]
    pub(crate) fn is_forbidden(&self, target: &Target) {
        assert_eq!(self.status, 403, "{} is {} {}", self.asked, self.status, self.text());
        if target.lacks(Ability::GatewayWords).is_none() {
            self.says(target, 403, "Unauthorized.");
            let challenge = r#"Bearer error="insufficient_scope""#;
            assert_eq!(self.header("www-authenticate"), Some(challenge), "{self:?}");
        }
    }

    /// Asserts this challenge on a function's own 401, under the name that a REST API gives it.
    #[track_caller]
    pub(crate) fn challenges(&self, target: &Target, challenge: &str) {
        let name = match target.lacks(Ability::RenamedChallenge) {
            None => "x-amzn-remapped-www-authenticate",
            Some(_) => "www-authenticate",
        };
        assert_eq!(self.header(name), Some(challenge), "{self:?}");
    }

    /// Asserts 422 with exactly these `(type, loc)`, in the form of the legacy app's violations.
    #[track_caller]
    pub(crate) fn is_invalid(&self, expected: &[(&str, Value)]) {
        assert_eq!(self.status, 422, "{} is {} {}", self.asked, self.status, self.text());
        let found: Vec<_> = self.details().into_iter().map(|d| (d.kind, d.loc)).collect();
        let expected: Vec<_> =
            expected.iter().map(|(kind, loc)| ((*kind).to_owned(), loc.clone())).collect();
        assert_eq!(found, expected, "{}", self.text());
    }

    /// Asserts 422 for `field`, with all of `words` in its message.
    #[track_caller]
    pub(crate) fn breaks_rule(&self, field: &str, words: &[&str]) {
        assert_eq!(self.status, 422, "{} is {} {}", self.asked, self.status, self.text());
        let details = match self.media_type() {
            "application/problem+json" => Detail::list(&self.json()["errors"]),
            _ => self.details(),
        };
        assert_eq!(details.len(), 1, "{}", self.text());
        assert_eq!(details[0].loc, serde_json::json!(["body", field]), "{}", self.text());
        let msg = details[0].msg.replace(',', "");
        for word in words {
            assert!(msg.contains(word), "{word:?} is not in {msg:?}");
        }
    }

    /// The violations of a 422, each with exactly the contract's members.
    #[track_caller]
    pub(crate) fn details(&self) -> Vec<Detail> {
        assert_eq!(self.media_type(), "application/json", "{self:?}");
        let body = self.json();
        let members = body.as_object().expect("an object");
        assert_eq!(members.keys().collect::<Vec<_>>(), ["detail"], "{body}");
        Detail::list(&body["detail"])
    }

    /// Asserts an error of the token endpoint (RFC 6749 §5.2).
    #[track_caller]
    pub(crate) fn is_oauth_error(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{} {}", self.asked, self.text());
        assert_eq!(self.media_type(), "application/json", "{self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        assert_eq!(self.header("pragma"), Some("no-cache"), "{self:?}");
        let body = self.json();
        assert_eq!(body["error"], code, "{body}");
        assert!(body["error_description"].is_string(), "{body}");
        for name in body.as_object().expect("an object").keys() {
            assert!(["error", "error_description"].contains(&name.as_str()), "{body}");
        }
    }
}

/// One violation of a 422.
pub(crate) struct Detail {
    /// The `type`.
    pub(crate) kind: String,
    /// The location.
    pub(crate) loc: Value,
    /// The message.
    pub(crate) msg: String,
}

impl Detail {
    fn list(value: &Value) -> Vec<Self> {
        value.as_array().expect("a list").iter().map(Self::from_json).collect()
    }

    #[track_caller]
    fn from_json(detail: &Value) -> Self {
        let members = detail.as_object().expect("an object");
        // Malformed JSON also has the parser's message, as in the legacy app.
        let names: Vec<_> =
            members.keys().filter(|name| *name != "ctx").map(String::as_str).collect();
        assert_eq!(names, ["loc", "msg", "type"], "{detail}");
        assert!(!members.contains_key("ctx") || detail["type"] == "json_invalid", "{detail}");
        let text = |name: &str| detail[name].as_str().expect("text").to_owned();
        assert!(!text("msg").is_empty(), "{detail}");
        Self { kind: text("type"), loc: detail["loc"].clone(), msg: text("msg") }
    }
}
