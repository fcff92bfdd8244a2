//! The operator's requests.

use serde::Deserialize;
use serde_json::Value;
use shared::jwt::Kid;
use shared::{Role, UserId, Username};

use crate::refusal::Refusal;
use crate::roles::Subject;
use crate::users::Verb;

/// The most users of one page.
const MAX_LIMIT: u32 = 1000;

/// A request whose parts are validated.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Updates the schema and the public keys.
    Migrate {
        /// Whether the database gets a new identity, which a copy of a database needs.
        new_database_id: bool,
        /// Whether all client proofs become invalid.
        new_proof_key: bool,
    },
    /// Reports what [`Self::Migrate`] would do, and changes nothing.
    CheckMigration,
    /// Creates the logins of the functions.
    Logins {
        /// Whether they authenticate by RDS IAM tokens; otherwise by the passwords in their secrets.
        iam: bool,
        /// The most simultaneous connections of each.
        connection_limit: Option<u32>,
    },
    /// Reports whether the new key may sign.
    CheckPromotion,
    /// Ends the acceptance of a key that no longer signs.
    WithdrawKey(Kid),
    /// Grants a role.
    Grant(Subject, Role),
    /// Revokes a role.
    Revoke(Subject, Role),
    /// Ends the sessions of a user, or more.
    User(Verb, Subject),
    /// Makes a role.
    AddRole(Role),
    /// Removes a role.
    RemoveRole {
        /// The role, which isn't one of the legacy app's.
        role: Role,
        /// Whether it is taken from its users; otherwise it must have none.
        revoke: bool,
    },
    /// Lists all roles.
    ListRoles,
    /// Lists users and their roles in pages: `next` of an answer is `after` of the next request.
    List {
        /// The id after which the page begins; the first page has none.
        after: Option<UserId>,
        /// The most users of the page.
        limit: u32,
    },
    /// Lists, in pages, the users whose password can't be verified, and counts them by scheme.
    ListUnreadable {
        /// The id after which the page begins; the first page has none.
        after: Option<UserId>,
        /// The most users of the page.
        limit: u32,
    },
}

/// The event's JSON.
#[derive(Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case", deny_unknown_fields)]
enum Event {
    Migrate {
        #[serde(default)]
        check: bool,
        #[serde(default)]
        new_database_id: bool,
        #[serde(default)]
        new_proof_key: bool,
    },
    Logins {
        #[serde(default)]
        iam: bool,
        connection_limit: Option<u32>,
    },
    CheckPromotion {},
    WithdrawKey {
        kid: String,
    },
    Grant {
        username: Option<String>,
        id: Option<i32>,
        role: String,
    },
    Revoke {
        username: Option<String>,
        id: Option<i32>,
        role: String,
    },
    SignOut(Named),
    Disable(Named),
    Enable(Named),
    Delete(Named),
    AddRole {
        role: String,
    },
    RemoveRole {
        role: String,
        #[serde(default)]
        revoke: bool,
    },
    ListRoles {},
    List {
        #[serde(default)]
        unreadable: bool,
        after: Option<i32>,
        #[serde(default = "max_limit")]
        limit: u32,
    },
}

/// A user, by one of the two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    username: Option<String>,
    id: Option<i32>,
}

const fn max_limit() -> u32 {
    MAX_LIMIT
}

