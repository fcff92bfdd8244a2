//! The start of a session.

use super::*;

#[tokio::test]
async fn a_session_starts_only_in_the_epoch_that_was_read() {
    let world = World::new().await;
    let token = world.token(NOW);
    assert!(!world.starts(Kind::Token(&token), ADA, 1, NOW).await);
    assert!(!world.starts(Kind::Token(&token), UserId::new(9), 0, NOW).await);
    assert_eq!(world.count().await, "0");
    assert!(world.starts(Kind::Token(&token), ADA, 0, NOW).await);
    assert_eq!(world.count().await, "1");
    assert!(world.is_signed_in(bearer(&token, ADA), NOW).await);
}

#[tokio::test]
async fn the_credentials_are_those_of_today_the_epoch_and_whether_they_are_disabled() {
    let world = World::new().await;
    let set =
        "UPDATE users SET session_epoch = 5 WHERE id = 1; INSERT INTO users_to_roles VALUES (1, 3)";
    world.stage.execute(set).await;
    let one = "SELECT c::text FROM find_credentials('ada') AS c";
    let today = "SELECT ROW(id, password, hashed_by, 5, FALSE, kids, database_id, roles)::text \
                 FROM find_for_signin('ada')";
    assert_eq!(world.stage.value(one).await, world.stage.value(today).await);
    world.stage.execute("UPDATE users SET disabled_at = now()").await;
    let today = today.replace("FALSE", "TRUE");
    assert_eq!(world.stage.value(one).await, world.stage.value(&today).await);
}

#[tokio::test]
async fn no_session_of_a_disabled_user_starts() {
    let world = World::new().await;
    world.stage.execute("UPDATE users SET disabled_at = now() WHERE id = 1").await;
    let (mine, theirs) = (world.token(NOW), world.token(NOW));
    assert!(!world.starts(Kind::Token(&mine), ADA, 0, NOW).await);
    assert!(world.starts(Kind::Token(&theirs), EVE, 0, NOW).await);
    world.stage.execute("UPDATE users SET disabled_at = NULL").await;
    assert!(world.starts(Kind::Token(&mine), ADA, 0, NOW).await);
}

#[tokio::test]
async fn a_session_without_a_refresh_token_is_not_refreshed() {
    let world = World::new().await;
    let token = world.token(NOW);
    assert!(world.starts(Kind::Access(token.session()), ADA, 0, NOW).await);
    assert!(world.is_signed_in(bearer(&token, ADA), NOW).await);
    assert!(matches!(world.refresh(&token, NOW).await, Refresh::Refused));
}

#[tokio::test]
async fn each_start_removes_up_to_three_that_are_over() {
    let world = World::new().await;
    for _ in 0..8 {
        world.signed_in(EVE, NOW).await;
    }
    // Each is started twice.
    for (days, count) in [(1, "9"), (11, "4"), (12, "2")] {
        world.signed_in(ADA, NOW.plus(days * 86_400)).await;
        assert_eq!(world.count().await, count, "{days}");
    }
}

/// Makes this many sessions of ada's, last used a second after [`NOW`].
async fn make(world: &World, count: u32, kind: &str) {
    let many = format!(
        "INSERT INTO sign_ins (id, user_id, kind, client_id, created_at, used_at, expires_at, \
             idle_seconds, rotated_at) \
         SELECT gen_random_uuid(), 1, '{kind}', 'x', t, t, t + interval '1 day', 3600, t \
         FROM generate_series(1, {count}), to_timestamp({}) AS t",
        NOW.plus(1).seconds()
    );
    world.stage.execute(&many).await;
}

#[tokio::test]
async fn a_user_has_a_thousand_at_most_and_the_least_recently_used_go() {
    let world = World::new().await;
    let (first, used) = (world.signed_in(ADA, NOW).await, world.signed_in(ADA, NOW).await);
    world.signed_in(EVE, NOW).await;
    world.renewed(&used, NOW.plus(2)).await;
    make(&world, 998, "token").await;
    assert_ne!(world.row(first.session()).await, "");
    let last = world.signed_in(ADA, NOW).await;
    assert_eq!(world.row(first.session()).await, "");
    for kept in [used, last] {
        assert_ne!(world.row(kept.session()).await, "");
    }
    assert_eq!(world.count().await, "1001");
}

#[tokio::test]
async fn sign_ins_without_a_refresh_token_drive_out_no_session_that_has_one() {
    let world = World::new().await;
    let first = world.signed_in(ADA, NOW).await;
    let of_kind = async |kind| {
        world.stage.value(&format!("SELECT count(*) FROM sign_ins WHERE kind = '{kind}'")).await
    };
    make(&world, 1100, "access").await;
    let last = world.token(NOW);
    assert!(world.starts(Kind::Access(last.session()), ADA, 0, NOW).await);
    assert_ne!(world.row(first.session()).await, "");
    assert_ne!(world.row(last.session()).await, "");
    assert_eq!(of_kind("access").await, "999");
    // They go first.
    make(&world, 500, "token").await;
    make(&world, 498, "cookie").await;
    world.signed_in(ADA, NOW).await;
    assert_eq!(of_kind("access").await, "0");
    assert_ne!(world.row(first.session()).await, "");
    assert_eq!(world.count().await, "1000");
}
