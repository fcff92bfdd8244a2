//! How many users can still sign up: `users.id` is an `integer`, and no id is reused.

use shared::db;
use tokio_postgres::Client;

/// Reads the sequence of `users.id`, whether the column owns it or only uses it.
const LEFT: &str = "\
    SELECT CASE WHEN has_sequence_privilege(q.seqrelid, 'USAGE, SELECT') \
           THEN LEAST(q.seqmax, 2147483647) \
               - COALESCE(pg_sequence_last_value(q.seqrelid), q.seqstart - q.seqincrement) END \
    FROM pg_sequence AS q \
    WHERE q.seqrelid = pg_get_serial_sequence(to_regclass('users')::text, 'id')::regclass \
       OR EXISTS (SELECT FROM pg_depend AS p JOIN pg_attrdef AS d ON d.oid = p.objid \
                  JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum \
                  WHERE p.classid = 'pg_attrdef'::regclass AND p.refobjid = q.seqrelid \
                    AND d.adrelid = to_regclass('users') AND a.attname = 'id')";

/// `None` if there is no table yet, or this login may not read its sequence.
pub(crate) async fn left(client: &Client) -> Result<Option<i64>, db::Error> {
    let row = client.query_opt(LEFT, &[]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.flatten())
}
