//! Statements that meet.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;

use shared::Secret;
use shared::db::accounts::{Accounts, Outcome as Ended};
use tokio::sync::Barrier;

use super::*;

/// Runs each over a connection of its own, all at the same time.
pub(super) async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    runs: impl IntoIterator<Item = F>,
) -> Vec<T> {
    let runs: Vec<_> = runs.into_iter().collect();
    let barrier = Arc::new(Barrier::new(runs.len()));
    let runs = runs.into_iter().map(|run| {
        let barrier = barrier.clone();
        tokio::spawn(async move {
            barrier.wait().await;
            run.await
        })
    });
    let mut results = Vec::new();
    for run in runs.collect::<Vec<_>>() {
        results.push(run.await.unwrap());
    }
    results
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_that_present_one_token_get_one_successor() {
    let world = World::new().await;
    let mut databases = Vec::new();
    for _ in 0..16 {
        let database = world.stage.database();
        database.warm_up().await.unwrap();
        databases.push(database);
    }
    for leeway in [60, 0] {
        let token = world.signed_in(ADA, NOW).await;
        let refreshes = databases.iter().map(|database| {
            let (sessions, token) = (Sessions::new(database.clone()), token.clone());
            let salt = Salt::new(&world.random);
            async move {
                match sessions
                    .refresh(&token, &salt, NOW, leeway, &Device::default())
                    .await
                    .unwrap()
                {
                    Refresh::Renewed(renewed) => renewed,
                    other => panic!("{other:?}"),
                }
            }
        });
        let renewed = at_once(refreshes.collect::<Vec<_>>()).await;
        let rotated = renewed.iter().filter(|it| it.outcome == Outcome::Rotated).count();
        let replayed = renewed.iter().filter(|it| it.outcome == Outcome::Replayed).count();
        assert_eq!((rotated, replayed), (1, 15), "{leeway}");
        let successors: HashSet<_> =
            renewed.iter().map(|it| it.token.to_text().expose().clone()).collect();
        assert_eq!(successors.len(), 1, "{leeway}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_sign_in_under_way_outlives_a_change_of_the_password() {
    let world = World::new().await;
    let (one, other) = (world.stage.database(), world.stage.database());
    let (mut before, mut refused) = (0, 0);
    for round in 0..300 {
        let reset = "DELETE FROM sign_ins; \
                     UPDATE users SET password = 'old', session_epoch = 0 WHERE id = 1";
        world.stage.execute(reset).await;
        let mine = world.signed_in(ADA, NOW).await;
        let token = world.token(NOW);
        let (sessions, session) = (Sessions::new(one.clone()), token.session());
        let start = async move {
            // Sometimes the one is first, sometimes the other.
            for _ in 0..round % 7 {
                tokio::task::yield_now().await;
            }
            let (client_id, device) = (ClientId::default(), Device::default());
            let start = start(Kind::Token(&token), ADA, 0, NOW, (&client_id, &device));
            sessions.start(&start).await.unwrap()
        };
        let changing = World { database: other.clone(), ..world.again() };
        let change = async move {
            assert_eq!(changing.change_password(bearer(&mine, ADA), "old", "new").await, "changed");
            false
        };
        let runs: [Pin<Box<dyn Future<Output = bool> + Send>>; 2] =
            [Box::pin(start), Box::pin(change)];
        let has_started = at_once(runs).await[0];
        assert_eq!(world.row(session).await, "", "round {round}: it goes on");
        if has_started { before += 1 } else { refused += 1 }
    }
    assert!(before > 0 && refused > 0, "they never met: {before} before, {refused} refused");
}

/// Runs `second` while a transaction with `first` is open, until it waits for the lock.
async fn behind<T: Send + 'static>(
    world: &World,
    first: &str,
    second: impl Future<Output = T> + Send + 'static,
) -> T {
    let holder = world.stage.client().await;
    holder.batch_execute(&format!("BEGIN; {first}")).await.unwrap();
    let second = tokio::spawn(second);
    let waits = "SELECT count(*) FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while world.stage.value(waits).await == "0" {}
    holder.batch_execute("COMMIT").await.unwrap();
    second.await.unwrap()
}

#[tokio::test]
async fn of_two_that_end_the_others_one_goes_on() {
    let world = World::new().await;
    let (mine, other) = (world.signed_in(ADA, NOW).await, world.signed_in(ADA, NOW).await);
    let first = format!(
        "SELECT end_sessions(1, '{}', NULL, TRUE, to_timestamp({}), 'mark')",
        mine.session(),
        NOW.seconds()
    );
    let ending = world.again();
    let second = async move { ending.end_others(bearer(&other, ADA), NOW).await };
    assert_eq!(behind(&world, &first, second).await, None);
    assert!(world.is_signed_in(bearer(&mine, ADA), NOW).await);
}

#[tokio::test]
async fn one_that_is_sent_again_before_it_is_done_gets_the_same_answer() {
    for (function, what) in [("end_sessions", "FALSE"), ("revoke_session", "'{}'")] {
        let world = World::new().await;
        let mine = world.signed_in(ADA, NOW).await;
        let (session, now) = (mine.session(), NOW.seconds());
        let what = what.replace("{}", &session.to_string());
        let end =
            format!("{function}(1, '{session}', NULL, {what}, to_timestamp({now}), 'mark')::text");
        let (ending, again) = (world.again(), format!("SELECT {end}"));
        let second = async move { ending.stage.value(&again).await };
        assert_eq!(behind(&world, &format!("SELECT {end}"), second).await, "1", "{function}");
        let another = end.replace("mark", "another");
        let another = format!("SELECT coalesce({another}, 'refused')");
        assert_eq!(world.stage.value(&another).await, "refused", "{function}");
    }
}

#[tokio::test]
async fn of_two_changes_of_one_password_the_second_is_refused() {
    let world = World::new().await;
    let mine = world.signed_in(ADA, NOW).await;
    let first = format!(
        "SELECT change_password(1, '{}', NULL, 'old', 'first', to_timestamp({}))",
        mine.session(),
        NOW.seconds()
    );
    let changing = world.again();
    let second = async move { changing.change_password(bearer(&mine, ADA), "old", "second").await };
    assert_eq!(behind(&world, &first, second).await, "conflict");
    assert_eq!(world.stage.value("SELECT password FROM users WHERE id = 1").await, "first");
}

#[tokio::test]
async fn of_a_change_and_a_deletion_the_second_is_refused() {
    let world = World::new().await;
    let mine = bearer(&world.signed_in(ADA, NOW).await, ADA);
    let (id, seconds) = (mine.key.session().unwrap(), NOW.seconds());
    let changed =
        format!("SELECT change_password(1, '{id}', NULL, 'old', 'new', to_timestamp({seconds}))");
    let accounts = Accounts::new(world.database.clone());
    let deletion = |verified: &'static str| {
        let accounts = accounts.clone();
        async move { accounts.delete(&mine, &Secret::new(verified.to_owned()), NOW).await.unwrap() }
    };
    assert_eq!(behind(&world, &changed, deletion("old")).await, Ended::PasswordChanged);
    let deleted = format!("SELECT delete_account(1, '{id}', NULL, 'new', to_timestamp({seconds}))");
    let changing = world.again();
    let change = async move { changing.change_password(mine, "new", "newer").await };
    assert_eq!(behind(&world, &deleted, change).await, "signed_out");
    assert_eq!(deletion("new").await, Ended::Done);
}
