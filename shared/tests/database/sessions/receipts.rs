//! What the authorizer writes: a receipt of the newest generation, and the time of the last use.

use super::*;

/// The generation that was seen at work, and the seconds from [`NOW`] to the last use.
async fn noted(world: &World) -> String {
    let noted = "SELECT concat(seen_generation, ' ', extract(epoch FROM used_at)::int8 - ";
    world.stage.value(&format!("{noted}{}) FROM sign_ins", NOW.seconds())).await
}

#[tokio::test]
async fn only_a_token_of_the_current_generation_is_a_receipt() {
    let world = World::new().await;
    let first = world.signed_in(ADA, NOW).await;
    let second = world.renewed(&first, NOW).await.token;
    world.renewed(&second, NOW.plus(60)).await;
    let caller = bearer(&first, ADA);
    for (generation, seen) in [(1, "-1 60"), (0, "-1 60"), (3, "-1 60"), (2, "2 61"), (1, "2 61")] {
        let found = world.authorize(caller, generation, NOW.plus(61)).await;
        assert_eq!(found["is_signed_in"], true, "{generation}");
        assert_eq!(noted(&world).await, seen, "{generation}");
    }
    // An older one notes the use alone.
    world.authorize(caller, 0, NOW.plus(1000)).await;
    assert_eq!(noted(&world).await, "2 1000");
}

#[tokio::test]
async fn a_session_in_use_is_not_over_however_short_the_time_without_use() {
    let world = World::new().await;
    let token = world.signed_in(ADA, NOW).await;
    let caller = bearer(&token, ADA);
    world.stage.execute("UPDATE sign_ins SET idle_seconds = 400, seen_generation = 0").await;
    for (seconds, used) in [(100, 0), (101, 101), (201, 101), (500, 500), (899, 899), (1198, 1198)]
    {
        assert!(world.is_signed_in(caller, NOW.plus(seconds)).await, "{seconds}");
        assert_eq!(noted(&world).await, format!("0 {used}"), "{seconds}");
    }
    assert!(!world.is_signed_in(caller, NOW.plus(1598)).await);
}

#[tokio::test]
async fn an_older_access_token_leaves_the_previous_refresh_token_good() {
    let world = World::new().await;
    let first = world.signed_in(ADA, NOW).await;
    world.renewed(&first, NOW).await;
    world.authorize(bearer(&first, ADA), 0, NOW.plus(1)).await;
    let late = NOW.plus(3000);
    assert_eq!(world.renewed(&first, late).await.outcome, Outcome::Replayed);
    world.authorize(bearer(&first, ADA), 1, late).await;
    assert!(matches!(world.refresh(&first, late.plus(60)).await, Refresh::Reused { .. }));
}

#[tokio::test]
async fn a_session_that_is_over_gets_no_receipt() {
    let world = World::new().await;
    let token = world.signed_in(ADA, NOW).await;
    let caller = bearer(&token, ADA);
    // The hour without use, and the end of a session that was used until then.
    for (used, late) in [("0", 3600), ("863999", 864_000)] {
        let use_it = format!("UPDATE sign_ins SET used_at = created_at + '{used}'::interval");
        world.stage.execute(&use_it).await;
        for _ in 0..2 {
            let found = world.authorize(caller, 0, NOW.plus(late)).await;
            assert_eq!(found["is_signed_in"], false, "{late}");
            assert_eq!(noted(&world).await, format!("-1 {used}"));
        }
    }
}

/// `UPDATE` waits for locks of the table that a reader doesn't notice, as while an index is made.
#[tokio::test]
async fn a_lock_of_the_table_delays_no_caller() {
    let world = World::new().await;
    let token = world.signed_in(ADA, NOW).await;
    let caller = bearer(&token, ADA);
    let mut holder = world.stage.client().await;
    let lock = holder.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE sign_ins IN SHARE MODE").await.unwrap();
    assert_eq!(world.authorize(caller, 0, NOW).await["is_signed_in"], true);
    assert_eq!(noted(&world).await, "-1 0");
    lock.rollback().await.unwrap();
    world.authorize(caller, 0, NOW).await;
    assert_eq!(noted(&world).await, "0 0");
}

#[tokio::test]
async fn a_full_disk_refuses_no_caller() {
    let world = World::new().await;
    let token = world.signed_in(ADA, NOW).await;
    let full = "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql \
                AS $$ BEGIN RAISE 'full' USING ERRCODE = 'disk_full'; END $$; \
                CREATE TRIGGER fail BEFORE UPDATE ON sign_ins EXECUTE FUNCTION fail()";
    world.stage.execute(full).await;
    let found = world.authorize(bearer(&token, ADA), 0, NOW).await;
    assert_eq!((&found["is_signed_in"], &found["user"]["id"]), (&true.into(), &1.into()));
    assert_eq!(noted(&world).await, "-1 0");
}

#[tokio::test]
async fn a_receipt_waits_for_no_disk_and_other_commits_do() {
    let world = World::new().await;
    let token = world.signed_in(ADA, NOW).await;
    let mut client = world.stage.client().await;
    client.batch_execute("SET synchronous_commit = on").await.unwrap();
    let mut ask = async || {
        let transaction = client.transaction().await.unwrap();
        let (session, now) = (token.session(), NOW.seconds());
        let ask = format!("SELECT authorize(1, '{session}', 0, NULL, '', to_timestamp({now}))");
        transaction.batch_execute(&ask).await.unwrap();
        let row = transaction.query_one("SHOW synchronous_commit", &[]).await.unwrap();
        transaction.commit().await.unwrap();
        row.get::<_, String>(0)
    };
    assert_eq!(ask().await, "off");
    assert_eq!(ask().await, "on", "nothing new");
}
