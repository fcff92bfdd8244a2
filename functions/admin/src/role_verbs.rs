//! The verbs that change or list roles, with their answers and log lines.

use serde_json::{Value, json};
use shared::{Role, log};

use crate::refusal::Refusal;
use crate::roles::{Change, ListedRole, Removal, Roles, Subject};

/// The event of a change in the log.
const CHANGED: &str = "privilege_permissions_changed";

pub(crate) async fn grant(roles: &Roles, to: &Subject, role: &Role) -> Result<Value, Refusal> {
    changed("grant", role, roles.grant(to, role).await?)
}

pub(crate) async fn revoke(roles: &Roles, from: &Subject, role: &Role) -> Result<Value, Refusal> {
    changed("revoke", role, roles.revoke(from, role).await?)
}

fn changed(verb: &str, role: &Role, change: Change) -> Result<Value, Refusal> {
    let user = match change {
        Change::Done(user) => user,
        Change::NoSuchUser => return Err(Refusal::NoSuchUser),
        Change::NoSuchRole => return Err(Refusal::NoSuchRole),
        Change::TooManyRoles => return Err(Refusal::TooManyRoles),
    };
    log::notice(Some(user.id), CHANGED, Some(&format!("{verb} {role}")));
    Ok(json!({ "username": user.username.as_str(), "roles": user.roles }))
}

/// Adding a role that exists succeeds, as granting one that the user has does.
pub(crate) async fn add(roles: &Roles, role: &Role) -> Result<Value, Refusal> {
    let is_new = roles.add(role).await?;
    if is_new {
        log::notice(None, CHANGED, Some(&format!("add_role {role}")));
    }
    Ok(json!({ "role": role.name(), "is_new": is_new }))
}

/// Removing a role that doesn't exist succeeds, as revoking one that the user lacks does.
pub(crate) async fn remove(roles: &Roles, role: &Role, revoke: bool) -> Result<Value, Refusal> {
    let users = match roles.remove(role, revoke).await? {
        Removal::Held(users) => return Err(Refusal::RoleHeld { users }),
        Removal::NoSuchRole => None,
        Removal::Done(users) => {
            log::notice(None, CHANGED, Some(&format!("remove_role {role}")));
            Some(users)
        }
    };
    Ok(json!({ "role": role.name(), "is_removed": users.is_some(), "users": users }))
}

/// `is_ignored`: the name breaks [`Role`]'s rule, so that no caller has this role.
pub(crate) async fn list(roles: &Roles) -> Result<Value, Refusal> {
    let listed = |ListedRole { name, users }| {
        let is_ignored = Role::parse(name.as_str()).is_none();
        json!({ "name": name, "users": users, "is_ignored": is_ignored })
    };
    let roles: Vec<_> = roles.list_roles().await?.into_iter().map(listed).collect();
    Ok(json!({ "roles": roles }))
}
