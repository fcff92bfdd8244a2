//! What an authorizer answers, and what it lets through.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>

use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The action that a policy must allow for a method to be called.
const INVOKE: &str = "execute-api:Invoke";

/// An authorizer's answer, checked.
#[derive(Debug)]
pub(crate) struct Policy {
    statements: Vec<Statement>,
    /// `requestContext.authorizer` of the function's event, but for the latency.
    pub(crate) context: Map<String, Value>,
}

#[derive(Debug)]
struct Statement {
    allow: bool,
    resources: Regex,
}

/// The answer as it arrives.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    principal_id: String,
    policy_document: Document,
    #[serde(default)]
    context: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    statement: OneOrMore<Written>,
}

/// A statement of a kind that we can decide: one with conditions isn't.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written {
    #[serde(default, rename = "Sid")]
    _sid: Option<String>,
    effect: Effect,
    action: OneOrMore<String>,
    resource: OneOrMore<String>,
}

#[derive(Deserialize)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore<T> {
    One(T),
    More(Vec<T>),
}

impl<T> OneOrMore<T> {
    fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(item) => vec![item],
            Self::More(items) => items,
        }
    }
}

impl Policy {
    /// Reads an answer; `None` if it is malformed, or says what we can't decide.
    pub(crate) fn parse(output: &[u8]) -> Option<Self> {
        let output: Output = serde_json::from_slice(output).ok()?;
        let statements = output.policy_document.statement.into_vec().into_iter();
        let statements = statements.map(Statement::of).collect::<Option<Vec<_>>>()?;
        let mut context = Map::new();
        for (name, value) in output.context.unwrap_or_default() {
            // They become strings on the way; anything nested is refused.
            let value = match value {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                Value::Bool(flag) => flag.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => return None,
            };
            context.insert(name, Value::String(value));
        }
        context.insert("principalId".to_owned(), Value::String(output.principal_id));
        Some(Self { statements, context })
    }

    /// Whether the method of that ARN may be called: a statement allows it and none denies it.
    pub(crate) fn allows(&self, arn: &str) -> bool {
        let mut about = self.statements.iter().filter(|it| it.resources.is_match(arn)).peekable();
        about.peek().is_some() && about.all(|statement| statement.allow)
    }
}

impl Statement {
    /// The statement, which says nothing of any resource if it isn't about calling methods; `None`
    /// if it can't be decided.
    fn of(written: Written) -> Option<Self> {
        let actions = one_of(&written.action.into_vec(), "(?i)")?;
        let is_about = actions.is_match(INVOKE);
        let resources = if is_about { written.resource.into_vec() } else { Vec::new() };
        let allow = matches!(written.effect, Effect::Allow);
        Some(Self { allow, resources: one_of(&resources, "")? })
    }
}

/// What matches one of these patterns, in which `*` is any text and `?` any one character.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
fn one_of(patterns: &[String], flags: &str) -> Option<Regex> {
    let patterns: Vec<_> = patterns
        .iter()
        .map(|pattern| regex::escape(pattern).replace(r"\*", ".*").replace(r"\?", "."))
        .collect();
    // Without a pattern, nothing matches.
    let any = if patterns.is_empty() { "[^\\s\\S]".to_owned() } else { patterns.join("|") };
    Regex::new(&format!("{flags}(?s)^(?:{any})$")).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ME: &str = "arn:aws:execute-api:us-east-1:123456789012:api/Prod/GET/me";

    fn policy(statements: &Value) -> Option<Policy> {
        let output = json!({ "principalId": "7", "policyDocument": { "Statement": statements } });
        Policy::parse(output.to_string().as_bytes())
    }

    fn statement(effect: &str, resource: impl Into<Value>) -> Value {
        json!({ "Effect": effect, "Action": INVOKE, "Resource": resource.into() })
    }

    fn allows(statements: &Value) -> bool {
        policy(statements).unwrap().allows(ME)
    }

    #[test]
    fn a_call_that_no_statement_allows_is_denied() {
        assert!(!allows(&json!([])));
        assert!(!allows(&json!([statement("Allow", "arn:other")])));
        assert!(allows(&json!([statement("Allow", ME)])));
        assert!(allows(&statement("Allow", json!(["arn:other", "arn:*/GET/*"]))));
    }

    #[test]
    fn a_deny_wins_at_any_position() {
        let (allow, deny) = (statement("Allow", "*"), statement("Deny", "*/GET/m?"));
        assert!(!allows(&json!([allow, deny])));
        assert!(!allows(&json!([deny, allow])));
        assert!(allows(&json!([allow, statement("Deny", "*/POST/me")])));
    }

    #[test]
    fn a_statement_about_another_action_says_nothing() {
        for (action, counts) in
            [("execute-api:*", true), ("*", true), ("EXECUTE-API:invoke", true), ("s3:Get", false)]
        {
            let written = json!({ "Effect": "Allow", "Action": [action], "Resource": "*" });
            assert_eq!(allows(&written), counts, "{action}");
        }
    }

    #[test]
    fn a_malformed_or_undecidable_policy_is_refused() {
        let conditional = json!({ "Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": { "Bool": {} } });
        assert!(policy(&conditional).is_none());
        let maybe = json!([{ "Effect": "Maybe", "Action": "*", "Resource": "*" }]);
        assert!(policy(&maybe).is_none());
        assert!(Policy::parse(b"null").is_none());
        assert!(Policy::parse(b"{\"principalId\":\"7\"}").is_none());
        let nested = json!({ "principalId": "7", "policyDocument": { "Statement": [] },
            "context": { "a": {} } });
        assert!(Policy::parse(nested.to_string().as_bytes()).is_none());
    }

    #[test]
    fn the_context_becomes_strings() {
        let output = json!({ "principalId": "7", "policyDocument": { "Statement": [] },
            "context": { "text": "a", "number": 1.5, "flag": true } });
        let policy = Policy::parse(output.to_string().as_bytes()).unwrap();
        let expected = json!({ "principalId": "7", "text": "a", "number": "1.5", "flag": "true" });
        assert_eq!(Value::Object(policy.context), expected);
    }

    proptest! {
        #[test]
        fn a_pattern_matches_what_it_is_written_for(
            parts in prop::collection::vec("[ab.+|()\\n\u{e9}]{0,3}", 1..4),
            between in "[ab\\né]{0,3}",
            one in "[ab\\né]",
        ) {
            let any = one_of(&["x".to_owned(), parts.join("*")], "").unwrap();
            prop_assert!(any.is_match(&parts.join(&between)));
            let single = one_of(&[parts.join("?")], "").unwrap();
            prop_assert!(single.is_match(&parts.join(&one)));
            let length = parts.concat().chars().count() + parts.len() - 1;
            prop_assert!(!single.is_match(&"a".repeat(length + 1)));
        }

        #[test]
        fn no_answer_makes_it_panic(output in "[\\[\\]{}:,\"a-zA-Z0-9]{0,60}") {
            let _ = Policy::parse(output.as_bytes());
        }
    }
}
