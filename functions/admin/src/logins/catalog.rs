//! PostgreSQL's catalog of roles.

use std::collections::BTreeMap;

use shared::db;
use tokio_postgres::Transaction;

/// The connection limit of a new login, and of an existing one if it is to change.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    pub(super) new: i64,
    pub(super) existing: Option<i64>,
}

/// Whether there is a role with this name.
pub(super) async fn exists(transaction: &Transaction<'_>, role: &str) -> Result<bool, db::Error> {
    let found = transaction.query_opt("SELECT FROM pg_roles WHERE rolname = $1", &[&role]).await?;
    Ok(found.is_some())
}

/// Each login's connection limit in `pg_roles`.
pub(super) async fn limits(
    transaction: &Transaction<'_>,
    logins: &[String],
) -> Result<BTreeMap<String, i32>, db::Error> {
    let limits = "SELECT rolname::text, rolconnlimit FROM pg_roles \
                  WHERE rolname::text = ANY($1::text[])";
    let rows = transaction.query(limits, &[&logins]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// The other databases of the server in which one of the roles has privileges or owns an object.
pub(super) async fn elsewhere(
    transaction: &Transaction<'_>,
    roles: &[&String],
) -> Result<Option<String>, db::Error> {
    let databases = "SELECT string_agg(DISTINCT b.datname::text, ', ') FROM pg_shdepend AS d \
                     JOIN pg_database AS b ON b.oid = d.dbid \
                     JOIN pg_roles AS r ON r.oid = d.refobjid \
                     WHERE d.refclassid = 'pg_authid'::regclass \
                     AND r.rolname::text = ANY($1::text[]) AND b.datname <> current_database()";
    Ok(transaction.query_one(databases, &[&roles]).await?.try_get(0)?)
}
