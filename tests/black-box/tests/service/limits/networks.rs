//! How often one network guesses and signs up, at a runner with these limits. A network is an address of
//! the loopback network here.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use super::{LIMITED, WRONG, signin_from};
use crate::check::{Check, checks};
use crate::client::Answer;
use crate::mail::{FORGOT, RESET, VERIFY};
use crate::person::{Person, nobody};
use crate::target::{CHEAP, Target};

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_network_guesses_few_names needs Runner;
        a_right_password_gives_the_networks_attempt_back needs Runner;
        a_network_signs_few_users_up needs Runner;
        a_sign_up_that_breaks_a_rule_counts_nothing needs Runner;
        a_sign_up_of_a_taken_name_counts needs Runner;
        a_network_presents_few_secrets_of_mails needs Runner Mails;
        limited_networks_are_events needs Runner;
    ]
}

/// At once, and the seconds after which one comes back: 50 of 2,500 and 4 of 40 in a day.
const GUESSES: usize = 50;
const SIGNUPS: usize = 4;
const GUESS_SECONDS: u32 = 36;
const SIGNUP_SECONDS: u32 = 2_400;

static RUNNER: OnceLock<Target> = OnceLock::new();

/// The runner with limits per network.
fn limited(target: &Target) -> &'static Target {
    RUNNER.get_or_init(|| {
        let settings =
            ["AuthorizerCacheSeconds=0", CHEAP, "GuessesPerNetwork=2500", "SignupsPerNetwork=40"];
        let runner = Target::runner("limited", &settings, Arc::clone(&target.secrets));
        runner.unwrap_or_else(|sentence| panic!("{sentence}"))
    })
}

fn signup_from(target: &Target, source: [u8; 4], body: &Value) -> Answer {
    let forwarded = Person::new("203.0.113.").username;
    let request = target.http.post_json("/api/auth/signup", body);
    request.header("x-forwarded-for", &forwarded).send_from(Ipv4Addr::from(source))
}

/// A new user, from a network of its own.
fn signed_up(target: &Target) -> Person {
    static COUNT: AtomicU8 = AtomicU8::new(0);
    signed_up_from(target, [127, 5, COUNT.fetch_add(1, Ordering::Relaxed), 1])
}

#[track_caller]
fn signed_up_from(target: &Target, source: [u8; 4]) -> Person {
    let person = Person::new("network");
    signup_from(target, source, &person.json()).is_json(200, &person.public());
    person
}

#[track_caller]
fn is_within(wait: u32, seconds: u32) {
    assert!(wait <= seconds && wait + 30 >= seconds, "{wait} of {seconds}");
}

fn a_network_guesses_few_names(target: &Target) {
    let target = limited(target);
    let known = signed_up(target);
    for _ in 0..GUESSES {
        assert_eq!(signin_from(target, [127, 4, 0, 1], &nobody(), WRONG).status, 401);
    }
    // Some have come back meanwhile, if the machine is slow.
    let mut answer = signin_from(target, [127, 4, 0, 1], &nobody(), WRONG);
    while answer.status == 401 {
        answer = signin_from(target, [127, 4, 0, 1], &nobody(), WRONG);
    }
    is_within(answer.is_limited(), GUESS_SECONDS);
    for password in [WRONG, &known.password] {
        signin_from(target, [127, 4, 0, 1], &known.username, password).is_limited();
    }
    let elsewhere = signin_from(target, [127, 4, 0, 2], &known.username, &known.password);
    assert_eq!(elsewhere.status, 200, "{}", elsewhere.text());
}

