//! What a user does with sessions of their own.

use super::*;

#[tokio::test]
async fn a_list_has_the_callers_sessions_and_those_that_reuse_has_ended() {
    let world = World::new().await;
    let (first, stolen) = (world.signed_in(ADA, NOW).await, world.signed_in(ADA, NOW).await);
    world.signed_in(EVE, NOW).await;
    let successor = world.renewed(&stolen, NOW).await.token;
    world.renewed(&successor, NOW.plus(60)).await;
    world.refresh(&stolen, NOW.plus(61)).await;
    // A session that reuse has ended isn't signed out of the list.
    assert_eq!(world.sign_out_of(&stolen, NOW.plus(62)).await, 0);
    let list = async |caller| world.own().list(&caller, NOW.plus(62)).await.unwrap();
    let listed = list(bearer(&first, ADA)).await.unwrap();
    assert_eq!(list(bearer(&first, ADA)).await.unwrap(), listed);
    assert_eq!((listed.sessions.len(), listed.more), (2, 0));
    let ids: Vec<_> = listed.sessions.iter().map(|it| it.id.clone()).collect();
    assert_eq!(ids, [stolen.session().to_string(), first.session().to_string()]);
    assert_eq!(listed.sessions[0].ended_at, Some(NOW.plus(61)));
    let ours = &listed.sessions[1];
    let client = format!("SELECT client_id FROM sign_ins WHERE id = '{}'", ours.id);
    assert_eq!((ours.kind.as_str(), &*world.stage.value(&client).await), ("token", "phone"));
    assert_eq!((ours.created_at, ours.used_at, ours.ended_at), (NOW, NOW, None));
    assert_eq!(ours.user_agent.as_deref(), Some("start"));
    assert_eq!(ours.ip_prefix.as_deref(), Some("192.0.2.0/24"));
    for caller in [bearer(&stolen, ADA), bearer(&first, EVE)] {
        assert_eq!(list(caller).await, None);
    }
    let later = world.own().list(&without_session(ADA), NOW.plus(864_001)).await.unwrap();
    assert_eq!(later.unwrap().sessions, []);
    // The user may remove it.
    let revoke = async |id| world.revoke(bearer(&first, ADA), id, NOW.plus(62)).await;
    assert_eq!(revoke(stolen.session()).await, Some(1));
    assert_eq!(revoke(stolen.session()).await, Some(0));
}

#[tokio::test]
async fn a_list_has_a_hundred_and_counts_the_rest() {
    let world = World::new().await;
    for seconds in 0..102 {
        let token = world.token(NOW);
        world.starts(Kind::Access(token.session()), ADA, 0, NOW.plus(seconds)).await;
    }
    let listed = world.own().list(&without_session(ADA), NOW.plus(102)).await.unwrap().unwrap();
    assert_eq!((listed.sessions.len(), listed.more), (100, 2));
    assert_eq!(listed.sessions[99].used_at, NOW.plus(2));
}

#[tokio::test]
async fn another_users_session_is_not_revoked() {
    let world = World::new().await;
    let (mine, theirs) = (world.signed_in(ADA, NOW).await, world.signed_in(EVE, NOW).await);
    let caller = bearer(&mine, ADA);
    for other in [theirs.session(), world.token(NOW).session()] {
        assert_eq!(world.revoke(caller, other, NOW).await, Some(0));
    }
    assert_eq!(world.revoke(caller, mine.session(), NOW).await, Some(1));
    assert_eq!(world.revoke(caller, theirs.session(), NOW).await, None);
    assert_eq!(world.count().await, "1");
}

#[tokio::test]
async fn a_caller_ends_its_own_session_or_the_token_that_has_none() {
    let world = World::new().await;
    let (mine, other) = (world.signed_in(ADA, NOW).await, world.signed_in(ADA, NOW).await);
    let caller = bearer(&mine, ADA);
    assert_eq!(world.end_own(caller, NOW).await, Some(1));
    assert_eq!(world.end_own(caller, NOW).await, None);
    let ended = without_session(ADA);
    assert_eq!(world.end_own(ended, NOW).await, Some(1));
    assert_eq!(world.end_own(ended, NOW).await, None);
    assert!(!world.is_signed_in(ended, NOW).await);
    let end = "SELECT extract(epoch FROM kept_until)::int8 FROM ended_tokens WHERE ended IS NULL";
    assert_eq!(world.stage.value(end).await, NOW.plus(60 + 31 * 86_400).seconds().to_string());
    // What else the user has goes on.
    let others = Bearer { key: TokenKey::Digest([8; 32]), ..ended };
    for caller in [bearer(&other, ADA), others] {
        assert!(world.is_signed_in(caller, NOW).await);
    }
    assert_eq!(world.end_own(without_session(UserId::new(9)), NOW).await, None);
}

#[tokio::test]
async fn the_others_or_all_end_together_with_what_has_no_session() {
    let world = World::new().await;
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(world.signed_in(ADA, NOW).await);
    }
    let kept = world.signed_in(EVE, NOW).await;
    // One that was over isn't one that ends.
    let over = world.signed_in(ADA, NOW).await;
    let idle = format!("UPDATE sign_ins SET idle_seconds = 0 WHERE id = '{}'", over.session());
    world.stage.execute(&idle).await;
    let caller = bearer(&tokens[1], ADA);
    let signed_in = async || {
        let mut signed_in = Vec::new();
        for token in &tokens {
            signed_in.push(world.is_signed_in(bearer(token, ADA), NOW).await);
        }
        signed_in.push(world.is_signed_in(without_session(ADA), NOW).await);
        signed_in
    };
    assert_eq!(signed_in().await, [true; 4]);
    assert_eq!(world.end_others(caller, NOW).await, Some(2));
    assert_eq!(world.end_others(caller, NOW).await, Some(0));
    assert_eq!(signed_in().await, [false, true, false, false]);
    // A sign-in that read the epoch before.
    let late = world.token(NOW);
    assert!(!world.starts(Kind::Token(&late), ADA, 0, NOW).await);
    assert_eq!(world.end_all(caller, NOW).await, Some(1));
    assert_eq!(world.end_all(caller, NOW).await, None);
    assert_eq!(signed_in().await, [false; 4]);
    assert!(world.is_signed_in(bearer(&kept, EVE), NOW).await);
    assert!(world.is_signed_in(without_session(EVE), NOW).await);
}

#[tokio::test]
async fn a_change_of_the_password_ends_all_other_sessions() {
    let world = World::new().await;
    let (mine, other) = (world.signed_in(ADA, NOW).await, world.signed_in(ADA, NOW).await);
    let caller = bearer(&mine, ADA);
    let password = async || {
        world.stage.value("SELECT concat(password, hashed_by) FROM users WHERE id = 1").await
    };
    assert_eq!(world.change_password(bearer(&mine, EVE), "old", "new").await, "signed_out");
    assert_eq!(world.change_password(caller, "older", "new").await, "conflict");
    assert_eq!(password().await, "oldapp");
    assert_eq!(world.change_password(caller, "old", "new").await, "changed");
    assert_eq!(password().await, "newlatchkey");
    assert!(world.is_signed_in(caller, NOW).await);
    for ended in [bearer(&other, ADA), without_session(ADA)] {
        assert!(!world.is_signed_in(ended, NOW).await);
        assert_eq!(world.change_password(ended, "new", "newer").await, "signed_out");
    }
    world.renewed(&mine, NOW).await;
    world.stage.execute("UPDATE users SET password = NULL WHERE id = 1").await;
    assert_eq!(world.change_password(caller, "new", "newer").await, "conflict");
}
