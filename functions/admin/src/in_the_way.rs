//! What has the name of something that a migration creates, and isn't ours.

use refinery_core::Migration;
use shared::db;
use tokio_postgres::Client;

/// The names of `$1` (tables), `$2` (columns as `table.column`) and `$3` (functions) that exist. An
/// index or a view takes a table's name too.
const TAKEN: &str = "\
    SELECT name FROM unnest($1::text[]) AS t (name) WHERE EXISTS ( \
        SELECT FROM pg_class WHERE relname::text = name AND relnamespace IN ( \
            SELECT oid FROM pg_namespace WHERE nspname = current_schema() \
            UNION SELECT relnamespace FROM pg_class WHERE oid = to_regclass('users'))) \
    UNION ALL SELECT name FROM unnest($2::text[]) AS t (name) WHERE EXISTS ( \
        SELECT FROM pg_attribute WHERE attrelid = to_regclass(split_part(name, '.', 1)) \
        AND attname::text = split_part(name, '.', 2) AND NOT attisdropped) \
    UNION ALL SELECT name FROM unnest($3::text[]) AS t (name) \
    WHERE to_regprocedure(name) IS NOT NULL";

/// A sentence for each name that `pending` migrations and their functions, by `signatures`, need and
/// that exists. V1's are left out: an adoption creates what is missing of them.
pub(crate) async fn obstacles(
    client: &Client,
    pending: &[&Migration],
    signatures: &[String],
) -> Result<Vec<String>, db::Error> {
    let lines = || {
        pending.iter().filter(|it| it.version() > 1).filter_map(|it| it.sql()).flat_map(str::lines)
    };
    let tables: Vec<_> = lines().filter_map(created_table).collect();
    let columns: Vec<_> = lines().filter_map(added_column).collect();
    let rows = client.query(TAKEN, &[&tables, &columns, &signatures]).await?;
    let sentence = |row: &tokio_postgres::Row| {
        let name: String = row.try_get(0)?;
        Ok(format!("{name} exists and isn't Latchkey's: rename it"))
    };
    rows.iter().map(sentence).collect()
}

/// The table that a line of a migration creates; none if it may exist.
fn created_table(line: &str) -> Option<&str> {
    line.strip_prefix("CREATE TABLE ")?.split(' ').next().filter(|name| *name != "IF")
}

/// The column, as `table.column`, that a line of a migration adds.
fn added_column(line: &str) -> Option<String> {
    let (table, column) = line.strip_prefix("ALTER TABLE ")?.split_once(" ADD COLUMN ")?;
    Some(format!("{table}.{}", column.split(' ').next()?))
}
