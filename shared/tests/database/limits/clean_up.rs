//! The table doesn't grow with the names that are tried.

use super::*;

/// As many names as fit into a test, each tried once from networks of its own: `count_try` in a loop, so
/// that no round trip is waited for.
fn tried(names: std::ops::Range<u32>, now: i64) -> String {
    format!(
        "DO $$ BEGIN \
             FOR n IN {}..{} LOOP \
                 PERFORM count_try( \
                     ARRAY[decode(md5('account' || n), 'hex'), decode(md5('pair' || n), 'hex'), \
                         decode(md5('network' || n), 'hex')], \
                     ARRAY[1080, 2160, 29.387756]::float8[], ARRAY[20, 10, 60], \
                     to_timestamp({now} + (n - {}) / 10)); \
             END LOOP; \
         END $$",
        names.start,
        names.end - 1,
        names.start,
    )
}

#[tokio::test]
async fn spent_rows_go_with_the_attempts_that_follow() {
    let stage = Stage::new().await;
    let client = stage.client().await;
    let now = NOW.seconds();
    let count = async |of: &str| -> u32 {
        stage.value(&format!("SELECT count(*) FROM limits WHERE {of}")).await.parse().unwrap()
    };
    // Ten names a second.
    client.batch_execute(&tried(0..20_000, now)).await.unwrap();
    let later = now + 100_000;
    assert_eq!(count(&format!("spent_until > to_timestamp({later})")).await, 0);
    client.batch_execute(&tried(20_000..50_000, later)).await.unwrap();
    let live = count(&format!("spent_until > to_timestamp({later} + 3000)")).await;
    // An attempt makes three rows and looks at eight.
    let all = count("TRUE").await;
    assert!(all < live + live * 3 / 4, "{all}, of which {live} aren't spent");
}

#[tokio::test]
async fn a_row_that_is_locked_is_left() {
    let stage = Stage::new().await;
    let rows = format!(
        "INSERT INTO limits SELECT decode(lpad(to_hex(n), 2, '0') || repeat('00', 15), 'hex'), \
             to_timestamp({} - n % 2 * 7000 + 3600) FROM generate_series(1, 20) AS n",
        NOW.seconds()
    );
    stage.execute(&rows).await;
    let other = stage.client().await;
    let locked = "BEGIN; SELECT FROM limits WHERE get_byte(key, 0) IN (3, 4) FOR UPDATE";
    other.batch_execute(locked).await.unwrap();
    let attempt = format!(
        "SET lock_timeout = 1; \
         SELECT count_try(ARRAY['\\x{0}'::bytea, '\\x05{1}'], ARRAY[60, 60]::float8[], \
             ARRAY[2, 2], to_timestamp({2}))",
        "00".repeat(16),
        "00".repeat(15),
        NOW.seconds(),
    );
    stage.execute(&attempt).await;
    // 8 follow the first key, of which 1, 3, 5 and 7 are spent: one is locked, one is its own.
    let left = "SELECT string_agg(get_byte(key, 0)::text, ' ' ORDER BY key) FROM limits";
    let all = "0 2 3 4 5 6 8 9 10 11 12 13 14 15 16 17 18 19 20";
    assert_eq!(stage.value(left).await, all);
}

/// A plan is kept with its connection, also one that was made while the table was empty.
#[tokio::test]
async fn every_plan_uses_the_index_whatever_the_table_held_when_it_was_made() {
    let stage = Stage::new().await;
    let client = stage.client().await;
    let one = "INSERT INTO limits VALUES (decode(md5('0'), 'hex'), now()); ANALYZE limits";
    client.batch_execute(one).await.unwrap();
    client.batch_execute(&tried(0..8, NOW.seconds())).await.unwrap();
    client
        .batch_execute("SELECT give_back(ARRAY['\\x00'::bytea], '{60}', '{4000000000}', now())")
        .await
        .unwrap();
    client
        .batch_execute(&format!(
            "ALTER TABLE limits SET (autovacuum_enabled = off); \
         INSERT INTO limits SELECT decode(md5(n::text), 'hex'), to_timestamp({0}) \
         FROM generate_series(1, 30000) AS n",
            NOW.seconds() + 10_000
        ))
        .await
        .unwrap();
    let read = "SELECT pg_stat_clear_snapshot(), seq_tup_read + idx_tup_fetch AS n \
                FROM pg_stat_xact_user_tables WHERE relname = 'limits'";
    let name = "account7";
    let attempts = format!(
        "SELECT count_try(ARRAY[decode(md5('{name}'), 'hex')], ARRAY[60]::float8[], ARRAY[100], now())"
    );
    client.batch_execute("BEGIN").await.unwrap();
    for _ in 0..10 {
        client.batch_execute(&attempts).await.unwrap();
    }
    let back = format!(
        "SELECT give_back(ARRAY[decode(md5('{name}'), 'hex')], '{{60}}', '{{4000000000}}', now())"
    );
    client.batch_execute(&back).await.unwrap();
    let rows = client.query_one(read, &[]).await.unwrap();
    client.batch_execute("COMMIT").await.unwrap();
    let read: i64 = rows.get("n");
    assert!(read < 1_000, "{read}");
}
