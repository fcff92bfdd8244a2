//! Finds the rows that can't be adopted, and counts what the plan has to change. A sentence names rows
//! by their ids alone.

use postgres_protocol::escape::escape_literal;
use shared::db;
use tokio_postgres::{Row, Transaction};

use super::catalog::{Catalog, Table};

/// The most rows that a sentence names.
const NAMED: usize = 12;

/// The fewest ids that a sequence must have left.
const LEFT: i32 = 1_000_000;

/// The most bytes of a compressed text in a unique index: a third of a page.
const INDEXED_BYTES: i32 = 2_690;

/// The state of the rows, for the plan.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) duplicate_memberships: i64,
    pub(super) duplicate_roles: i64,
    pub(super) missing_roles: i64,
    /// Whether the sequence of `users.id` is behind the highest id.
    pub(super) users_behind: bool,
    /// Whether the sequence of `roles.id` is behind the highest id.
    pub(super) roles_behind: bool,
    /// Whether the adoption is on record.
    pub(super) is_recorded: bool,
}

/// Reads the rows: the counts, and the obstacles. The tables must have no [`super::shape`] obstacle.
pub(super) async fn read(
    transaction: &Transaction<'_>,
    catalog: &Catalog,
) -> Result<(Counts, Vec<String>), db::Error> {
    let rows = Rows(transaction);
    let mut counts = Counts { missing_roles: 3, ..Counts::default() };
    let mut found = Vec::new();
    if let Some(users) = &catalog.users {
        for column in ["username", "email"] {
            found.extend(rows.of_name(users, column).await?);
        }
        found.extend(rows.ids_left("users").await?);
        counts.users_behind = rows.is_behind("users", users).await?;
    }
    if let Some(roles) = &catalog.roles {
        let without_name = "SELECT id FROM roles WHERE name IS NULL";
        found.extend(rows.listed("roles without a name", without_name).await?);
        found.extend(rows.ids_left("roles").await?);
        let duplicates = "SELECT count(name) - count(DISTINCT name) FROM roles";
        counts.duplicate_roles = rows.one(duplicates).await?.try_get(0)?;
        let missing = "SELECT 3 - count(DISTINCT name) FROM roles \
                       WHERE name IN ('ROLE_USER', 'ROLE_MODERATOR', 'ROLE_ADMIN')";
        counts.missing_roles = rows.one(missing).await?.try_get(0)?;
        counts.roles_behind = rows.is_behind("roles", roles).await?;
        let others = roles.referrers.iter().find(|it| it.table != "users_to_roles");
        if let Some(other) = others.filter(|_| counts.duplicate_roles > 0) {
            found.push(format!(
                "roles has rows of the same name, and {} refers to them: keep one of each name",
                other.table
            ));
        }
    }
    if let Some(memberships) = &catalog.users_to_roles {
        found.extend(rows.of_memberships(memberships).await?);
        if memberships.unique(&["user_id", "role_id"]).is_none() {
            let duplicates = "SELECT count(*) - count(DISTINCT (user_id, role_id)) \
                              FROM users_to_roles";
            counts.duplicate_memberships = rows.one(duplicates).await?.try_get(0)?;
        }
        if counts.duplicate_memberships + counts.duplicate_roles > 0 {
            found.extend(rows.of_duplicates(memberships).await?);
        }
    }
    if catalog.adoption.is_some() {
        let recorded = "SELECT EXISTS (SELECT FROM adoption)";
        counts.is_recorded = rows.one(recorded).await?.try_get(0)?;
    }
    Ok((counts, found))
}

/// Queries of rows.
pub(super) struct Rows<'a>(pub(super) &'a Transaction<'a>);

