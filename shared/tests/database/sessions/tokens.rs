//! Refresh tokens, receipts of access tokens, and signing out.

use super::*;

/// The outcome's word.
fn word(refresh: &Refresh) -> &str {
    match refresh {
        Refresh::Renewed(renewed) => renewed.outcome.name(),
        Refresh::Reused(_) => "reused",
        Refresh::Refused => "refused",
    }
}

#[tokio::test]
async fn each_presentation_of_a_token_gives_the_same_successor() {
    let world = World::new().await;
    world.stage.execute("INSERT INTO users_to_roles VALUES (1, 3), (1, 1), (2, 2)").await;
    let first = world.signed_in(ADA, NOW).await;
    let one = world.renewed(&first, NOW).await;
    assert_eq!((one.outcome.name(), one.generation), ("rotated", 1));
    assert_eq!(Role::joined(&one.roles), "ROLE_USER ROLE_ADMIN");
    assert_eq!((one.user_id, one.client_id.as_str()), (ADA, "phone"));
    assert_eq!(one.expires_at, NOW.plus(864_000));
    assert_eq!((one.database_id.as_str(), one.published.len()), (stage::DATABASE_ID, 1));
    // Before the successor was seen, however late: the leeway begins again.
    for seconds in [1, 59, 60, 3000] {
        let again = world.renewed(&first, NOW.plus(seconds)).await;
        assert_eq!((again.outcome.name(), again.generation), ("replayed", 1));
        assert_eq!(again.token, one.token);
        let kept = world.renewed(&one.token, NOW.plus(seconds)).await;
        assert_eq!((kept.outcome.name(), kept.generation), ("kept", 1), "{seconds}");
        assert_eq!(kept.token, one.token);
    }
    let two = world.renewed(&one.token, NOW.plus(3060)).await;
    assert_eq!((two.outcome.name(), two.generation), ("rotated", 2));
    assert_ne!(two.token, one.token);
    assert_eq!(world.renewed(&one.token, NOW.plus(3061)).await.token, two.token);
    // Each presentation is a use: the hour without one begins again.
    assert_eq!(world.renewed(&two.token, NOW.plus(3061 + 3599)).await.generation, 3);
}

#[tokio::test]
async fn an_old_token_ends_the_session_with_one_event() {
    let world = World::new().await;
    let first = world.signed_in(ADA, NOW).await;
    let other = world.signed_in(ADA, NOW).await;
    let one = world.renewed(&first, NOW).await;
    world.renewed(&one.token, NOW.plus(60)).await;
    assert!(matches!(world.refresh(&first, NOW.plus(60)).await, Refresh::Reused(ADA)));
    for token in [&first, &one.token] {
        assert_eq!(word(&world.refresh(token, NOW.plus(60)).await), "refused");
    }
    assert!(!world.is_signed_in(bearer(&first, ADA), NOW.plus(60)).await);
    assert_eq!(word(&world.refresh(&other, NOW.plus(60)).await), "rotated");
}

#[tokio::test]
async fn the_previous_token_ends_it_after_receipt_and_leeway() {
    let world = World::new().await;
    for (generation, seconds, expected) in
        [(1, 59, "replayed"), (1, 60, "reused"), (0, 60, "replayed"), (2, 60, "replayed")]
    {
        let first = world.signed_in(ADA, NOW).await;
        world.renewed(&first, NOW).await;
        world.authorize(bearer(&first, ADA), generation, NOW).await;
        let outcome = world.refresh(&first, NOW.plus(seconds)).await;
        assert_eq!(word(&outcome), expected, "{generation} {seconds}");
    }
}

#[tokio::test]
async fn what_is_no_true_token_of_a_live_session_changes_nothing() {
    let world = World::new().await;
    let (mine, theirs) = (world.signed_in(ADA, NOW).await, world.signed_in(EVE, NOW).await);
    let spliced = |from: std::ops::Range<usize>| {
        let (mine, theirs) = (mine.to_text(), theirs.to_text());
        let mut text = mine.expose().clone();
        text.replace_range(from.clone(), &theirs.expose()[from]);
        RefreshToken::parse(&text).unwrap()
    };
    let before = world.row(mine.session()).await;
    // Another's id, another's constant part.
    for forged in [spliced(4..25), spliced(27..46)] {
        assert_eq!(word(&world.refresh(&forged, NOW).await), "refused");
        assert_eq!(world.sign_out_of(&forged, NOW).await, 0);
    }
    // An hour without use, and the end.
    assert_eq!(word(&world.refresh(&mine, NOW.plus(3600)).await), "refused");
    assert_eq!(world.row(mine.session()).await, before);
    let mut now = NOW;
    while now < NOW.plus(864_000) {
        world.authorize(bearer(&theirs, EVE), 0, now).await;
        now = now.plus(3599);
    }
    assert_eq!(word(&world.refresh(&theirs, NOW.plus(863_999)).await), "rotated");
    assert_eq!(word(&world.refresh(&theirs, NOW.plus(864_000)).await), "refused");
}

