-- A table named $1 as JSON: the fields of `Table` in catalog.rs.
SELECT json_build_object(
    'kind', c.relkind::text,
    'owned', pg_has_role(c.relowner, 'USAGE'),
    'inherits', EXISTS (SELECT FROM pg_inherits WHERE c.oid IN (inhrelid, inhparent)),
    'rewritten', EXISTS (SELECT FROM pg_rewrite AS w
        WHERE w.ev_class = c.oid AND w.ev_type IN ('2', '3') AND c.relkind = 'r'),
    'row_security', c.relrowsecurity,
    'row_security_for_us', row_security_active(c.oid),
    'insert_triggers', ARRAY(SELECT g.tgname FROM pg_trigger AS g
        WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgenabled <> 'D'
        AND g.tgtype & 4 <> 0 ORDER BY g.tgname),
    'columns', ARRAY(SELECT json_build_object(
        'name', a.attname, 'data_type', format_type(a.atttypid, NULL),
        'length', CASE WHEN a.atttypmod > 4 THEN a.atttypmod - 4 END,
        'not_null', a.attnotnull, 'default', pg_get_expr(d.adbin, d.adrelid),
        'generated', a.attidentity <> '' OR a.attgenerated <> '',
        'deterministic', COALESCE(l.collisdeterministic, true),
        'sequence', COALESCE(
            (SELECT s.oid::regclass::text FROM pg_depend AS p
             JOIN pg_class AS s ON s.oid = p.refobjid AND s.relkind = 'S'
             WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
             AND p.refclassid = 'pg_class'::regclass LIMIT 1),
            CASE WHEN a.attidentity <> ''
            THEN pg_get_serial_sequence(c.oid::regclass::text, a.attname) END))
        FROM pg_attribute AS a
        LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum),
    'indexes', ARRAY(SELECT json_build_object(
        'name', i.relname, 'unique', x.indisunique, 'excludes', x.indisexclusion,
        'valid', x.indisvalid,
        'definition', substring(pg_get_indexdef(i.oid) FROM ' (USING .*)'),
        'plain', x.indexprs IS NULL AND x.indpred IS NULL AND x.indimmediate,
        'primary', x.indisprimary,
        'of_constraint', EXISTS (SELECT FROM pg_constraint AS k
            WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x')),
        'columns', ARRAY(SELECT a.attname FROM unnest(x.indkey) WITH ORDINALITY AS n (k, i)
            JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = n.k
            WHERE n.i <= x.indnkeyatts ORDER BY n.i))
        FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid
        WHERE x.indrelid = c.oid ORDER BY i.relname),
    'foreign_keys', ARRAY(SELECT json_build_object(
        'name', k.conname, 'target', k.confrelid::regclass::text,
        'cascades', k.confdeltype = 'c', 'validated', k.convalidated,
        'columns', ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY AS n (k, i)
            JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = n.k
            ORDER BY n.i),
        'target_columns', ARRAY(SELECT a.attname
            FROM unnest(k.confkey) WITH ORDINALITY AS n (k, i)
            JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = n.k
            ORDER BY n.i))
        FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'f'
        ORDER BY k.conname),
    'constraints', ARRAY(SELECT json_build_object(
        'name', k.conname, 'validated', k.convalidated,
        'check', CASE k.contype WHEN 'c' THEN pg_get_constraintdef(k.oid) END)
        FROM pg_constraint AS k WHERE k.conrelid = c.oid ORDER BY k.conname),
    'referrers', ARRAY(SELECT json_build_object(
        'table', k.conrelid::regclass::text, 'lets_go', k.confdeltype IN ('c', 'n', 'd'))
        FROM pg_constraint AS k WHERE k.confrelid = c.oid AND k.contype = 'f'
        ORDER BY k.conrelid::regclass::text, k.conname))::text
FROM pg_class AS c WHERE c.oid = to_regclass($1)