impl Rows<'_> {
    pub(super) async fn one(&self, sql: &str) -> Result<Row, db::Error> {
        Ok(self.0.query_one(sql, &[]).await?)
    }

    /// A sentence that lists the results of `rows`, a query of one column; `None` without results.
    pub(super) async fn listed(&self, what: &str, rows: &str) -> Result<Option<String>, db::Error> {
        let sql = format!(
            "WITH bad (it) AS MATERIALIZED ({rows}) SELECT (SELECT count(*) FROM bad), \
             ARRAY(SELECT it::text FROM bad ORDER BY it LIMIT {NAMED})"
        );
        let row = self.one(&sql).await?;
        let (count, named): (i64, Vec<String>) = (row.try_get(0)?, row.try_get(1)?);
        Ok((count > 0).then(|| sentence(what, &named.join(", "), named.len(), count)))
    }

    /// Obstacles to a unique, NOT NULL column of `users`: NULLs, duplicates, values too long for an
    /// index. Skips a query whose result the schema already rules out.
    async fn of_name(&self, users: &Table, column: &str) -> Result<Vec<String>, db::Error> {
        let mut found = Vec::new();
        if !users.column(column).is_some_and(|column| column.not_null) {
            let null = format!("SELECT id FROM users WHERE {column} IS NULL");
            found.extend(self.listed(&format!("users whose {column} is NULL"), &null).await?);
        }
        if users.unique(&[column]).is_some() {
            return Ok(found);
        }
        let shared = format!(
            "WITH bad AS MATERIALIZED (SELECT id, first FROM (SELECT id, \
                 min(id) OVER (PARTITION BY {column}) AS first, \
                 count(*) OVER (PARTITION BY {column}) AS holders \
                 FROM users WHERE {column} IS NOT NULL) AS counted WHERE holders > 1) \
             SELECT id, first, (SELECT count(*) FROM bad) FROM bad ORDER BY first, id LIMIT {NAMED}"
        );
        let rows = self.0.query(&shared, &[]).await?;
        if let Some(last) = rows.last() {
            let what = format!("users who share their {column} with another");
            found.push(sentence(&what, &groups(&rows)?, rows.len(), last.try_get(2)?));
        }
        let long = format!("SELECT id FROM users WHERE pg_column_size({column}) > {INDEXED_BYTES}");
        let what = format!("users whose {column} is too long for an index");
        found.extend(self.listed(&what, &long).await?);
        Ok(found)
    }

    /// Rows, perhaps inserted by hand, whose id leaves too few ids for later rows.
    async fn ids_left(&self, table: &str) -> Result<Option<String>, db::Error> {
        let near = format!("SELECT id FROM {table} WHERE id > {}", i32::MAX - LEFT);
        let what = format!("rows of {table} whose id leaves less than a million ids after it");
        self.listed(&what, &near).await
    }

    async fn is_behind(&self, name: &str, table: &Table) -> Result<bool, db::Error> {
        let sequence = table.column("id").and_then(|column| column.sequence.as_deref());
        let Some(sequence) = sequence else { return Ok(false) };
        let sql = format!(
            "SELECT COALESCE((SELECT max(id) FROM {name}) >= last_value + is_called::int, false) \
             FROM {sequence}"
        );
        Ok(self.one(&sql).await?.try_get(0)?)
    }

    /// Memberships without a user or a role. Skips the query if the schema rules them out.
    async fn of_memberships(&self, table: &Table) -> Result<Option<String>, db::Error> {
        let held = |column: &str, target: &str| {
            table.column(column).is_some_and(|column| column.not_null)
                && table.keys_to(column, target).iter().any(|key| key.validated)
        };
        if held("user_id", "users") && held("role_id", "roles") {
            return Ok(None);
        }
        let lost = "SELECT format('(%s, %s)', COALESCE(user_id::text, 'NULL'), \
                    COALESCE(role_id::text, 'NULL')) FROM users_to_roles AS ur \
                    WHERE NOT EXISTS (SELECT FROM users AS u WHERE u.id = ur.user_id) \
                    OR NOT EXISTS (SELECT FROM roles AS r WHERE r.id = ur.role_id)";
        let what = "rows of users_to_roles, as (user_id, role_id), without a user or a role";
        self.listed(what, lost).await
    }

    /// Duplicates that can't be removed: another table refers to them, or they differ in a column of
    /// the team's.
    async fn of_duplicates(&self, table: &Table) -> Result<Vec<String>, db::Error> {
        let mut found = Vec::new();
        if let Some(other) = table.referrers.first() {
            found.push(format!(
                "users_to_roles has duplicates, and {} refers to them: keep one of each",
                other.table
            ));
        }
        let key = table.indexes.iter().filter(|index| index.primary);
        let key = key.flat_map(|index| &index.columns).map(String::as_str);
        let known: Vec<_> = ["user_id", "role_id"].into_iter().chain(key).collect();
        if table.columns.iter().all(|column| known.contains(&column.name.as_str())) {
            return Ok(found);
        }
        let known: Vec<_> = known.into_iter().map(escape_literal).collect();
        let differing = format!(
            "SELECT format('(%s, %s)', user_id, min(role_id)) FROM users_to_roles AS ur \
             JOIN roles AS r ON r.id = ur.role_id GROUP BY user_id, r.name \
             HAVING count(DISTINCT to_jsonb(ur) - ARRAY[{}]) > 1",
            known.join(", ")
        );
        let what = "duplicates in users_to_roles, as (user_id, role_id), that differ in another \
                    column";
        found.extend(self.listed(what, &differing).await?);
        Ok(found)
    }
}

/// The ids as text: `, ` between rows that share a value, `; ` between groups.
fn groups(rows: &[Row]) -> Result<String, db::Error> {
    let mut text = String::new();
    let mut before = None;
    for row in rows {
        let (id, first): (i32, i32) = (row.try_get(0)?, row.try_get(1)?);
        let between = match before {
            None => "",
            Some(before) if before == first => ", ",
            Some(_) => "; ",
        };
        text += between;
        text += &id.to_string();
        before = Some(first);
    }
    Ok(text)
}

fn sentence(what: &str, named: &str, shown: usize, count: i64) -> String {
    let all = i64::try_from(shown).is_ok_and(|shown| shown == count);
    if all { format!("{what}: {named}") } else { format!("{what}: {named} … ({count} in all)") }
}
