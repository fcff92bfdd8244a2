//! The privileges of the group roles: those that PostgreSQL's catalog has, and those needed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use postgres_protocol::escape::escape_identifier;
use shared::db::{self, Group};
use shared::functions::logins;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Transaction};

use crate::role_prefix::RolePrefix;

/// The tables and functions that the search path finds.
const OBJECTS: &str = "\
    SELECT 'ROUTINE' AS kind, n.nspname::text AS schema, p.proname::text AS name, \
           pg_get_function_identity_arguments(p.oid) AS arguments, signature AS named \
    FROM unnest($2::text[]) AS t (signature) \
    JOIN pg_proc AS p ON p.oid = to_regprocedure(signature) \
    JOIN pg_namespace AS n ON n.oid = p.pronamespace \
    UNION ALL \
    SELECT 'TABLE', n.nspname::text, c.relname::text, NULL, t.name \
    FROM unnest($1::text[]) AS t (name) JOIN pg_class AS c ON c.oid = to_regclass(t.name) \
    JOIN pg_namespace AS n ON n.oid = c.relnamespace";

/// The privileges of the roles `$1` on the schemas `$2` and on what this login owns in them. The SQL
/// functions `$4` count and no others, because a team may grant the roles functions of its own, for
/// its triggers. If `$3`, schema USAGE granted to PUBLIC counts as held.
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

/// A privilege of one role on one object or column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Privilege {
    role: String,
    action: String,
    is_grantable: bool,
    object: Object,
    column: Option<String>,
}

/// A schema, table, sequence or function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Object {
    kind: String,
    schema: String,
    name: Option<String>,
    /// Of a function, since functions can be overloaded.
    arguments: Option<String>,
}

pub(crate) type Privileges = BTreeSet<Privilege>;

impl Privilege {
    pub(crate) fn grant(&self) -> String {
        format!("GRANT {self} TO {}", escape_identifier(&self.role))
    }

    /// Revokes also what the role has granted to others.
    pub(crate) fn revoke(&self) -> String {
        format!("REVOKE {self} FROM {} CASCADE", escape_identifier(&self.role))
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Object { kind, schema, name, arguments } = &self.object;
        f.write_str(&self.action)?;
        if let Some(column) = &self.column {
            write!(f, " ({})", escape_identifier(column))?;
        }
        write!(f, " ON {kind} {}", escape_identifier(schema))?;
        name.as_ref().map_or(Ok(()), |name| write!(f, ".{}", escape_identifier(name)))?;
        arguments.as_ref().map_or(Ok(()), |arguments| write!(f, "({arguments})"))
    }
}

/// The signatures of our SQL functions, as `to_regprocedure` reads them.
fn signatures() -> Vec<String> {
    logins::routines().iter().map(db::Routine::signature).collect()
}

/// The schemas of our tables and functions, and the privileges that `groups` need.
pub(crate) async fn needed(
    transaction: &Transaction<'_>,
    prefix: &RolePrefix,
    groups: &[Group],
) -> Result<(Vec<String>, Privileges), Error> {
    let needs = || groups.iter().flat_map(|group| group.needs());
    let tables: Vec<_> = needs()
        .filter_map(|need| match need {
            db::Privilege::Select(table, _) => Some(table),
            db::Privilege::Execute(_) => None,
        })
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let rows = transaction.query(OBJECTS, &[&tables, &signatures()]).await?;
    let read = |row: &Row| Ok((row.try_get::<_, String>("named")?, object(row)?));
    let objects: Result<BTreeMap<_, _>, Error> = rows.iter().map(read).collect();
    let objects = objects?;
    let schemas: BTreeSet<_> = objects.values().map(|object| object.schema.clone()).collect();

    let mut needed = Privileges::new();
    let mut need = |group: Group, action: &str, object: Object, column: Option<&str>| {
        needed.insert(Privilege {
            role: prefix.role(group),
            action: action.to_owned(),
            is_grantable: false,
            object,
            column: column.map(str::to_owned),
        });
    };
    for group in groups {
        for schema in &schemas {
            let (kind, schema) = ("SCHEMA".into(), schema.clone());
            need(*group, "USAGE", Object { kind, schema, name: None, arguments: None }, None);
        }
        for privilege in group.needs() {
            match privilege {
                db::Privilege::Execute(routine) => {
                    if let Some(object) = objects.get(&routine.signature()) {
                        need(*group, "EXECUTE", object.clone(), None);
                    }
                }
                db::Privilege::Select(table, columns) => {
                    let Some(object) = objects.get(table) else { continue };
                    for column in columns {
                        need(*group, "SELECT", object.clone(), Some(column));
                    }
                }
            }
        }
    }
    Ok((schemas.into_iter().collect(), needed))
}

/// Which privileges count as held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// Those granted to the role itself.
    Itself,
    /// Those, and USAGE of a schema that PUBLIC has.
    Anybody,
}

/// The roles' privileges in these schemas.
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

/// A warning if any login may create objects in the schema of the tables, as in databases created
/// before PostgreSQL 15: such an object can run with the privileges of the owner.
pub(crate) async fn open_schema(client: &Client) -> Result<Option<String>, Error> {
    let open = "SELECT quote_ident(n.nspname) FROM pg_class AS c \
                JOIN pg_namespace AS n ON n.oid = c.relnamespace, aclexplode(n.nspacl) AS a \
                WHERE c.oid = to_regclass('users') AND a.grantee = 0::oid \
                AND a.privilege_type = 'CREATE'";
    let Some(row) = client.query_opt(open, &[]).await? else { return Ok(None) };
    let schema: String = row.try_get(0)?;
    Ok(Some(format!(
        "Any login may create objects in the schema of the tables, and these can run with the rights \
         of the owner: REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC."
    )))
}

fn object(row: &Row) -> Result<Object, Error> {
    Ok(Object {
        kind: row.try_get("kind")?,
        schema: row.try_get("schema")?,
        name: row.try_get("name")?,
        arguments: row.try_get("arguments")?,
    })
}
