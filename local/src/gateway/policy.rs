//! What an authorizer answers, and what it lets through.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>

use serde::Deserialize;
use serde_json::{Map, Value};

/// The action that a policy must allow for a method to be called.
const INVOKE: &str = "execute-api:Invoke";

/// An authorizer's answer, checked.
#[derive(Debug, PartialEq)]
pub(crate) struct Policy {
    statements: Vec<Statement>,
    /// `requestContext.authorizer` of the function's event, but for the latency.
    pub(crate) context: Map<String, Value>,
}

#[derive(Debug, PartialEq)]
struct Statement {
    allow: bool,
    resources: Vec<String>,
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
        let statements = output.policy_document.statement.into_vec();
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
        Some(Self {
            statements: statements.into_iter().filter_map(Statement::of).collect(),
            context,
        })
    }

    /// Whether the method of that ARN may be called: something allows it and nothing denies it.
    pub(crate) fn allows(&self, arn: &str) -> bool {
        let mut allowed = false;
        for statement in &self.statements {
            if statement.resources.iter().any(|pattern| matches(pattern, arn)) {
                if !statement.allow {
                    return false;
                }
                allowed = true;
            }
        }
        allowed
    }
}

impl Statement {
    /// The statement, if it is about calling methods at all.
    fn of(written: Written) -> Option<Self> {
        let invoke = INVOKE.to_lowercase();
        let mut actions = written.action.into_vec().into_iter();
        let about = actions.any(|action| matches(&action.to_lowercase(), &invoke));
        about.then(|| Self {
            allow: matches!(written.effect, Effect::Allow),
            resources: written.resource.into_vec(),
        })
    }
}

/// Whether a text is of a pattern, in which `*` is anything and `?` any one character.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on after a mismatch: behind the last `*`, which then takes one character more.
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(b'?') => {
                p += 1;
                t = after_character(text, t);
            }
            Some(byte) if *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((after, taken)) => {
                    (p, t) = (after, after_character(text, taken));
                    retry = Some((p, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// Where the character ends that begins at a byte of UTF-8.
fn after_character(text: &[u8], start: usize) -> usize {
    let continued = text[start + 1..].iter().take_while(|byte| *byte & 0xC0 == 0x80);
    start + 1 + continued.count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;
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
    fn nothing_is_allowed_that_no_statement_allows() {
        assert!(!allows(&json!([])));
        assert!(!allows(&json!([statement("Allow", "arn:other")])));
        assert!(allows(&json!([statement("Allow", ME)])));
        assert!(allows(&statement("Allow", json!(["arn:other", "arn:*/GET/*"]))));
    }

    #[test]
    fn a_deny_wins_wherever_it_stands() {
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
    fn what_is_malformed_or_undecidable_is_refused() {
        let conditional = json!({ "Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": { "Bool": {} } });
        assert_eq!(policy(&conditional), None);
        assert_eq!(policy(&json!([{ "Effect": "Maybe", "Action": "*", "Resource": "*" }])), None);
        assert_eq!(Policy::parse(b"null"), None);
        assert_eq!(Policy::parse(b"{\"principalId\":\"7\"}"), None);
        let nested = json!({ "principalId": "7", "policyDocument": { "Statement": [] },
            "context": { "a": {} } });
        assert_eq!(Policy::parse(nested.to_string().as_bytes()), None);
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
        fn patterns_match_as_regular_expressions_of_the_same_meaning(
            pattern in "[ab*?é]{0,8}", text in "[abé]{0,10}",
        ) {
            let same = regex::escape(&pattern).replace(r"\*", ".*").replace(r"\?", ".");
            let same = Regex::new(&format!("^{same}$")).unwrap();
            prop_assert_eq!(matches(&pattern, &text), same.is_match(&text));
        }

        #[test]
        fn no_answer_makes_it_panic(output in "[\\[\\]{}:,\"a-zA-Z0-9]{0,60}") {
            let _ = Policy::parse(output.as_bytes());
        }
    }
}
