//! What a role may do, as PostgreSQL keeps it.

use std::collections::BTreeSet;
use std::fmt;

use shared::db::Group;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row, Transaction};

use crate::role_prefix::RolePrefix;

/// What the statements of `shared/src/db` need, and the body of the function `callers` for them,
/// column by column: the group, the privilege, the table, the columns. Tests hold it to those
/// statements and to nothing more.
const OF_COLUMNS: &[(Group, &str, &str, &[&str])] = &[
    (Group::Read, "SELECT", "users", &["id", "username", "email"]),
    (Group::Read, "SELECT", "roles", &["id", "name"]),
    (Group::Read, "SELECT", "users_to_roles", &["user_id", "role_id"]),
    (Group::Read, "SELECT", "signing_keys", &["kid", "jwk", "signs_from", "accepted_until"]),
    (Group::Read, "SELECT", "adoption", &["last_user_id"]),
    (Group::Read, "SELECT", "database_identity", &["id"]),
    (Group::Write, "SELECT", "users", &["id", "username", "email", "password", "hashed_by"]),
    (Group::Write, "INSERT", "users", &["username", "email", "password", "hashed_by"]),
    (Group::Write, "UPDATE", "users", &["password"]),
    (Group::Write, "SELECT", "roles", &["id", "name"]),
    (Group::Write, "INSERT", "users_to_roles", &["user_id", "role_id"]),
    (Group::Write, "SELECT", "signing_keys", &["kid", "signs_from", "accepted_until"]),
    (Group::Write, "SELECT", "database_identity", &["id"]),
];

/// The functions that those statements call: the group, the name, the types of its arguments.
const OF_ROUTINES: &[(Group, &str, &str)] = &[(Group::Read, "callers", "int[], timestamptz")];

/// The tables and functions as the statements find them, by the search path, and the sequences
/// that an insert of a user draws from: the one that numbers the users, and what else a default
/// takes a number of.
const PLACES: &str = "\
    SELECT 'ROUTINE' AS kind, n.nspname::text AS schema, p.proname::text AS name, \
           pg_get_function_identity_arguments(p.oid) AS arguments \
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace \
    WHERE p.oid = ANY(ARRAY( \
        SELECT to_regprocedure(signature)::oid FROM unnest($2::text[]) AS t (signature))) \
    UNION ALL \
    SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, \
           n.nspname::text, c.relname::text, NULL \
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
    WHERE c.oid = ANY(ARRAY(SELECT to_regclass(name)::oid FROM unnest($1::text[]) AS t (name))) \
       OR c.oid = pg_get_serial_sequence(to_regclass('users')::text, 'id')::regclass \
       OR c.relkind = 'S' AND EXISTS ( \
           SELECT FROM pg_depend AS p JOIN pg_attrdef AS d ON d.oid = p.objid \
           WHERE p.classid = 'pg_attrdef'::regclass \
             AND p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid \
             AND d.adrelid IN (to_regclass('users'), to_regclass('users_to_roles')))";

/// What roles hold of the schemas and of what stands in them, where that is ours to take; of the
/// functions, those of `$4` alone, since a team's own may be what its triggers call. With `$3`,
/// the use of a schema counts that somebody else's grant to everybody allows.
const HELD: &str = "\
    WITH schema AS ( \
        SELECT oid, nspname AS schema, nspacl AS acl, nspowner AS owner \
        FROM pg_namespace WHERE nspname::text = ANY($2) \
    ), routine AS ( \
        SELECT p.proacl AS acl, s.schema, p.proname AS name, \
               pg_get_function_identity_arguments(p.oid) AS arguments \
        FROM pg_proc AS p JOIN schema AS s ON s.oid = p.pronamespace \
        WHERE pg_has_role(p.proowner, 'USAGE') AND p.oid = ANY(ARRAY( \
            SELECT to_regprocedure(signature)::oid FROM unnest($4::text[]) AS t (signature))) \
    ), relation AS ( \
        SELECT c.oid, c.relacl AS acl, s.schema, c.relname AS name, \
               CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind \
        FROM pg_class AS c JOIN schema AS s ON s.oid = c.relnamespace \
        WHERE pg_has_role(c.relowner, 'USAGE') \
    ), entry AS ( \
        SELECT 'SCHEMA' AS kind, schema, NULL::name AS name, NULL AS arguments, \
               NULL::name AS \"column\", acl \
        FROM schema WHERE pg_has_role(owner, 'USAGE') \
        UNION ALL SELECT 'ROUTINE', schema, name, arguments, NULL, acl FROM routine \
        UNION ALL SELECT kind, schema, name, NULL, NULL, acl FROM relation \
        UNION ALL SELECT kind, schema, name, NULL, attname, attacl \
        FROM relation JOIN pg_attribute ON attrelid = relation.oid \
    ), grantee AS (SELECT oid, rolname::text AS role FROM pg_roles WHERE rolname::text = ANY($1)) \
    SELECT role, a.privilege_type::text AS action, a.is_grantable, kind, \
           schema::text, name::text, arguments, \"column\"::text \
    FROM entry, aclexplode(acl) AS a JOIN grantee ON grantee.oid = a.grantee \
    UNION SELECT role, 'USAGE', false, 'SCHEMA', schema::text, NULL, NULL, NULL \
    FROM schema, grantee WHERE $3 AND has_schema_privilege(grantee.oid, schema.oid, 'USAGE')";

