//! The group roles: creates them if this login may, and grants the privileges their members need.

use serde_json::{Value, json};
use shared::db::{self, Group};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, Transaction};

use crate::privilege::{By, Privilege, held, needed};
use crate::role_prefix::RolePrefix;

/// Creates the missing roles and sets the privileges of all of them, in one transaction. Roles
/// belong to the cluster: another database's migration may be creating the same ones.
///
/// Returns the roles that now have exactly the privileges that their members need, and what an
/// administrator still has to do, as a sentence.
pub(crate) async fn set(client: &mut Client, prefix: &RolePrefix) -> Result<Value, db::Error> {
    let mut transaction = client.transaction().await?;
    let (mut groups, mut missing) = (Vec::new(), Vec::new());
    for group in Group::ALL {
        if ensure(&mut transaction, &prefix.role(group)).await? {
            groups.push(group);
        } else {
            missing.push(prefix.role(group));
        }
    }
    let granted: Vec<_> = groups.iter().map(|group| prefix.role(*group)).collect();
    match grant(&transaction, prefix, &groups, &granted).await {
        Ok(true) => {
            transaction.commit().await?;
            let to_do = (!missing.is_empty()).then(|| create(&missing));
            Ok(json!({ "granted": granted, "to_do": to_do }))
        }
        Err(error) if error.code() != Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Err(error.into()),
        Ok(false) | Err(_) => {
            transaction.rollback().await?;
            Ok(json!({ "granted": [], "to_do": own(&granted) }))
        }
    }
}

/// Creates the role if it is missing. False if this login may not create it.
async fn ensure(transaction: &mut Transaction<'_>, role: &str) -> Result<bool, Error> {
    let exists = "SELECT FROM pg_roles WHERE rolname = $1";
    if transaction.query_opt(exists, &[&role]).await?.is_some() {
        return Ok(true);
    }
    let attempt = transaction.savepoint("role").await?;
    match attempt.batch_execute(&format!("CREATE ROLE {role} NOLOGIN")).await {
        Ok(()) => attempt.commit().await.map(|()| true),
        Err(error) => {
            attempt.rollback().await?;
            match error.code() {
                // Another migration has just created it.
                Some(&SqlState::DUPLICATE_OBJECT | &SqlState::UNIQUE_VIOLATION) => Ok(true),
                Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Ok(false),
                _ => Err(error),
            }
        }
    }
}

/// Revokes the privileges that the roles don't need and grants those that they lack. False if that
/// had no effect: PostgreSQL may only warn a login that isn't the owner.
async fn grant(
    transaction: &Transaction<'_>,
    prefix: &RolePrefix,
    groups: &[Group],
    roles: &[String],
) -> Result<bool, Error> {
    let (schemas, needed) = needed(transaction, prefix, groups).await?;
    let held_now = async |by| held(transaction, roles, &schemas, by).await;
    let revoke = statements(held_now(By::Itself).await?.difference(&needed), Privilege::revoke);
    transaction.batch_execute(&revoke).await?;
    // Read again: revoking a privilege on a table also revokes it on the table's columns.
    let grant = statements(needed.difference(&held_now(By::Itself).await?), Privilege::grant);
    transaction.batch_execute(&grant).await?;
    Ok(held_now(By::Anybody).await? == needed)
}

fn statements<'a>(
    privileges: impl Iterator<Item = &'a Privilege>,
    of: impl Fn(&Privilege) -> String,
) -> String {
    privileges.map(of).collect::<Vec<_>>().join("; ")
}

fn create(missing: &[String]) -> String {
    let statements: Vec<_> =
        missing.iter().map(|role| format!("CREATE ROLE {role} NOLOGIN;")).collect();
    format!(
        "An administrator has to run `{}`, and then migrate once more: this login may not create \
         roles.",
        statements.join(" ")
    )
}

fn own(roles: &[String]) -> String {
    format!(
        "The owner of the tables, of our functions and of their schema has to migrate once more: \
         this login may not set what {} may do there.",
        roles.join(", ")
    )
}
