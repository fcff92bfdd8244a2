//! Plans the steps from the database's current schema to V1's. A test compares an adopted schema
//! with a fresh one.

use postgres_protocol::escape::{escape_identifier, escape_literal};
use shared::NumericDate;

use super::catalog::{Catalog, Table};
use super::mailbox_index;
use super::rows::Counts;
use super::step::{Lock, Step, Work, brief};

/// The last of the tutorial's Alembic revisions, and those before it.
const HEAD: &str = "ece871602084";
const EARLIER: [&str; 3] = ["481b1e04c901", "9ce62b651a8f", "2d8360fae38a"];

/// V3, which creates the table `adoption`.
const ADOPTION: &str = include_str!("../../../migrations/V3__adoption.sql");

/// The remaining steps; none after a completed run.
pub(super) fn steps(catalog: &Catalog, counts: &Counts, now: NumericDate) -> Vec<Step> {
    let Some(users) = &catalog.users else { return Vec::new() };
    let mut steps = Vec::new();
    steps.extend(hashed_by(users));
    for (column, name) in [("username", "users_username_key"), ("email", "users_email_key")] {
        steps.extend(not_null("users", users, column));
        steps.extend(unique("users", users, column, name, "UNIQUE"));
    }
    steps.extend(mailbox_index::step(users));
    if catalog.roles.is_none() {
        steps.push(Step::new(
            "create the table roles, with its three rows",
            vec![Work::Long(format!("{ROLES}; {MISSING_ROLES}"))],
        ));
    }
    if catalog.users_to_roles.is_none() {
        let work = brief(Lock::Writers, &["roles", "users"], USERS_TO_ROLES);
        steps.push(Step::new("create the table users_to_roles", vec![work]));
    }
    if let Some(table) = &catalog.roles {
        roles(table, counts, &mut steps);
    }
    if let Some(table) = &catalog.users_to_roles {
        memberships(table, counts, &mut steps);
    }
    if let [revision] = catalog.alembic.as_slice()
        && EARLIER.contains(&revision.as_str())
    {
        let sql = format!(
            "UPDATE alembic_version SET version_num = '{HEAD}' WHERE version_num = '{revision}'"
        );
        steps.push(Step::new(format!("set alembic_version to {HEAD}"), vec![Work::Long(sql)]));
    }
    if counts.users_behind {
        steps.push(Step::new(
            "advance the sequence of users.id past its highest value",
            vec![brief(Lock::Writers, &["users"], go_on("users", users))],
        ));
    }
    if !counts.is_recorded {
        // The lock blocks inserts: every later user has a higher id.
        let sql = format!(
            "{}; {ADOPTION} INSERT INTO adoption (adopted_at, last_user_id) \
             SELECT to_timestamp({}), COALESCE(max(id), 0) FROM users ON CONFLICT DO NOTHING",
            go_on("users", users),
            now.seconds()
        );
        steps.push(Step::new(
            "record the adoption and the highest users.id",
            vec![brief(Lock::Writers, &["users"], sql)],
        ));
    }
    steps
}

fn hashed_by(users: &Table) -> Option<Step> {
    let mut works = Vec::new();
    let column = "ALTER TABLE users ADD COLUMN hashed_by text NOT NULL DEFAULT 'app'";
    let check = "ADD CONSTRAINT users_hashed_by_check CHECK (hashed_by IN ('app', 'latchkey')) \
                 NOT VALID";
    let constraint = users.constraint("users_hashed_by_check");
    if users.column("hashed_by").is_none() {
        works.push(brief(Lock::Everyone, &["users"], format!("{column}, {check}")));
    } else if constraint.is_none() {
        works.push(brief(Lock::Everyone, &["users"], format!("ALTER TABLE users {check}")));
    }
    if !constraint.is_some_and(|it| it.validated) {
        works.push(validate("users", "users_hashed_by_check"));
    }
    let title = "add the column users.hashed_by: every existing hash is the legacy app's";
    (!works.is_empty()).then(|| Step::new(title, works))
}

