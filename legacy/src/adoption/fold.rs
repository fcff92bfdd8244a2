//! Removes duplicates in batches, so that no other transaction waits long for a row.

use tokio_postgres::{Client, SimpleQueryMessage};

use super::step::Lock;
use super::transaction::{Failure, brief};

/// The most rows that one transaction changes.
const BATCH: usize = 20_000;

/// Deletes all but one of the rows with the same user and role.
pub(super) async fn memberships(client: &Client) -> Result<(), Failure> {
    let extra = format!(
        "DELETE FROM users_to_roles WHERE ctid = ANY(ARRAY( \
             SELECT ctid FROM (SELECT ctid, row_number() OVER ( \
                 PARTITION BY user_id, role_id ORDER BY ctid) AS n FROM users_to_roles) AS numbered \
             WHERE n > 1 LIMIT {BATCH}))"
    );
    in_batches(client, &extra).await
}

/// Merges roles of the same name into the one with the lowest id, which gets the users of the others.
pub(super) async fn roles(client: &Client) -> Result<(), Failure> {
    let next = "SELECT r.id, k.id FROM roles AS r \
                JOIN (SELECT name, min(id) AS id FROM roles GROUP BY name) AS k USING (name) \
                WHERE r.id > k.id ORDER BY r.id LIMIT 1";
    while let Some(row) = client.query_opt(next, &[]).await? {
        let (extra, kept): (i32, i32) = (row.try_get(0)?, row.try_get(1)?);
        let has_both = |limit: &str| {
            format!(
                "DELETE FROM users_to_roles WHERE ctid = ANY(ARRAY( \
                     SELECT ur.ctid FROM users_to_roles AS ur \
                     JOIN users_to_roles AS other USING (user_id) \
                     WHERE ur.role_id = {extra} AND other.role_id = {kept} {limit}))"
            )
        };
        let moved = |limit: &str| {
            format!(
                "UPDATE users_to_roles SET role_id = {kept} WHERE ctid = ANY(ARRAY( \
                     SELECT ctid FROM users_to_roles WHERE role_id = {extra} {limit}))"
            )
        };
        let limit = format!("LIMIT {BATCH}");
        in_batches(client, &has_both(&limit)).await?;
        in_batches(client, &moved(&limit)).await?;
        // A sign-up of the legacy app reads the role and then refers to it. While the table is locked
        // against reads, no sign-up can be between these two, so the row can be deleted.
        let rest = format!("{}; {}; DELETE FROM roles WHERE id = {extra}", has_both(""), moved(""));
        brief(client, Lock::Everyone, &["roles"], &rest).await?;
    }
    Ok(())
}

async fn in_batches(client: &Client, sql: &str) -> Result<(), Failure> {
    loop {
        let answers = client.simple_query(sql).await?;
        if !answers.iter().any(|it| matches!(it, SimpleQueryMessage::CommandComplete(1..))) {
            return Ok(());
        }
    }
}
