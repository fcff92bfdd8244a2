//! What a client sends of a mail.

use crate::email::AskedEmail;
use crate::error::{Answer, Failure, SecurityEvent};
use crate::http::JsonBody;
use crate::limits::{Charges, Network, OneTimeAttempts};
use crate::one_time_secret::{Code, Link};
use crate::rule::Rule;

/// The link of a mail, or its code and the address that it was sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PresentedSecret {
    /// `token`.
    Link(Link),
    /// `code` and `email`.
    Code(Code, AskedEmail),
    /// Something that no mail of ours had.
    Neither,
}

const FIELDS: Rule = Rule::NotExactlyOneOf("token and code");

impl PresentedSecret {
    /// Reads the fields of a body. `None`, with the violations recorded, if there is no secret in it or there
    /// are two.
    pub fn read(body: &mut JsonBody<'_>) -> Option<Self> {
        let token = body.optional("token", Ok);
        let code = body.optional("code", Ok);
        match (token, code) {
            (Some(token), None) => Some(Link::parse(&token).map_or(Self::Neither, Self::Link)),
            (None, Some(code)) => {
                let email = body.field("email", AskedEmail::parse)?;
                Some(Code::parse(&code).map_or(Self::Neither, |code| Self::Code(code, email)))
            }
            (None, None) if !body.is_good() => None,
            (None, None) | (Some(_), Some(_)) => {
                body.refuse("token", FIELDS);
                None
            }
        }
    }

    /// What an attempt for this purpose is charged to.
    pub fn charges(&self, attempts: OneTimeAttempts, purpose: &str, network: &Network) -> Charges {
        match self {
            Self::Link(_) => attempts.of_link(network),
            Self::Code(_, email) => attempts.of_code(purpose, email, network),
            Self::Neither => Charges::default(),
        }
    }
}

/// No such secret, or one that is used, over or void: one answer.
#[derive(Debug)]
pub struct InvalidSecret(pub Option<SecurityEvent>);

impl Failure for InvalidSecret {
    fn answer(&self) -> Answer {
        Answer(400, "invalid_secret", "Invalid or expired link or code")
    }

    fn event(&self) -> Option<SecurityEvent> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::error::Error;
    use crate::functions::ContentRoute;
    use crate::http::Request;
    use crate::random::Random;

    fn read(body: &Value) -> Result<PresentedSecret, Value> {
        let event = json!({
            "resource": "/", "httpMethod": "GET", "headers": { "content-type": "application/json" },
            "body": body.to_string(),
        });
        let mut event = serde_json::from_value(event).unwrap();
        let (_, request) = Request::of::<ContentRoute>(&mut event).unwrap();
        let mut body = JsonBody::read(&request).unwrap();
        PresentedSecret::read(&mut body).ok_or_else(|| {
            let Error::Unprocessable(violations) = body.refusal() else { unreachable!() };
            json!(violations.iter().map(|it| json!(it)["loc"].clone()).collect::<Vec<_>>())
        })
    }

    #[test]
    fn a_body_has_one_secret() {
        let link = Link::new(&Random::counted(1));
        let token = link.to_text().expose().clone();
        assert_eq!(read(&json!({ "token": token })), Ok(PresentedSecret::Link(link.clone())));
        let both = json!({ "token": token, "email": "a@b", "code": null });
        assert_eq!(read(&both), Ok(PresentedSecret::Link(link)));
        let code = read(&json!({ "email": "a@b", "code": "7k3m q9xa" })).unwrap();
        let PresentedSecret::Code(code, email) = code else { panic!("{code:?}") };
        assert_eq!((code.to_text().expose().as_str(), email.as_str()), ("7K3M-Q9XA", "a@b"));
        for neither in [
            json!({ "token": "" }),
            json!({ "token": token[1..] }),
            json!({ "email": "a@b", "code": "7k3m" }),
        ] {
            assert_eq!(read(&neither), Ok(PresentedSecret::Neither), "{neither}");
        }
    }

    #[test]
    fn a_body_without_a_secret_or_with_two_is_refused() {
        for (body, field) in [
            (json!({}), "token"),
            (json!({ "email": "a@b" }), "token"),
            (json!({ "token": null, "code": null }), "token"),
            (json!({ "token": "x", "email": "a@b", "code": "y" }), "token"),
            (json!({ "token": 7 }), "token"),
            (json!({ "code": "7k3m-q9xa" }), "email"),
            (json!({ "email": "b", "code": "7k3m-q9xa" }), "email"),
            (json!({ "email": "a@b", "code": 7 }), "code"),
        ] {
            assert_eq!(read(&body), Err(json!([["body", field]])), "{body}");
        }
    }
}