/// One thing that a role may do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Privilege {
    role: String,
    action: String,
    is_grantable: bool,
    object: Object,
    column: Option<String>,
}

/// On what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Object {
    kind: String,
    schema: String,
    name: Option<String>,
    /// Of a routine, since others may have its name.
    arguments: Option<String>,
}

/// All that some roles may do, or are to be allowed.
pub(crate) type Privileges = BTreeSet<Privilege>;

impl Privilege {
    /// The statement that gives it.
    pub(crate) fn grant(&self) -> String {
        format!("GRANT {self} TO {}", quoted(&self.role))
    }

    /// The statement that takes it, and what was passed on of it.
    pub(crate) fn revoke(&self) -> String {
        format!("REVOKE {self} FROM {} CASCADE", quoted(&self.role))
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Object { kind, schema, name, arguments } = &self.object;
        f.write_str(&self.action)?;
        if let Some(column) = &self.column {
            write!(f, " ({})", quoted(column))?;
        }
        write!(f, " ON {kind} {}", quoted(schema))?;
        name.as_ref().map_or(Ok(()), |name| write!(f, ".{}", quoted(name)))?;
        arguments.as_ref().map_or(Ok(()), |arguments| write!(f, "({arguments})"))
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The functions as PostgreSQL looks them up.
fn signatures() -> Vec<String> {
    OF_ROUTINES.iter().map(|(_, name, types)| format!("{name}({types})")).collect()
}

/// The schemas in which our tables and functions stand, and all that `groups` need.
pub(crate) async fn needed(
    transaction: &Transaction<'_>,
    prefix: &RolePrefix,
    groups: &[Group],
) -> Result<(Vec<String>, Privileges), Error> {
    let tables: BTreeSet<_> = OF_COLUMNS.iter().map(|(_, _, table, _)| *table).collect();
    let tables: Vec<_> = tables.into_iter().collect();
    let rows = transaction.query(PLACES, &[&tables, &signatures()]).await?;
    let places: Result<Vec<_>, _> = rows.iter().map(object).collect();
    let places = places?;
    let schemas: BTreeSet<_> = places.iter().map(|place| place.schema.clone()).collect();

    let mut needed = Privileges::new();
    let mut need = |group, action: &str, object: Object, column: Option<&str>| {
        needed.insert(Privilege {
            role: prefix.role(group),
            action: action.to_owned(),
            is_grantable: false,
            object,
            column: column.map(str::to_owned),
        })
    };
    for group in groups {
        for schema in &schemas {
            let (kind, schema) = ("SCHEMA".into(), schema.clone());
            need(*group, "USAGE", Object { kind, schema, name: None, arguments: None }, None);
        }
        for place in &places {
            let of_place = OF_COLUMNS
                .iter()
                .filter(|(of, _, table, _)| of == group && place.name.as_deref() == Some(table));
            for (_, action, _, columns) in of_place {
                for column in *columns {
                    need(*group, action, place.clone(), Some(column));
                }
            }
            if *group == Group::Write && place.kind == "SEQUENCE" {
                need(*group, "USAGE", place.clone(), None);
            }
            let is_called = |(of, name, _): &(Group, &str, &str)| {
                of == group && place.name.as_deref() == Some(name)
            };
            if place.kind == "ROUTINE" && OF_ROUTINES.iter().any(is_called) {
                need(*group, "EXECUTE", place.clone(), None);
            }
        }
    }
    Ok((schemas.into_iter().collect(), needed))
}

/// What counts as held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// What was granted to the very role.
    Itself,
    /// A schema that everybody may use, too.
    Anybody,
}

/// All that roles hold in these schemas.
pub(crate) async fn held(
    transaction: &Transaction<'_>,
    roles: &[String],
    schemas: &[String],
    by: By,
) -> Result<Privileges, Error> {
    let parameters: [&(dyn ToSql + Sync); 4] =
        [&roles, &schemas, &(by == By::Anybody), &signatures()];
    let rows = transaction.query(HELD, &parameters).await?;
    let read = |row: &Row| {
        Ok(Privilege {
            role: row.try_get("role")?,
            action: row.try_get("action")?,
            is_grantable: row.try_get("is_grantable")?,
            object: object(row)?,
            column: row.try_get("column")?,
        })
    };
    rows.iter().map(read).collect()
}

fn object(row: &Row) -> Result<Object, Error> {
    Ok(Object {
        kind: row.try_get("kind")?,
        schema: row.try_get("schema")?,
        name: row.try_get("name")?,
        arguments: row.try_get("arguments")?,
    })
}
