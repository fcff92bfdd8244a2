//! Runs a step beside the legacy app. Neither a lock nor the wait for one blocks the legacy app for
//! long.

use tokio_postgres::Client;

use super::fold;
use super::step::{Step, Work};
use super::transaction::{Failure, brief, long};

pub(super) async fn run(client: &Client, step: &Step) -> Result<(), Failure> {
    for work in &step.works {
        match work {
            Work::Brief { lock, tables, sql } => brief(client, *lock, tables, sql).await?,
            Work::Long(sql) => long(client, sql).await?,
            Work::FoldRoles => fold::roles(client).await?,
            Work::FoldMemberships => fold::memberships(client).await?,
            Work::Index { unique, name, table, columns } => {
                index(client, *unique, name, table, columns).await?;
            }
        }
    }
    Ok(())
}

async fn index(
    client: &Client,
    unique: bool,
    name: &str,
    table: &str,
    columns: &str,
) -> Result<(), Failure> {
    let schema = format!(
        "SELECT quote_ident(n.nspname) FROM pg_class AS c \
         JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = '{table}'::regclass"
    );
    let schema: String = client.query_one(&schema, &[]).await?.try_get(0)?;
    // An interrupted attempt leaves an invalid index, which only slows inserts.
    let leftover = format!("DROP INDEX CONCURRENTLY IF EXISTS {schema}.{name}");
    long(client, &leftover).await?;
    let unique = if unique { "UNIQUE " } else { "" };
    let create = format!("CREATE {unique}INDEX CONCURRENTLY {name} ON {table} ({columns})");
    let created = long(client, &create).await;
    if created.is_err() {
        // The first failure is the one to report.
        let _ = long(client, &leftover).await;
    }
    created
}
