//! What an operator can ask for.

use serde::Deserialize;
use serde_json::Value;

use crate::refusal::Refusal;

/// Most users of one answer, which Lambda limits to 6 MB: a name has 255 characters at most, or
/// what an adopted database holds.
const MAX_LIMIT: u32 = 1000;

/// An event of the admin function.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "verb", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Request {
    /// Brings the schema and the public keys up to date.
    Migrate {},
    /// Gives a role.
    Grant {
        /// To whom.
        username: String,
        /// Which.
        role: String,
    },
    /// Takes a role away.
    Revoke {
        /// From whom.
        username: String,
        /// Which.
        role: String,
    },
    /// Lists users and their roles, in pages: `next` of an answer is `after` of the next one.
    List {
        /// The id to begin after.
        #[serde(default)]
        after: i32,
        /// How many users at most.
        #[serde(default = "max_limit")]
        limit: u32,
    },
}

const fn max_limit() -> u32 {
    MAX_LIMIT
}

impl Request {
    /// Reads an event.
    pub(crate) fn parse(event: Value) -> Result<Self, Refusal> {
        let request: Self = serde_json::from_value(event).map_err(|_| Refusal::NoSuchRequest)?;
        match request {
            Self::List { limit, .. } if !(1..=MAX_LIMIT).contains(&limit) => Err(Refusal::BadLimit),
            request => Ok(request),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_verb_has_its_parameters_and_no_others() {
        assert_eq!(Request::parse(json!({ "verb": "migrate" })).unwrap(), Request::Migrate {});
        let list = Request::List { after: 0, limit: MAX_LIMIT };
        assert_eq!(Request::parse(json!({ "verb": "list" })).unwrap(), list);
        for event in [
            json!({}),
            json!(null),
            json!("migrate"),
            json!({ "verb": "drop" }),
            json!({ "verb": "grant", "username": "ada" }),
            json!({ "verb": "MIGRATE" }),
            json!({ "verb": "migrate", "force": true }),
            json!({ "verb": "grant", "username": 7, "role": "ROLE_ADMIN" }),
        ] {
            let refused = Request::parse(event.clone());
            assert!(matches!(refused, Err(Refusal::NoSuchRequest)), "{event}");
        }
        let none = Request::parse(json!({ "verb": "list", "limit": 0 }));
        assert!(matches!(none, Err(Refusal::BadLimit)));
    }
}
