//! More sign-ins than the containers can serve. This check runs alone.

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

/// A sign-in, with its duration.
fn timed_signin(target: &Target, username: &str, password: &str) -> (Answer, Duration) {
    let start = Instant::now();
    let answer = target.signin(username, password);
    (answer, start.elapsed())
}

fn an_overload_is_refused_at_once_and_all_else_goes_on(target: &Target) {
    // One container hashes for two seconds each time: a dozen requests have an answer within 29 s.
    let settings = ["AuthorizerCacheSeconds=0", "BcryptCost=15", "HashingConcurrency=1"];
    let busy = Target::runner("overloaded", &settings, Arc::clone(&target.secrets));
    let busy = busy.unwrap_or_else(|sentence| panic!("{sentence}"));
    let ada = busy.ada();
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
        let crowd = vec![&ada.person; 32];
        let answers =
            at_once(&crowd, |person| timed_signin(&busy, &person.username, &person.password));
        over.store(true, Ordering::Relaxed);
        assert!(meanwhile.join().expect("all 200") > 3);
        answers
    });
    let (good, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|(answer, _)| answer.status == 200);
    assert!(good.len() > 2, "{} of 32", good.len());
    for (answer, _) in &refused {
        answer.is_text(503, "Service Unavailable");
        assert!(answer.header("retry-after").is_some(), "{answer:?}");
    }
    let (_, took) = refused.iter().min_by_key(|(_, took)| *took).expect("a refusal");
    assert!(*took < Duration::from_secs(1), "{took:?}");
    assert_eq!(busy.signin(&ada.person.username, &ada.person.password).status, 200);
    busy.stop();
    // The function, and so the database, was asked for the answered requests alone.
    let log = busy.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let of = |function: &str, status: u16| {
        let is = |line: &Value| {
            line["function"] == function
                && line["route"] == "/api/auth/signin"
                && line["status"] == status
        };
        lines.clone().filter(is).count()
    };
    assert_eq!(of("gateway", 503), refused.len(), "{log}");
    assert_eq!(of("signin", 200), good.len() + 2, "{log}"); // ada's token, and the one after all
    assert_eq!(of("signin", 503), 0, "{log}");
}
