//! What an answer is held to.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::kind::Ability;
use crate::target::Target;

/// The one text of every refused token.
pub(crate) const NO_CREDENTIALS: &str = "Could not validate credentials";

/// The challenge to a token that was refused (RFC 6750 §3.1).
pub(crate) const INVALID_TOKEN: &str = r#"Bearer error="invalid_token""#;

impl Answer {
    /// Status and JSON body, exactly.
    #[track_caller]
    pub(crate) fn is_json(&self, status: u16, body: &Value) {
        assert_eq!(self.status, status, "{self:?} {}", self.text());
        assert_eq!(self.media_type(), "application/json", "{self:?}");
        assert_eq!(&self.json(), body, "{}", self.asked);
    }

    /// Status and text, exactly.
    #[track_caller]
    pub(crate) fn is_text(&self, status: u16, words: &str) {
        assert_eq!((self.status, self.text().as_str()), (status, words), "{}", self.asked);
        assert_eq!(self.media_type(), "text/plain", "{self:?}");
    }

    /// An error in the form that the target's `ErrorFormat` gives to a client that leaves it open.
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

    /// A caller's mistake: refused, and not by accident.
    #[track_caller]
    pub(crate) fn is_refused(&self) {
        assert!((400..500).contains(&self.status), "{} is {}", self.asked, self.status);
    }

    /// 401 to a token that is missing or bad, in the words of this service where the gateway in
    /// front takes ours. Where it can't tell the authorizer's refusal from a failure, a bad one is 502.
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

    /// 403 to a role that is missing.
    #[track_caller]
    pub(crate) fn is_forbidden(&self, target: &Target) {
        assert_eq!(self.status, 403, "{} is {} {}", self.asked, self.status, self.text());
        if target.lacks(Ability::GatewayWords).is_none() {
            self.says(target, 403, "Unauthorized.");
            let challenge = r#"Bearer error="insufficient_scope""#;
            assert_eq!(self.header("www-authenticate"), Some(challenge), "{self:?}");
        }
    }

    /// A function's own 401 carries this challenge, under the name that a REST API gives it.
    #[track_caller]
    pub(crate) fn challenges(&self, target: &Target, challenge: &str) {
        let name = match target.lacks(Ability::RenamedChallenge) {
            None => "x-amzn-remapped-www-authenticate",
            Some(_) => "www-authenticate",
        };
        assert_eq!(self.header(name), Some(challenge), "{self:?}");
    }

    /// 422 with these `(type, loc)` and nothing else, in the shape of the app's validation errors.
    #[track_caller]
    pub(crate) fn is_invalid(&self, expected: &[(&str, Value)]) {
        assert_eq!(self.status, 422, "{} is {} {}", self.asked, self.status, self.text());
        let found: Vec<_> = self.details().into_iter().map(|d| (d.kind, d.loc)).collect();
        let expected: Vec<_> =
            expected.iter().map(|(kind, loc)| ((*kind).to_owned(), loc.clone())).collect();
        assert_eq!(found, expected, "{}", self.text());
    }

    /// 422 that names `field`, and in its message the rule: all of `words`.
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

    /// The errors of a 422, each with exactly the members that the contract leaves.
    #[track_caller]
    pub(crate) fn details(&self) -> Vec<Detail> {
        assert_eq!(self.media_type(), "application/json", "{self:?}");
        let body = self.json();
        let members = body.as_object().expect("an object");
        assert_eq!(members.keys().collect::<Vec<_>>(), ["detail"], "{body}");
        Detail::list(&body["detail"])
    }

    /// An error of the token endpoint, RFC 6749 §5.2.
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

/// One error of a 422.
pub(crate) struct Detail {
    /// Its `type`.
    pub(crate) kind: String,
    /// Where it is.
    pub(crate) loc: Value,
    /// In words.
    pub(crate) msg: String,
}

impl Detail {
    fn list(value: &Value) -> Vec<Self> {
        value.as_array().expect("a list").iter().map(Self::from_json).collect()
    }

    #[track_caller]
    fn from_json(detail: &Value) -> Self {
        let members = detail.as_object().expect("an object");
        // Malformed JSON has a member more, in the app too: what the parser said.
        let names: Vec<_> =
            members.keys().filter(|name| *name != "ctx").map(String::as_str).collect();
        assert_eq!(names, ["loc", "msg", "type"], "{detail}");
        assert!(!members.contains_key("ctx") || detail["type"] == "json_invalid", "{detail}");
        let text = |name: &str| detail[name].as_str().expect("text").to_owned();
        assert!(!text("msg").is_empty(), "{detail}");
        Self { kind: text("type"), loc: detail["loc"].clone(), msg: text("msg") }
    }
}
