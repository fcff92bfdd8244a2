//! What a role may do, as PostgreSQL keeps it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use shared::db::{self, Group};
use shared::functions;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Transaction};

use crate::role_prefix::RolePrefix;

/// The tables and functions as the statements find them, by the search path.
const PLACES: &str = "\
    SELECT 'ROUTINE' AS kind, n.nspname::text AS schema, p.proname::text AS name, \
           pg_get_function_identity_arguments(p.oid) AS arguments, signature AS named \
    FROM unnest($2::text[]) AS t (signature) \
    JOIN pg_proc AS p ON p.oid = to_regprocedure(signature) \
    JOIN pg_namespace AS n ON n.oid = p.pronamespace \
    UNION ALL \
    SELECT 'TABLE', n.nspname::text, c.relname::text, NULL, t.name \
    FROM unnest($1::text[]) AS t (name) JOIN pg_class AS c ON c.oid = to_regclass(t.name) \
    JOIN pg_namespace AS n ON n.oid = c.relnamespace";

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
    functions::routines().iter().map(db::Routine::signature).collect()
}

/// The schemas in which our tables and functions stand, and all that `groups` need.
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
    let rows = transaction.query(PLACES, &[&tables, &signatures()]).await?;
    let place = |row: &Row| Ok((row.try_get::<_, String>("named")?, object(row)?));
    let places: Result<BTreeMap<_, _>, Error> = rows.iter().map(place).collect();
    let places = places?;
    let schemas: BTreeSet<_> = places.values().map(|place| place.schema.clone()).collect();

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
                    if let Some(place) = places.get(&routine.signature()) {
                        need(*group, "EXECUTE", place.clone(), None);
                    }
                }
                db::Privilege::Select(table, columns) => {
                    let Some(place) = places.get(table) else { continue };
                    for column in columns {
                        need(*group, "SELECT", place.clone(), Some(column));
                    }
                }
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

/// A sentence where any login may create in the schema of the tables, as in databases that began
/// before PostgreSQL 15: what it puts there can run with the rights of the owner.
pub(crate) async fn open_schema(client: &Client) -> Result<Option<String>, Error> {
    let open = "SELECT quote_ident(n.nspname) FROM pg_class AS c \
                JOIN pg_namespace AS n ON n.oid = c.relnamespace, aclexplode(n.nspacl) AS a \
                WHERE c.oid = to_regclass('users') AND a.grantee = 0::oid \
                AND a.privilege_type = 'CREATE'";
    let Some(row) = client.query_opt(open, &[]).await? else { return Ok(None) };
    let schema: String = row.try_get(0)?;
    Ok(Some(format!(
        "Any login may create in the schema of the tables, and what it puts there can run with the \
         rights of the owner: REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC."
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