impl Request {
    pub(crate) fn parse(event: Value) -> Result<Self, Refusal> {
        // Serde would also accept an array, its elements as the members.
        let event = Some(event).filter(Value::is_object).ok_or(Refusal::NoSuchRequest)?;
        match serde_json::from_value(event).map_err(|_| Refusal::NoSuchRequest)? {
            Event::Migrate { check: false, new_database_id, new_proof_key } => {
                Ok(Self::Migrate { new_database_id, new_proof_key })
            }
            Event::Migrate { check: true, new_database_id: false, new_proof_key: false } => {
                Ok(Self::CheckMigration)
            }
            Event::Migrate { check: true, .. } => Err(Refusal::NoSuchRequest),
            Event::Logins { connection_limit: Some(0 | 1_000_001..), .. } => {
                Err(Refusal::BadConnectionLimit)
            }
            Event::Logins { iam, connection_limit } => Ok(Self::Logins { iam, connection_limit }),
            Event::CheckPromotion {} => Ok(Self::CheckPromotion),
            Event::WithdrawKey { kid } => Ok(Self::WithdrawKey(Kid::new(kid))),
            Event::Grant { username, id, role } => {
                Ok(Self::Grant(subject(username, id)?, named(&role)?))
            }
            Event::Revoke { username, id, role } => {
                Ok(Self::Revoke(subject(username, id)?, named(&role)?))
            }
            Event::SignOut(user) => of_user(Verb::SignOut, user),
            Event::Disable(user) => of_user(Verb::Disable, user),
            Event::Enable(user) => of_user(Verb::Enable, user),
            Event::Delete(user) => of_user(Verb::Delete, user),
            Event::AddRole { role } => Ok(Self::AddRole(named(&role)?)),
            Event::RemoveRole { role, revoke } => match named(&role)? {
                role if Role::BUILT_IN.contains(&role) => Err(Refusal::BuiltInRole),
                role => Ok(Self::RemoveRole { role, revoke }),
            },
            Event::ListRoles {} => Ok(Self::ListRoles),
            Event::List { limit, .. } if !(1..=MAX_LIMIT).contains(&limit) => {
                Err(Refusal::BadLimit)
            }
            Event::List { unreadable, after, limit } => {
                let after = after.map(UserId::new);
                Ok(if unreadable {
                    Self::ListUnreadable { after, limit }
                } else {
                    Self::List { after, limit }
                })
            }
        }
    }
}

fn subject(username: Option<String>, id: Option<i32>) -> Result<Subject, Refusal> {
    match (username, id) {
        (Some(name), None) => {
            Username::parse(name).map(Subject::Username).map_err(|_| Refusal::NoSuchUser)
        }
        (None, Some(id)) => Ok(Subject::Id(UserId::new(id))),
        (Some(_), Some(_)) | (None, None) => Err(Refusal::NoSuchRequest),
    }
}

fn of_user(verb: Verb, Named { username, id }: Named) -> Result<Request, Refusal> {
    Ok(Request::User(verb, subject(username, id)?))
}

