//! The cookie by which a client that has signed in before has a budget of its own.

use serde_json::json;

use crate::check::{Check, checks};
use crate::client::Answer;
use crate::person::{Person, nobody};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        each_way_to_sign_in_sets_the_cookie also Emulator, SamLocal;
        nothing_else_sets_the_cookie also Emulator;
        a_session_in_a_cookie_is_set_beside_it also Emulator, SamLocal;
        a_client_is_not_locked_out_by_strangers also Pooler, Emulator;
        a_proof_for_another_name_or_with_a_bit_changed_is_none also Emulator;
        a_second_cookie_takes_nothing_away also Emulator;
        another_value_counts_as_none_and_is_not_passed_on also Emulator;
        four_people_at_one_browser_keep_theirs;
        an_allowed_page_may_send_and_get_the_cookie also Emulator, SamLocal;
        a_foreign_page_moves_no_budget_of_its_owner also Emulator needs Database;
        a_guess_with_a_proof_is_charged_to_its_client_alone also Pooler needs Database;
    ]
}

/// The checks that change what other clients' proofs are made with.
pub(crate) fn alone() -> Vec<Check> {
    checks![
        a_replaced_secret_voids_each_proof_at_once also Pooler needs Database;
    ]
}

const NAME: &str = "__Host-latchkey-client";
const ATTRIBUTES: &str = "Max-Age=34560000; Path=/; Secure; HttpOnly; SameSite=None; Partitioned";
const ALLOWED: &str = "http://localhost:3000";

/// The characters of one proof.
const LENGTH: usize = 76;

/// The guesses of one name that one network has at once.
const AT_ONCE: usize = 10;

/// The cookie that an answer sets.
#[track_caller]
pub(crate) fn set_by(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let (value, attributes) = answer.cookie(NAME).expect("the cookie");
    assert_eq!(attributes, ATTRIBUTES);
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let mut proofs = value.split('.');
    assert!(proofs.all(|it| it.len() == LENGTH && it.chars().all(allowed)), "{value}");
    value.to_owned()
}

/// A sign-in with this cookie and these headers.
#[track_caller]
pub(crate) fn sign_in(
    target: &Target,
    person: &Person,
    cookie: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let request = target.http.post_json("/api/auth/signin", &person.json());
    let request = headers.iter().fold(request, |it, (name, value)| it.header(name, value));
    request.header("cookie", &format!("{NAME}={cookie}")).send()
}

/// Uses up what strangers in this network have of a name.
#[track_caller]
pub(crate) fn lock_out(target: &Target, person: &Person) {
    for _ in 0..AT_ONCE {
        drop(target.signin(&person.username, "not the password"));
    }
    assert_eq!(target.signin(&person.username, &person.password).status, 429);
}

/// A user who has signed up, with the cookie.
#[track_caller]
fn signed_up(target: &Target, stem: &str) -> (Person, String) {
    let person = Person::new(stem);
    let cookie = set_by(&target.signup(&person));
    (person, cookie)
}

/// The guesses of a name that are charged to its clients.
#[track_caller]
fn rows_of_clients(target: &Target, username: &str) -> i64 {
    let count = "SELECT count(*) FROM limits AS l, users AS u, generate_series(0, 7) AS class \
                 WHERE u.username = $1 \
                 AND l.key = substr(sha256(int8send(5) || 'guess' || int8send(6) || 'client' \
                     || int8send(4) || int4send(u.id) || int8send(1) || set_byte('\\x00', 0, class)), 1, 16)";
    target.database().count(count, &[&username])
}

fn each_way_to_sign_in_sets_the_cookie(target: &Target) {
    let (person, at_sign_up) = signed_up(target, "client");
    let at_sign_in = set_by(&target.signin(&person.username, &person.password));
    let fields = [("username", &*person.username), ("password", &*person.password)];
    let at_token = set_by(&target.token(&fields));
    for (cookie, name) in [(at_sign_up, "sign-up"), (at_sign_in, "sign-in"), (at_token, "token")] {
        assert_eq!(cookie.len(), LENGTH);
        let again = set_by(&sign_in(target, &person, &cookie, &[]));
        assert_eq!(again.len(), LENGTH, "{name}: it replaces its own");
    }
}

