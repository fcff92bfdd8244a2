//! Everything that ends, starts and renews sessions, on one user at the same time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::at_once::at_once;
use super::*;

/// What happened how often: a soak in which some of it never happens proves nothing.
#[derive(Debug, Default)]
struct Counts {
    started: AtomicUsize,
    renewed: AtomicUsize,
    refused: AtomicUsize,
    authorized: AtomicUsize,
    ended: AtomicUsize,
}

fn count(counter: &AtomicUsize, by: impl TryInto<usize>) {
    counter.fetch_add(by.try_into().unwrap_or_default(), Ordering::Relaxed);
}

/// Three seconds, or `LATCHKEY_SOAK_SECONDS`.
fn duration() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "the test's own setting")]
    let seconds = std::env::var("LATCHKEY_SOAK_SECONDS").ok();
    Duration::from_secs(seconds.map_or(3, |it| it.parse().unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_one_user_does_at_once_meets_no_deadlock() {
    let world = World::new().await;
    // One that PostgreSQL doesn't resolve exceeds the deadline of a query.
    let name = world.stage.value("SELECT current_database()").await;
    world.stage.execute(&format!("ALTER DATABASE {name} SET deadlock_timeout = '1min'")).await;
    let counts = Counts::default();
    let latest = Mutex::new(world.token(NOW));
    let shared: &'static (Counts, Mutex<RefreshToken>) = Box::leak(Box::new((counts, latest)));
    let begun = Instant::now();
    let until = begun + duration();
    let runs = (0..7).map(|number| {
        let world = World { random: Random::counted(number << 32), ..world.again() };
        async move {
            while Instant::now() < until {
                // Ten times as fast as time goes, so that leeways end.
                let seconds = 10 * begun.elapsed().as_secs();
                act(&world, number, NOW.plus(seconds.try_into().unwrap()), shared).await;
            }
        }
    });
    at_once(runs.collect::<Vec<_>>()).await;
    let (counts, _) = shared;
    println!("{counts:?}");
    for counter in
        [&counts.started, &counts.renewed, &counts.refused, &counts.authorized, &counts.ended]
    {
        assert!(counter.load(Ordering::Relaxed) > 10, "{counts:?}");
    }
}

/// Signs in, refreshes and uses the newest session of all, then does what the number says.
async fn act(
    world: &World,
    number: u64,
    now: NumericDate,
    (counts, latest): &'static (Counts, Mutex<RefreshToken>),
) {
    let (client_id, device) = (ClientId::default(), Device::default());
    let (token, salt) = (world.token(now), Salt::new(&world.random));
    let epoch = "SELECT session_epoch FROM users WHERE id = 1";
    let epoch = world.stage.value(epoch).await.parse().unwrap();
    let start = start(Kind::Token(&token), ADA, epoch, now, (&client_id, &device));
    if world.sessions().start(&start).await.unwrap() {
        *latest.lock().unwrap() = token;
        count(&counts.started, 1);
    }
    let newest = latest.lock().unwrap().clone();
    let caller = bearer(&newest, ADA);
    for _ in 0..2 {
        let refreshed = world.sessions().refresh(&newest, &salt, now, LEEWAY, &device).await;
        match refreshed.unwrap() {
            Refresh::Renewed(_) => count(&counts.renewed, 1),
            Refresh::Refused => count(&counts.refused, 1),
            Refresh::Reused(user) => panic!("a new token of {user:?} was taken for an old one"),
        }
        if world.authorize_once(caller, 1, now).await["is_signed_in"] == true {
            count(&counts.authorized, 1);
        }
    }
    let ended = match number {
        0 => world.end_others(caller, now).await.unwrap_or(0),
        1 => world.revoke(caller, newest.session(), now).await.unwrap_or(0),
        2 => world.end_all(caller, now).await.unwrap_or(0),
        3 => {
            world.sign_out_of(&newest, now).await;
            0
        }
        4 => {
            let verb = json!({ "verb": "sign_out", "username": "ada" });
            let answer = world.stage.admin().handle(verb).await.unwrap();
            i32::try_from(answer["ended"].as_i64().unwrap()).unwrap()
        }
        5 => {
            let hash = world.stage.value("SELECT password FROM users WHERE id = 1").await;
            let other = if hash == "old" { "new" } else { "old" };
            i32::from(world.change_password(caller, &hash, other).await == "changed")
        }
        _ => {
            world.own().list(&caller, now).await.unwrap();
            0
        }
    };
    count(&counts.ended, ended);
}