fn named(role: &str) -> Result<Role, Refusal> {
    Role::parse(role).ok_or(Refusal::BadRole)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_verb_has_its_parameters_and_no_others() {
        for (new_database_id, new_proof_key) in [(false, false), (true, false), (false, true)] {
            let event = json!({ "verb": "migrate", "new_database_id": new_database_id,
                                "new_proof_key": new_proof_key });
            let expected = Request::Migrate { new_database_id, new_proof_key };
            assert_eq!(Request::parse(event).unwrap(), expected);
        }
        let check = json!({ "verb": "migrate", "check": true });
        assert_eq!(Request::parse(check).unwrap(), Request::CheckMigration);
        let promotion = json!({ "verb": "check_promotion" });
        assert_eq!(Request::parse(promotion).unwrap(), Request::CheckPromotion);
        let list = |after| Request::List { after, limit: MAX_LIMIT };
        assert_eq!(Request::parse(json!({ "verb": "list" })).unwrap(), list(None));
        let on = json!({ "verb": "list", "after": -5 });
        assert_eq!(Request::parse(on).unwrap(), list(Some(UserId::new(-5))));
        let by_id = json!({ "verb": "grant", "id": 7, "role": "ROLE_ADMIN" });
        let expected = Request::Grant(Subject::Id(UserId::new(7)), Role::ADMIN);
        assert_eq!(Request::parse(by_id).unwrap(), expected);
        let editor = || Role::parse("ROLE_EDITOR").unwrap();
        let add = json!({ "verb": "add_role", "role": "ROLE_EDITOR" });
        assert_eq!(Request::parse(add).unwrap(), Request::AddRole(editor()));
        let remove = |more: bool| {
            let event = json!({ "verb": "remove_role", "role": "ROLE_EDITOR", "revoke": more });
            Request::parse(event).unwrap()
        };
        for revoke in [false, true] {
            assert_eq!(remove(revoke), Request::RemoveRole { role: editor(), revoke });
        }
        for (name, verb) in [
            ("sign_out", Verb::SignOut),
            ("disable", Verb::Disable),
            ("enable", Verb::Enable),
            ("delete", Verb::Delete),
        ] {
            let event = json!({ "verb": name, "id": 7, "username": null });
            let expected = Request::User(verb, Subject::Id(UserId::new(7)));
            assert_eq!(Request::parse(event).unwrap(), expected);
        }
        for role in Role::BUILT_IN {
            let event = json!({ "verb": "remove_role", "role": role.name(), "revoke": true });
            assert!(matches!(Request::parse(event), Err(Refusal::BuiltInRole)), "{role}");
        }
        for verb in ["add_role", "remove_role"] {
            let event = json!({ "verb": verb, "role": "editor" });
            assert!(matches!(Request::parse(event), Err(Refusal::BadRole)), "{verb}");
        }
        let unreadable = json!({ "verb": "list", "unreadable": true, "limit": 7 });
        let expected = Request::ListUnreadable { after: None, limit: 7 };
        assert_eq!(Request::parse(unreadable).unwrap(), expected);
        let logins = json!({ "verb": "logins", "iam": true, "connection_limit": 7 });
        let expected = Request::Logins { iam: true, connection_limit: Some(7) };
        assert_eq!(Request::parse(logins).unwrap(), expected);
        let none = Request::parse(json!({ "verb": "logins", "connection_limit": 0 }));
        assert!(matches!(none, Err(Refusal::BadConnectionLimit)));
        for event in [
            json!({}),
            json!(["migrate"]),
            json!(null),
            json!("migrate"),
            json!({ "verb": "drop" }),
            json!({ "verb": "grant", "username": "ada" }),
            json!({ "verb": "MIGRATE" }),
            json!({ "verb": "withdraw_key" }),
            json!({ "verb": "add_role" }),
            json!({ "verb": "remove_role", "role": "ROLE_X", "revoke": 1 }),
            json!({ "verb": "delete" }),
            json!({ "verb": "delete", "id": "7" }),
            json!({ "verb": "disable", "id": 7, "username": "ada" }),
            json!({ "verb": "sign_out", "id": 7, "role": "ROLE_X" }),
            json!({ "verb": "list_roles", "after": 1 }),
            json!({ "verb": "check_promotion", "kid": "x" }),
            json!({ "verb": "migrate", "force": true }),
            json!({ "verb": "migrate", "check": "true" }),
            json!({ "verb": "migrate", "check": true, "new_database_id": true }),
            json!({ "verb": "migrate", "check": true, "new_proof_key": true }),
            json!({ "verb": "list", "unreadable": 1 }),
            json!({ "verb": "list", "after": 2_147_483_648_u32 }),
            json!({ "verb": "grant", "unreadable": true, "username": "ada", "role": "ROLE_USER" }),
            json!({ "verb": "grant", "username": 7, "role": "ROLE_ADMIN" }),
            json!({ "verb": "grant", "id": "7", "role": "ROLE_ADMIN" }),
            json!({ "verb": "grant", "role": "ROLE_ADMIN" }),
            json!({ "verb": "revoke", "username": "ada", "id": 7, "role": "ROLE_ADMIN" }),
        ] {
            let refused = Request::parse(event.clone());
            assert!(matches!(refused, Err(Refusal::NoSuchRequest)), "{event}");
        }
        let none = Request::parse(json!({ "verb": "list", "limit": 0 }));
        assert!(matches!(none, Err(Refusal::BadLimit)));
    }
}