fn nothing_else_sets_the_cookie(target: &Target) {
    let (person, _) = signed_up(target, "client");
    let body =
        json!({ "username": person.username, "password": person.password, "session": "token" });
    let signed_in = target.http.post_json("/api/auth/signin", &body).send().json();
    let refresh_token = signed_in["refresh_token"].as_str().expect("a refresh token");
    let grant = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
    let refreshed = target.token(&grant);
    let token = refreshed.json()["access_token"].as_str().expect("a token").to_owned();
    for (answer, status) in [
        (refreshed, 200),
        (target.signup(&person), 409),
        (target.signin(&person.username, "not the password"), 401),
        (target.signin(&nobody(), "not the password"), 401),
        (target.token(&[("username", &person.username), ("password", "no")]), 401),
        (target.http.post_json("/api/auth/signin", &json!({})).send(), 422),
        (target.get_as(&token, "/api/auth/users/me"), 200),
    ] {
        assert_eq!((answer.status, answer.cookie(NAME)), (status, None), "{}", answer.asked);
    }
}

fn a_session_in_a_cookie_is_set_beside_it(target: &Target) {
    let mut body = target.ada().person.json();
    body["session"] = json!("cookie");
    let answer = target.http.post_json("/api/auth/signin", &body).send();
    set_by(&answer);
    let (session, _) = answer.cookie("__Host-latchkey_session").expect("the session");
    assert!(session.starts_with("lkr_"));
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 2);
}

fn a_client_is_not_locked_out_by_strangers(target: &Target) {
    let (person, cookie) = signed_up(target, "client");
    lock_out(target, &person);
    for _ in 0..2 * AT_ONCE {
        assert_eq!(set_by(&sign_in(target, &person, &cookie, &[])).len(), LENGTH);
    }
    let fields = [("username", &*person.username), ("password", &*person.password)];
    assert_eq!(target.token(&fields).status, 429);
    let form = target.http.post_form("/api/auth/token", &fields);
    set_by(&form.header("cookie", &format!("a=b; {NAME}={cookie}")).send());
    // The cookie alone signs nobody in.
    let wrong = person.with_password("not the password");
    assert_eq!(sign_in(target, &wrong, &cookie, &[]).status, 401);
}

fn a_proof_for_another_name_or_with_a_bit_changed_is_none(target: &Target) {
    let (ada, cookie) = signed_up(target, "client");
    let (bob, _) = signed_up(target, "client");
    lock_out(target, &ada);
    lock_out(target, &bob);
    assert_eq!(sign_in(target, &bob, &cookie, &[]).status, 429);
    for index in [0, 21, 22, 30, 40, LENGTH - 1] {
        let mut changed = cookie.clone();
        let other = if &cookie[index..=index] == "A" { "B" } else { "A" };
        changed.replace_range(index..=index, other);
        assert_eq!(sign_in(target, &ada, &changed, &[]).status, 429, "{index}");
    }
    set_by(&sign_in(target, &ada, &cookie, &[]));
}

/// As of a browser that keeps one from before it knew `Partitioned`.
fn a_second_cookie_takes_nothing_away(target: &Target) {
    let (ada, cookie) = signed_up(target, "client");
    let (bob, other) = signed_up(target, "client");
    lock_out(target, &ada);
    lock_out(target, &bob);
    for both in [format!("{cookie}; {NAME}={other}"), format!("{other}; {NAME}={cookie}")] {
        for person in [&ada, &bob] {
            let set = set_by(&sign_in(target, person, &both, &[]));
            assert_eq!(set.split('.').count(), 2, "the other's goes on");
        }
    }
}

fn another_value_counts_as_none_and_is_not_passed_on(target: &Target) {
    let (ada, cookie) = signed_up(target, "client");
    for value in [
        String::new(),
        "garbage.-.=".to_owned(),
        cookie[..LENGTH - 1].to_owned(),
        "A".repeat(LENGTH),
        format!("\"{cookie}\""),
        "A".repeat(8_000),
        format!("{}.{cookie}", "A".repeat(LENGTH)),
    ] {
        assert_eq!(set_by(&sign_in(target, &ada, &value, &[])).len(), LENGTH, "{value}");
    }
}