fn validate(table: &str, constraint: &str) -> Work {
    Work::Long(format!("ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}"))
}

/// Sets NOT NULL after validating a check, which blocks neither reads nor writes: SET NOT NULL then
/// needs its lock only briefly.
fn not_null(name: &'static str, table: &Table, column: &str) -> Option<Step> {
    if table.column(column).is_some_and(|column| column.not_null) {
        return None;
    }
    let check = format!("{name}_{column}_not_null_check");
    let mut works = Vec::new();
    let constraint = table.constraint(&check);
    if constraint.is_none() {
        let sql = format!(
            "ALTER TABLE {name} ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID"
        );
        works.push(brief(Lock::Everyone, &[name], sql));
    }
    if !constraint.is_some_and(|it| it.validated) {
        works.push(validate(name, &check));
    }
    let sql = format!(
        "ALTER TABLE {name} ALTER COLUMN {column} SET NOT NULL; \
         ALTER TABLE {name} DROP CONSTRAINT {check}"
    );
    works.push(brief(Lock::Everyone, &[name], sql));
    Some(Step::new(format!("forbid NULL in {name}.{column}"), works))
}

/// Creates a unique index of our name and a constraint on it, unless another unique index of these
/// columns exists.
fn unique(
    table_name: &'static str,
    table: &Table,
    columns: &'static str,
    name: &'static str,
    attach: &str,
) -> Option<Step> {
    let list: Vec<_> = columns.split(", ").collect();
    let mut works = Vec::new();
    match table.unique(&list) {
        Some(index) if index.name != name || index.of_constraint => return None,
        Some(_) => {}
        None => {
            works.push(Work::Index { unique: true, name, table: table_name, columns });
        }
    }
    let sql = format!("ALTER TABLE {table_name} ADD CONSTRAINT {name} {attach} USING INDEX {name}");
    works.push(brief(Lock::Everyone, &[table_name], sql));
    let what = if attach == "UNIQUE" { "unique" } else { "the primary key" };
    Some(Step::new(format!("make {table_name} ({columns}) {what}"), works))
}

fn roles(roles: &Table, counts: &Counts, steps: &mut Vec<Step>) {
    steps.extend(not_null("roles", roles, "name"));
    if counts.duplicate_roles > 0 {
        let words =
            format!("fold {} of roles with the name of another", rows(counts.duplicate_roles));
        steps.push(Step::new(words, vec![Work::FoldRoles]));
    }
    steps.extend(unique("roles", roles, "name", "roles_name_key", "UNIQUE"));
    if counts.roles_behind {
        let sql = go_on("roles", roles);
        let words = "advance the sequence of roles.id past its highest value";
        steps.push(Step::new(words, vec![brief(Lock::Writers, &["roles"], sql)]));
    }
    if counts.missing_roles > 0 {
        let words = format!("add the {} of roles that Latchkey needs", rows(counts.missing_roles));
        // The lock keeps other inserts from taking the new rows' ids.
        let sql = format!("{}; {MISSING_ROLES}", go_on("roles", roles));
        steps.push(Step::new(words, vec![brief(Lock::Writers, &["roles"], sql)]));
    }
}

const ROLES: &str = "\
    CREATE TABLE roles (id serial PRIMARY KEY, \
    name text NOT NULL CONSTRAINT roles_name_key UNIQUE)";

const USERS_TO_ROLES: &str = "\
    CREATE TABLE users_to_roles ( \
        user_id int NOT NULL CONSTRAINT users_to_roles_user_id_fkey \
            REFERENCES users (id) ON DELETE CASCADE, \
        role_id int NOT NULL CONSTRAINT users_to_roles_role_id_fkey \
            REFERENCES roles (id) ON DELETE CASCADE, \
        CONSTRAINT users_to_roles_pkey PRIMARY KEY (user_id, role_id))";

