//! Statements that meet.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Barrier;

use super::*;

/// Runs each over a connection of its own, all at the same time.
async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
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
        let rotated = renewed.iter().filter(|it| it.outcome == "rotated").count();
        let replayed = renewed.iter().filter(|it| it.outcome == "replayed").count();
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
            let start = Start {
                user_id: ADA,
                session_epoch: 0,
                kind: Kind::Token(&token),
                client_id: &ClientId::default(),
                now: NOW,
                expires_at: NOW.plus(60),
                idle_seconds: 60,
                device: &Device::default(),
            };
            sessions.start(&start).await.unwrap()
        };
        let changing = World {
            stage: Stage { url: world.stage.url.clone(), clock: world.stage.clock.clone() },
            database: other.clone(),
            random: world.random.clone(),
        };
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
