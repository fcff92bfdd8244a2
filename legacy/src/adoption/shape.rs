//! Obstacles in the definitions of the tables, a sentence for each.

use super::catalog::{Catalog, Column, Index, Table};
use super::mailbox_index;
use super::names::INDEXES;

/// The length of a `bcrypt_sha256` hash, the longest that Latchkey writes.
const PASSWORD_LENGTH: u32 = 128;

/// The obstacles that the catalog shows.
pub(super) fn obstacles(catalog: &Catalog) -> Vec<String> {
    let mut found = Vec::new();
    let needed =
        [&["id", "username", "email", "password"][..], &["id", "name"], &["user_id", "role_id"]];
    for ((name, table), columns) in catalog.tables().into_iter().zip(needed) {
        let Some(table) = table else { continue };
        if table.kind != "r" || table.inherits {
            found.push(format!("{name} isn't a plain table"));
            continue;
        }
        if !table.owned {
            found.push(format!("{name} belongs to another login: migrate as its owner"));
        }
        if table.rewritten {
            found.push(format!("{name} has a rule that rewrites what is written to it: drop it"));
        }
        if table.row_security_for_us {
            found.push(format!(
                "{name} has row-level security, so this login may not see all rows: \
                 migrate as a superuser, or ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY"
            ));
        }
        found.extend(columns.iter().filter_map(|column| of_column(name, table, column)));
        for column in &table.columns {
            let ours = columns.contains(&column.name.as_str());
            if !ours && column.name != "hashed_by" && !column.is_optional() {
                found.push(format!(
                    "{name}.{} is required in each insert, but Latchkey doesn't set it: give it \
                     a default, or allow NULL",
                    column.name
                ));
            }
        }
    }
    found.extend(catalog.users.as_ref().and_then(of_hashed_by));
    for (column, target) in [("user_id", "users"), ("role_id", "roles")] {
        let Some(memberships) = &catalog.users_to_roles else { continue };
        let mut keys = memberships.foreign_keys.iter().filter(|key| key.columns == [column]);
        if keys.any(|key| key.target != target || key.target_columns != ["id"]) {
            found.push(format!(
                "users_to_roles.{column} refers to something other than {target}.id"
            ));
        }
    }
    if catalog.roles.is_none() && catalog.users_to_roles.is_some() {
        found.push("users_to_roles exists without roles".to_owned());
    }
    found.extend(of_names(catalog));
    found
}

fn of_column(name: &str, table: &Table, column: &str) -> Option<String> {
    let path = format!("{name}.{column}");
    let Some(it) = table.column(column) else {
        return Some(format!("{name} has no column {column}"));
    };
    if column == "id" {
        return of_id(&path, table, it);
    }
    if column.ends_with("_id") {
        let is_integer = it.data_type == "integer" && !it.generated;
        return (!is_integer).then(|| format!("{path} is {}, not integer", it.data_type));
    }
    if !it.is_text() {
        return Some(format!("{path} is {}, not text", it.data_type));
    }
    if !it.deterministic {
        return Some(format!("{path} has a nondeterministic collation"));
    }
    let needed = match column {
        "username" => 255,
        "email" => 254,
        "password" => PASSWORD_LENGTH,
        _ => 64,
    };
    it.length.filter(|length| *length < needed).map(|length| {
        format!(
            "{path} allows {length} characters, Latchkey needs {needed}: ALTER TABLE \
             {name} ALTER COLUMN {column} TYPE text (which rewrites nothing)"
        )
    })
}

fn of_id(path: &str, table: &Table, id: &Column) -> Option<String> {
    if id.data_type != "integer" {
        Some(format!("{path} is {}, not integer", id.data_type))
    } else if id.sequence.is_none() {
        Some(format!("{path} has no sequence"))
    } else if !id.not_null || table.unique(&["id"]).is_none() {
        Some(format!("{path} isn't a key"))
    } else {
        None
    }
}

fn of_hashed_by(users: &Table) -> Option<String> {
    let column = users.column("hashed_by")?;
    let ours = column.data_type == "text"
        && column.not_null
        && column.default.as_deref() == Some("'app'::text");
    (!ours).then(|| "users has a column hashed_by that isn't Latchkey's: rename it".to_owned())
}

/// Obstacles to creating tables and indexes: a missing right, and names that are taken.
pub(super) fn of_names(catalog: &Catalog) -> Vec<String> {
    let mut found = Vec::new();
    if !catalog.may_create {
        found.push(
            "this login can't create tables: GRANT CREATE ON SCHEMA public, or use its owner"
                .to_owned(),
        );
    }
    for name in &catalog.taken {
        let in_the_way = if name == "adoption" {
            !catalog.adoption.as_ref().is_some_and(is_our_adoption)
        } else if name == mailbox_index::NAME {
            !catalog.users.as_ref().is_some_and(mailbox_index::is_in)
        } else {
            let ours = INDEXES.iter().find(|(index, ..)| index == name);
            ours.is_some_and(|(_, table, columns)| is_in_the_way(catalog, name, table, columns))
        };
        if in_the_way {
            found.push(format!("{name} exists and isn't Latchkey's: rename it"));
        }
    }
    if catalog.other_history || catalog.first_migration.is_some() {
        found.push("refinery_schema_history is another program's: rename it".to_owned());
    }
    found
}

fn is_our_adoption(table: &Table) -> bool {
    let columns = [("adopted_at", "timestamp with time zone"), ("last_user_id", "integer")];
    table.kind == "r"
        && table.columns.len() == columns.len()
        && columns.iter().all(|(name, data_type)| {
            table.column(name).is_some_and(|column| column.data_type == *data_type)
        })
}

/// Whether the index doesn't exist yet, but something has its name that isn't left from our own
/// interrupted attempt.
fn is_in_the_way(catalog: &Catalog, name: &str, table: &str, columns: &[&str]) -> bool {
    let table = catalog.tables().into_iter().find_map(|(it, found)| found.filter(|_| it == table));
    let Some(table) = table else { return true };
    let ours = |it: &Index| it.unique && it.plain && it.columns == columns;
    table.unique(columns).is_none()
        && (name != "users_to_roles_pkey" || !table.has_primary_key())
        && !table.index(name).is_some_and(ours)
}