const MISSING_ROLES: &str = "\
    INSERT INTO roles (name) SELECT name FROM (VALUES (1, 'ROLE_USER'), (2, 'ROLE_MODERATOR'), \
    (3, 'ROLE_ADMIN')) AS needed (position, name) \
    WHERE NOT EXISTS (SELECT FROM roles AS r WHERE r.name = needed.name) ORDER BY position";

fn memberships(table: &Table, counts: &Counts, steps: &mut Vec<Step>) {
    if counts.duplicate_memberships > 0 {
        let words = format!(
            "fold {} of users_to_roles that duplicate another",
            rows(counts.duplicate_memberships)
        );
        steps.push(Step::new(words, vec![Work::FoldMemberships]));
    }
    for column in ["user_id", "role_id"] {
        steps.extend(not_null("users_to_roles", table, column));
    }
    let (name, attach) = if table.has_primary_key() {
        ("users_to_roles_user_id_role_id_key", "UNIQUE")
    } else {
        ("users_to_roles_pkey", "PRIMARY KEY")
    };
    let columns = "user_id, role_id";
    steps.extend(unique("users_to_roles", table, columns, name, attach));
    steps.extend(cascade(table, "user_id", "users"));
    steps.extend(cascade(table, "role_id", "roles"));
}

/// Replaces foreign keys that prevent a delete by one that cascades. Locks the tables in the order of
/// the legacy app's sign-up.
fn cascade(table: &Table, column: &str, target: &'static str) -> Option<Step> {
    let tables = [target, "users_to_roles"];
    let name = format!("users_to_roles_{column}_fkey");
    let beside = format!("{name}_cascade");
    let keys = table.keys_to(column, target);
    let there = keys.iter().find(|key| key.cascades && key.validated);
    let there = there.or_else(|| keys.iter().find(|key| key.cascades));
    let mut works = Vec::new();
    let new = match there {
        Some(key) => key.name.as_str(),
        None if table.constraint(&name).is_none() => &name,
        None => &beside,
    };
    if there.is_none() {
        let sql = format!(
            "ALTER TABLE users_to_roles ADD CONSTRAINT {new} FOREIGN KEY ({column}) \
             REFERENCES {target} (id) ON DELETE CASCADE NOT VALID"
        );
        works.push(brief(Lock::Writers, &tables, sql));
    }
    if !there.is_some_and(|key| key.validated) {
        works.push(validate("users_to_roles", &escape_identifier(new)));
    }
    let old = keys.iter().filter(|key| key.name != new);
    let drops: Vec<_> =
        old.map(|key| format!("DROP CONSTRAINT {}", escape_identifier(&key.name))).collect();
    if !drops.is_empty() || new == beside {
        let mut sql = Vec::new();
        if !drops.is_empty() {
            sql.push(format!("ALTER TABLE users_to_roles {}", drops.join(", ")));
        }
        if new == beside {
            sql.push(format!("ALTER TABLE users_to_roles RENAME CONSTRAINT {beside} TO {name}"));
        }
        works.push(brief(Lock::Everyone, &tables, sql.join("; ")));
    }
    let title = format!("make deletes in {target} cascade to users_to_roles");
    (!works.is_empty()).then(|| Step::new(title, works))
}

/// Advances a sequence past ids that rows inserted by hand have taken, and never moves it back.
fn go_on(name: &str, table: &Table) -> String {
    let sequence = table.column("id").and_then(|column| column.sequence.as_deref());
    let sequence = sequence.unwrap_or_default();
    let literal = escape_literal(sequence);
    format!(
        "SELECT setval({literal}, top) FROM {sequence} AS s, \
         (SELECT max(id) AS top FROM {name}) AS t WHERE top >= s.last_value + s.is_called::int"
    )
}

fn rows(count: i64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}