#[tokio::test]
async fn the_authorizer_notes_a_use_and_never_waits_writes_a_replica_or_revives() {
    let world = World::new().await;
    let token = world.signed_in(ADA, NOW).await;
    let caller = bearer(&token, ADA);
    let noted = async || {
        let noted = "SELECT concat(seen_generation, ' ', extract(epoch FROM used_at)::int8 - ";
        world.stage.value(&format!("{noted}{}) FROM sign_ins", NOW.seconds())).await
    };
    world.authorize(caller, 1, NOW.plus(900)).await;
    assert_eq!(noted().await, "-1 0");
    world.authorize(caller, 1, NOW.plus(901)).await;
    assert_eq!(noted().await, "-1 901");
    let holder = world.stage.client().await;
    holder.batch_execute("BEGIN; SELECT FROM sign_ins FOR UPDATE").await.unwrap();
    assert_eq!(world.authorize(caller, 0, NOW.plus(902)).await["is_signed_in"], true);
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(noted().await, "-1 901");
    let name = world.stage.value("SELECT current_database()").await;
    let only_reads =
        |on: &str| format!("ALTER DATABASE {name} SET default_transaction_read_only = {on}");
    world.stage.execute(&only_reads("on")).await;
    let replica = world.again();
    assert_eq!(replica.authorize(caller, 0, NOW.plus(903)).await["is_signed_in"], true);
    assert_eq!(noted().await, "-1 901");
    world.authorize(caller, 0, NOW.plus(904)).await;
    assert_eq!(noted().await, "0 904");
    assert!(!world.is_signed_in(caller, NOW.plus(904 + 3600)).await);
    assert_eq!(noted().await, "0 904");
}

#[tokio::test]
async fn a_session_signs_in_its_own_user_alone() {
    let world = World::new().await;
    let token = world.signed_in(ADA, NOW).await;
    assert!(!world.is_signed_in(bearer(&token, EVE), NOW).await);
    let found = world.authorize(bearer(&token, ADA), 0, NOW).await;
    assert_eq!(found["user"]["username"], "ada");
    assert_eq!(found["database_id"], stage::DATABASE_ID);
    assert_eq!(found["is_key_accepted"], false);
}

#[tokio::test]
async fn a_token_without_a_session_is_good_until_it_or_everything_ends() {
    let world = World::new().await;
    assert!(world.is_signed_in(without_session(ADA), NOW).await);
    assert!(!world.is_signed_in(without_session(UserId::new(9)), NOW).await);
    let without_digest = "SELECT authorize(1, NULL, NULL, NULL, '', now())->'is_signed_in'";
    assert_eq!(world.stage.value(without_digest).await, "false");
    world.end_token(DIGEST, NOW.plus(60), NOW).await;
    for caller in [ADA, EVE].map(without_session) {
        assert!(!world.is_signed_in(caller, NOW).await);
    }
    let another = Bearer { user_id: EVE, key: TokenKey::Digest([9; 32]) };
    assert!(world.is_signed_in(another, NOW).await);
    assert_eq!(world.end_all(another, NOW).await, Some(0));
    assert!(!world.is_signed_in(another, NOW).await);
}

#[tokio::test]
async fn a_token_that_was_signed_out_is_remembered_31_days_beyond_its_end() {
    let world = World::new().await;
    world.end_token(DIGEST, NOW.plus(60), NOW).await;
    let days = NOW.plus(60 + 31 * 86_400);
    world.end_token([8; 32], days, days).await;
    assert!(!world.is_signed_in(without_session(ADA), NOW).await);
    world.end_token([9; 32], days, days.plus(1)).await;
    assert_eq!(world.stage.value("SELECT count(*) FROM ended_tokens").await, "2");
    assert!(world.is_signed_in(without_session(ADA), NOW).await);
}

#[tokio::test]
async fn a_request_that_ended_sessions_is_remembered_for_an_hour() {
    let world = World::new().await;
    let token = world.signed_in(ADA, NOW).await;
    assert_eq!(world.end_others(bearer(&token, ADA), NOW).await, Some(0));
    let marks = async || {
        world.stage.value("SELECT count(*) FROM ended_tokens WHERE ended IS NOT NULL").await
    };
    world.end_token([8; 32], NOW.plus(3600), NOW.plus(3600)).await;
    assert_eq!(marks().await, "1");
    world.end_token([9; 32], NOW.plus(3600), NOW.plus(3601)).await;
    assert_eq!(marks().await, "0");
}

#[tokio::test]
async fn what_may_be_forgotten_is_found_by_an_index() {
    let world = World::new().await;
    let mut client = world.stage.client().await;
    let transaction = client.transaction().await.unwrap();
    // Of a small table, PostgreSQL would read all.
    let end = "SET LOCAL enable_seqscan = off; SELECT end_token('x', now(), now())";
    transaction.batch_execute(end).await.unwrap();
    let scans = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'ended_tokens'";
    assert_eq!(transaction.query_one(scans, &[]).await.unwrap().get::<_, i64>(0), 0);
}
