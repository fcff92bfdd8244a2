//! Logins that authenticate by RDS IAM tokens.

use shared::db::Group;
use tokio_postgres::Transaction;
use tokio_postgres::error::SqlState;

use super::catalog::{Limit, exists};
use super::ownership;
use crate::refusal::Refusal;
use crate::role_prefix::RolePrefix;

/// The role whose members RDS accepts by an IAM token only.
const RDS_IAM: &str = "rds_iam";

/// Creates the logins; returns their names and the warnings for the operator.
///
/// From PostgreSQL 16 on, the creator of a role is a member of it, and RDS requires a token of every
/// direct or indirect member of `rds_iam`: it would then refuse the password of the user who runs
/// this. So a temporary role creates the logins, and is dropped before they join `rds_iam`.
pub(super) async fn make(
    transaction: &mut Transaction<'_>,
    prefix: &RolePrefix,
    limit: Limit,
) -> Result<(Vec<String>, Vec<String>), Refusal> {
    if !exists(transaction, RDS_IAM).await? {
        return Err(Refusal::Logins("this server has no role rds_iam".into()));
    }
    let was_member = is_by_token(transaction).await?;
    let owner = (prefix.iam_owner(), prefix.owner());
    if !exists(transaction, &owner.1).await? {
        transaction.batch_execute(&format!("CREATE ROLE {} NOLOGIN", owner.1)).await?;
    }
    let warnings = ownership::give(transaction, &owner.1).await?;
    let of_groups = Group::ALL.map(|group| (prefix.iam_login(group), prefix.role(group)));
    let logins: Vec<_> = of_groups.into_iter().chain([owner.clone()]).collect();
    let maker = prefix.maker();
    let become_maker = format!(
        "CREATE ROLE {maker} CREATEROLE; GRANT {maker} TO CURRENT_USER; SET LOCAL ROLE {maker}"
    );
    transaction.batch_execute(&become_maker).await?;
    let mut there = Vec::new();
    for (login, role) in &logins {
        if exists(transaction, login).await? {
            there.push(login);
            continue;
        }
        transaction
            .batch_execute(&format!("CREATE ROLE {login} LOGIN CONNECTION LIMIT {}", limit.new))
            .await?;
        if *login == owner.0 {
            // What this login creates belongs to the owner role, as all else does.
            transaction.batch_execute(&format!("ALTER ROLE {login} SET role = '{role}'")).await?;
        }
    }
    transaction.batch_execute(&format!("RESET ROLE; DROP ROLE {maker}")).await?;
    if let Some(limit) = limit.existing {
        for login in there {
            limit_connections(transaction, login, limit).await?;
        }
    }
    for (login, role) in &logins {
        transaction
            .batch_execute(&format!("GRANT {role} TO {login}; GRANT {RDS_IAM} TO {login}"))
            .await?;
    }
    if !was_member && is_by_token(transaction).await? {
        let cause = "this user would be a member of rds_iam, and its password no longer taken";
        return Err(Refusal::Logins(cause.into()));
    }
    Ok((logins.into_iter().map(|(login, _)| login).collect(), warnings))
}

/// Sets the connection limit of an existing login, if this user may: from PostgreSQL 16 on, only a
/// superuser may alter a login whose creator was dropped.
async fn limit_connections(
    transaction: &mut Transaction<'_>,
    login: &str,
    limit: i64,
) -> Result<(), Refusal> {
    let attempt = transaction.savepoint("connection_limit").await?;
    let alter = format!("ALTER ROLE {login} CONNECTION LIMIT {limit}");
    Ok(match attempt.batch_execute(&alter).await {
        Ok(()) => attempt.commit().await,
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            attempt.rollback().await
        }
        Err(error) => Err(error),
    }?)
}

/// Whether RDS accepts this user by a token only. A superuser counts as a member of every role.
async fn is_by_token(transaction: &Transaction<'_>) -> Result<bool, Refusal> {
    let row = transaction.query_one("SELECT pg_has_role('rds_iam', 'MEMBER')", &[]).await?;
    Ok(row.try_get(0)?)
}
