//! More sign-ins than the cores can hash. This check runs alone.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::check::{Check, checks};
use crate::client::Answer;
use crate::crowd::at_once;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        an_overload_is_refused_at_once_and_all_else_goes_on needs Runner;
    ]
}

/// A sign-in by a client that accepts problem details, with its duration.
fn timed_signin(target: &Target, username: &str, password: &str) -> (Answer, Duration) {
    let start = Instant::now();
    let body = json!({ "username": username, "password": password });
    let request = target.http.post_json("/api/auth/signin", &body);
    let answer = request.header("accept", "application/problem+json").send();
    (answer, start.elapsed())
}

fn an_overload_is_refused_at_once_and_all_else_goes_on(target: &Target) {
    // Each hash takes two seconds; the queue accepts five per core, ten for a single core.
    let settings = ["AuthorizerCacheSeconds=0", "BcryptCost=15"];
    let busy = Target::runner("overloaded", &settings, Arc::clone(&target.secrets));
    let busy = busy.unwrap_or_else(|sentence| panic!("{sentence}"));
    let ada = busy.ada();
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let over = AtomicBool::new(false);
    let answers = thread::scope(|scope| {
        let meanwhile = scope.spawn(|| {
            let mut count = 0;
            while !over.load(Ordering::Relaxed) {
                busy.http.get("/").send().is_json(200, &json!("Hello World"));
                busy.get_as(&ada.token, "/api/auth/users/me").is_json(200, &ada.person.public());
                count += 1;
            }
            count
        });
        let crowd = vec![&ada.person; 16 * cores];
        let answers =
            at_once(&crowd, |person| timed_signin(&busy, &person.username, &person.password));
        over.store(true, Ordering::Relaxed);
        assert!(meanwhile.join().expect("all 200") > 3);
        answers
    });
    let (good, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|(answer, _)| answer.status == 200);
    assert!(good.len() >= cores, "{} of {}", good.len(), 16 * cores);
    for (answer, _) in &refused {
        assert_eq!(answer.status, 503, "{answer:?} {}", answer.text());
        assert!(answer.header("retry-after").is_some(), "{answer:?}");
    }
    let (answer, took) = refused.iter().min_by_key(|(_, took)| *took).expect("a refusal");
    assert!(*took < Duration::from_secs(1), "{took:?}");
    assert_eq!(answer.media_type(), "application/problem+json", "{answer:?}");
    assert_eq!(answer.json()["code"], "overloaded");
    assert_eq!(busy.signin(&ada.person.username, &ada.person.password).status, 200);
    busy.stop();
    let log = busy.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let refused =
        lines.filter(|line| line["error"] == "overloaded" && line["function"] == "signin");
    assert!(refused.count() > 0, "{log}");
}