fn four_people_at_one_browser_keep_theirs(target: &Target) {
    let mut cookie = String::new();
    let mut people = Vec::new();
    for number in 1..=4 {
        let person = Person::new("client");
        let signup = target.http.post_json("/api/auth/signup", &person.json());
        cookie = set_by(&signup.header("cookie", &format!("{NAME}={cookie}")).send());
        assert_eq!(cookie.split('.').count(), number);
        people.push(person);
    }
    for person in &people {
        lock_out(target, person);
        set_by(&sign_in(target, person, &cookie, &[]));
    }
    let (fifth, _) = signed_up(target, "client");
    let cookie = set_by(&sign_in(target, &fifth, &cookie, &[]));
    let statuses = people.iter().map(|person| sign_in(target, person, &cookie, &[]).status);
    assert_eq!(statuses.collect::<Vec<_>>(), [429, 200, 200, 200], "the oldest has gone");
}

fn an_allowed_page_may_send_and_get_the_cookie(target: &Target) {
    let (person, cookie) = signed_up(target, "client");
    lock_out(target, &person);
    let page = [("origin", ALLOWED), ("sec-fetch-site", "cross-site")];
    let answer = sign_in(target, &person, &cookie, &page);
    set_by(&answer);
    assert_eq!(answer.header("access-control-allow-origin"), Some(ALLOWED));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    // The page of `/docs`, which is of the API's own origin.
    let own = [("origin", "https://api.example"), ("sec-fetch-site", "same-origin")];
    set_by(&sign_in(target, &person, &cookie, &own));
}

fn a_foreign_page_moves_no_budget_of_its_owner(target: &Target) {
    let (ada, cookie) = signed_up(target, "client");
    let (mallory, _) = signed_up(target, "client");
    let cookie = format!("{NAME}={cookie}");
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
        &[("origin", "null"), ("sec-fetch-site", "cross-site")],
        &[("origin", "http://localhost:3000.evil.example"), ("sec-fetch-site", "same-site")],
    ] {
        let post = |person: &Person, password: &str| {
            let fields = [("username", &*person.username), ("password", password)];
            let form = target.http.post_form("/api/auth/token", &fields);
            let form = headers.iter().fold(form, |it, (name, value)| it.header(name, value));
            form.header("cookie", &cookie).send()
        };
        assert_eq!(post(&ada, "not the password").status, 401);
        // Nor does it push the owner's proof out, by names of its own.
        let answer = post(&mallory, &mallory.password);
        assert_eq!((answer.status, answer.header("set-cookie")), (200, None), "{headers:?}");
    }
    assert_eq!(rows_of_clients(target, &ada.username), 0);
}

fn a_guess_with_a_proof_is_charged_to_its_client_alone(target: &Target) {
    let (ada, cookie) = signed_up(target, "client");
    let wrong = ada.clone().with_password("not the password");
    for _ in 0..2 * AT_ONCE {
        assert_eq!(sign_in(target, &wrong, &cookie, &[]).status, 401);
    }
    let refused = sign_in(target, &ada, &cookie, &[]);
    assert_eq!((refused.status, refused.header("set-cookie")), (429, None));
    let seconds = refused.header("retry-after").and_then(|text| text.parse().ok());
    assert!(seconds.is_some_and(|it: u32| (600..=1080).contains(&it)), "{refused:?}");
    assert_eq!(rows_of_clients(target, &ada.username), 1);
    // A stranger's budget is untouched.
    for _ in 1..AT_ONCE {
        assert_eq!(target.signin(&ada.username, "not the password").status, 401);
    }
    set_by(&target.signin(&ada.username, &ada.password));
}

fn a_replaced_secret_voids_each_proof_at_once(target: &Target) {
    let (ada, old) = signed_up(target, "client");
    lock_out(target, &ada);
    set_by(&sign_in(target, &ada, &old, &[]));
    let replace = "UPDATE proof_keys SET secret = sha256(secret) RETURNING 1";
    assert_eq!(target.database().query(replace, &[]).len(), 1);
    assert_eq!(sign_in(target, &ada, &old, &[]).status, 429);
    // A new one works, also where the old secret was held.
    let (bob, new) = signed_up(target, "client");
    lock_out(target, &bob);
    set_by(&sign_in(target, &bob, &new, &[]));
    assert_eq!(sign_in(target, &ada, &new, &[]).status, 429);
}
