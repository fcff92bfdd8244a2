//! Describes a database as text, for comparisons.

use stage::Stage;

/// Columns, constraints, indexes and sequences by name, without their owners.
pub(crate) async fn of(stage: &Stage) -> String {
    let query = "\
        SELECT string_agg(line, E'\\n' ORDER BY line) FROM ( \
            SELECT format('%s.%s %s %s %s %s', c.relname, a.attname, a.attnum, \
                format_type(a.atttypid, a.atttypmod), a.attnotnull, \
                pg_get_expr(d.adbin, d.adrelid)) AS line \
            FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid \
            LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v') \
            AND a.attnum > 0 AND NOT a.attisdropped \
            UNION ALL \
            SELECT format('%s %s %s %s', conrelid::regclass, conname, \
                pg_get_constraintdef(oid), convalidated) \
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
            UNION ALL \
            SELECT format('%s %s %s', indexrelid::regclass, pg_get_indexdef(indexrelid), \
                indisvalid) \
            FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
            WHERE relnamespace = 'public'::regnamespace \
            UNION ALL \
            SELECT format('%s %s', pg_get_functiondef(oid), proacl) FROM pg_proc \
            WHERE pronamespace = 'public'::regnamespace \
            UNION ALL \
            SELECT format('%s %s', c.relname, d.refobjid::regclass) FROM pg_class AS c \
            LEFT JOIN pg_depend AS d ON d.objid = c.oid AND d.deptype = 'a' \
            WHERE c.relkind = 'S' AND c.relnamespace = 'public'::regnamespace \
        ) AS lines";
    stage.value(query).await
}

/// The rows of some tables, each as one text.
pub(crate) async fn rows(stage: &Stage, tables: &[&str]) -> Vec<String> {
    let mut rows = Vec::new();
    for table in tables {
        let query = format!(
            "SELECT '{table}: ' || COALESCE(string_agg(t::text, ' ' ORDER BY t::text), '') \
             FROM {table} AS t"
        );
        rows.push(stage.value(&query).await);
    }
    rows
}
