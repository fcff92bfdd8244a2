//! Transfers all that migrations created to one NOLOGIN role.

use tokio_postgres::{Row, Transaction};

use crate::migration;
use crate::refusal::Refusal;

const SCHEMA: &str = "\
    SELECT quote_ident(n.nspname) FROM pg_class AS c \
    JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = to_regclass('users')";

/// The sequences of column defaults that the new owner lacks rights on. A sequence that a column
/// owns changes its owner with the table; any other sequence keeps its owner.
const SEQUENCES: &str = "\
    SELECT DISTINCT s.oid::regclass::text AS name, \
           has_sequence_privilege(s.oid, 'USAGE WITH GRANT OPTION') \
           AND has_sequence_privilege(s.oid, 'SELECT WITH GRANT OPTION') AS is_grantable \
    FROM pg_attrdef AS d \
    JOIN pg_depend AS p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid \
        AND p.refclassid = 'pg_class'::regclass \
    JOIN pg_class AS s ON s.oid = p.refobjid AND s.relkind = 'S' \
    WHERE d.adrelid IN (to_regclass('users'), to_regclass('roles'), to_regclass('users_to_roles')) \
    AND NOT (has_sequence_privilege($1::text::name, s.oid, 'USAGE') \
        AND has_sequence_privilege($1::text::name, s.oid, 'SELECT')) \
    ORDER BY name";

/// The team's own triggers whose functions aren't `SECURITY DEFINER`. They run with the privileges of
/// the current role, which is the tables' owner inside our SQL functions.
const TRIGGERS: &str = "\
    SELECT g.tgname::text, c.relname::text FROM pg_trigger AS g \
    JOIN pg_class AS c ON c.oid = g.tgrelid JOIN pg_proc AS p ON p.oid = g.tgfoid \
    WHERE c.oid IN (to_regclass('users'), to_regclass('users_to_roles')) \
    AND NOT g.tgisinternal AND g.tgenabled IN ('O', 'A') AND NOT p.prosecdef ORDER BY 1, 2";

/// Transfers the tables and functions to `owner`. This user becomes a member of it, so functions
/// that log in as this user keep working. Returns a warning for each trigger that may now lack a
/// privilege.
pub(crate) async fn give(
    transaction: &Transaction<'_>,
    owner: &str,
) -> Result<Vec<String>, Refusal> {
    let schema = transaction.query_opt(SCHEMA, &[]).await?;
    let schema =
        schema.ok_or_else(|| Refusal::Logins("there are no tables: migrate first".into()))?;
    let schema: String = schema.try_get(0)?;
    let mut statements = vec![
        format!("GRANT {owner} TO CURRENT_USER"),
        format!("GRANT USAGE, CREATE ON SCHEMA {schema} TO {owner}"),
    ];
    let objects = migration::objects()?;
    statements.extend(objects.iter().map(|it| format!("ALTER {it} OWNER TO {owner}")));
    transaction.batch_execute(&statements.join("; ")).await?;
    let sequences = transaction.query(SEQUENCES, &[&owner]).await?;
    for row in sequences {
        let name: String = row.try_get("name")?;
        if !row.try_get::<_, bool>("is_grantable")? {
            return Err(Refusal::Logins(format!(
                "the tables take ids from {name}, and this user may not grant it to {owner}: run \
                 GRANT USAGE, SELECT ON SEQUENCE {name} TO {owner} as its owner"
            )));
        }
        let grant = format!("GRANT USAGE, SELECT ON SEQUENCE {name} TO {owner}");
        transaction.batch_execute(&grant).await?;
    }
    let triggers = transaction.query(TRIGGERS, &[]).await?;
    let warning = |row: &Row| -> Result<String, Refusal> {
        let (trigger, table): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        Ok(format!(
            "The trigger {trigger} of {table} runs with the rights of {owner} now. If they don't \
             suffice, sign-ups or password changes fail: GRANT that role what the trigger's \
             function needs."
        ))
    };
    triggers.iter().map(warning).collect()
}