fn a_right_password_gives_the_networks_attempt_back(target: &Target) {
    let target = limited(target);
    let people = [(); 3].map(|()| signed_up(target));
    for person in people.iter().cycle().take(2 * GUESSES) {
        let answer = signin_from(target, [127, 4, 1, 1], &person.username, &person.password);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

fn a_network_signs_few_users_up(target: &Target) {
    let target = limited(target);
    (0..SIGNUPS).for_each(|_| drop(signed_up_from(target, [127, 4, 2, 1])));
    let person = Person::new("network");
    for _ in 0..2 {
        let answer = signup_from(target, [127, 4, 2, 1], &person.json());
        is_within(answer.is_limited(), SIGNUP_SECONDS);
        assert_eq!(answer.media_type(), "text/plain");
    }
    let request = target.http.post_json("/api/auth/signup", &person.json());
    let problem = request.header("accept", "application/json");
    let problem = problem.send_from(Ipv4Addr::new(127, 4, 2, 1));
    assert_eq!((problem.status, problem.media_type()), (429, "application/problem+json"));
    assert_eq!(
        (&problem.json()["code"], &problem.json()["title"]),
        (&json!("rate_limited"), &json!(LIMITED))
    );
    let count = "SELECT count(*) FROM users WHERE username = $1";
    assert_eq!(target.database().count(count, &[&person.username]), 0);
    signed_up_from(target, [127, 4, 2, 2]);
    // Guesses and sign-ups are counted apart.
    assert_eq!(signin_from(target, [127, 4, 2, 1], &nobody(), WRONG).status, 401);
}

fn a_sign_up_that_breaks_a_rule_counts_nothing(target: &Target) {
    let target = limited(target);
    let person = Person::new("network");
    let broken = [
        json!({}),
        person.clone().with_password("short").json(),
        person.clone().with_password("password").json(),
        person.clone().with_password(&person.username).json(),
        json!({ "username": " ", "email": "x", "password": "x" }),
    ];
    for body in broken.iter().cycle().take(3 * SIGNUPS) {
        assert_eq!(signup_from(target, [127, 4, 3, 1], body).status, 422);
    }
    let large = json!({ "username": "x".repeat(70_000) });
    assert_eq!(signup_from(target, [127, 4, 3, 1], &large).status, 413);
    (0..SIGNUPS).for_each(|_| drop(signed_up_from(target, [127, 4, 3, 1])));
    signup_from(target, [127, 4, 3, 1], &person.json()).is_limited();
    // The rules are read first.
    assert_eq!(signup_from(target, [127, 4, 3, 1], &broken[1]).status, 422);
}

fn a_sign_up_of_a_taken_name_counts(target: &Target) {
    let target = limited(target);
    let taken = signed_up(target);
    for _ in 0..SIGNUPS {
        assert_eq!(signup_from(target, [127, 4, 4, 1], &taken.json()).status, 409);
    }
    signup_from(target, [127, 4, 4, 1], &taken.json()).is_limited();
}

fn a_network_presents_few_secrets_of_mails(target: &Target) {
    let target = limited(target);
    let person = signed_up(target);
    let mail = target.mail_of(FORGOT, &person.email);
    let send = |last: u8, path: &str, secret: &Value| {
        let mut body = secret.clone();
        body["password"] = json!(Person::new("network").password);
        let request = target.http.post_json(path, &body);
        request.send_from(Ipv4Addr::new(127, 4, 6, last))
    };
    // Links and codes of both routes share one count, whosever they are.
    let wrong = |number: usize| {
        let link = json!({ "token": "A".repeat(43) });
        let code = || json!({ "email": Person::new("network").email, "code": "0000-0000" });
        let path = if number % 4 < 2 { RESET } else { VERIFY };
        send(1, path, &if number.is_multiple_of(2) { link } else { code() })
    };
    for number in 0..GUESSES {
        assert_eq!(wrong(number).status, 400);
    }
    let mut answer = wrong(0);
    while answer.status == 400 {
        answer = wrong(0);
    }
    is_within(answer.is_limited(), GUESS_SECONDS);
    let right = json!({ "token": mail.token() });
    send(1, RESET, &right).is_limited();
    // What no mail had is no attempt, and guesses at sign-in are counted apart.
    assert_eq!(send(1, VERIFY, &json!({ "token": "A" })).status, 400);
    assert_eq!(signin_from(target, [127, 4, 6, 1], &nobody(), WRONG).status, 401);
    assert_eq!(send(2, RESET, &right).status, 200);
}

fn limited_networks_are_events(target: &Target) {
    let target = limited(target);
    let person = signed_up(target);
    for _ in 0..=SIGNUPS {
        signup_from(target, [127, 4, 5, 1], &person.json());
    }
    let mut answer = signin_from(target, [127, 4, 5, 2], &nobody(), WRONG);
    while answer.status == 401 {
        answer = signin_from(target, [127, 4, 5, 2], &nobody(), WRONG);
    }
    signin_from(target, [127, 4, 5, 2], &person.username, WRONG).is_limited();
    let log = target.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let refused: Vec<_> = lines.filter(|line| line["status"] == 429).collect();
    let id = target.database().id_of(&person.username);
    let mut known = refused.iter().filter(|line| line["user_id"] == id);
    let line = known.next().expect("the last one's");
    assert_eq!(
        (&line["event"], &line["cause"]),
        (&json!("authn_login_fail_max"), &json!("network"))
    );
    let signups = refused.iter().filter(|line| line["route"] == "/api/auth/signup");
    let events: Vec<_> =
        signups.map(|line| (&line["event"], &line["cause"], &line["level"])).collect();
    let event = (&json!("excess_rate_limit_exceeded"), &json!("network"), &json!("WARN"));
    assert!(!events.is_empty() && events.iter().all(|it| *it == event), "{events:?}");
    assert!(!log.contains("127.4."), "no address");
    assert!(!log.contains(&person.username), "no name");
}
