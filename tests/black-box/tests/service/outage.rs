//! A database that closes connections, is read-only, or has ended. These checks run alone.

use std::sync::Arc;
use std::thread;

use serde_json::Value;

use crate::check::{Check, checks};
use crate::client::Answer;
use crate::person::Person;
use crate::target::{CHEAP, Target};

pub(crate) fn checks() -> Vec<Check> {
    checks![
        connections_that_were_dropped_fail_no_request also Pooler, Emulator needs Database;
        a_sign_in_needs_no_writable_database also Pooler, Emulator needs Database;
        without_a_database_the_service_is_unavailable_and_says_why_in_its_log also Pooler needs Runner;
    ]
}

fn connections_that_were_dropped_fail_no_request(target: &Target) {
    let ada = target.ada();
    let ask: [&dyn Fn() -> Answer; 5] = [
        &|| target.signin(&ada.person.username, &ada.person.password),
        &|| target.get_as(&ada.token, "/api/auth/users/me"),
        &|| target.get_as(&ada.token, "/api/test/user"),
        &|| target.http.get("/.well-known/jwks.json").send(),
        &|| target.signup(&Person::new("dropped")),
    ];
    for request in ask {
        // Fills the pools, so that there are connections to drop.
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| target.get_as(&ada.token, "/api/test/profile"));
            }
        });
        target.database().drop_connections();
        let answer = request();
        assert_eq!(answer.status, 200, "{} {}", answer.asked, answer.text());
    }
}

/// While this lives, new connections of all the service's logins are read-only.
struct ReadOnly<'a>(&'a Target);

impl<'a> ReadOnly<'a> {
    fn begin(target: &'a Target) -> Self {
        let readonly = Self(target);
        readonly.set("on");
        readonly
    }

    fn set(&self, value: &str) {
        let name = &self.0.database().query("SELECT quote_ident(current_database())", &[])[0];
        let name: String = name.get(0);
        let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}");
        self.0.database().query(&sql, &[]);
        self.0.database().drop_connections();
    }
}

impl Drop for ReadOnly<'_> {
    fn drop(&mut self) {
        self.set("off");
    }
}

fn a_sign_in_needs_no_writable_database(target: &Target) {
    // passlib's of "correct horse battery", of a cost that a sign-in would raise.
    let hash = "$2b$04$jdKw.xB3ycMjCRZuvXU.NO.PZF0J4DmdMsksAmi85z/tWVAXa08.S";
    let person = target.signed_up("readonly");
    target.database().set_hash(&person.username, Some(hash));
    {
        let _readonly = ReadOnly::begin(target);
        let answer = target.signin(&person.username, "correct horse battery");
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(target.database().hash_of(&person.username).as_deref(), Some(hash));
        let token = answer.json()["token"].as_str().expect("a token").to_owned();
        target.get_as(&token, "/api/auth/users/me").is_json(200, &person.public());
    }
    assert_eq!(target.signin(&person.username, "correct horse battery").status, 200);
}

#[track_caller]
fn is_unavailable(answer: &Answer) {
    answer.is_text(503, "Service Unavailable");
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
}

fn without_a_database_the_service_is_unavailable_and_says_why_in_its_log(target: &Target) {
    let settings = ["AuthorizerCacheSeconds=0", CHEAP];
    let doomed = Target::runner("doomed", &settings, Arc::clone(&target.secrets));
    let doomed = doomed.unwrap_or_else(|sentence| panic!("{sentence}"));
    let ada = doomed.ada().clone();
    doomed.database().crash();
    is_unavailable(&doomed.signin(&ada.person.username, &ada.person.password));
    is_unavailable(&doomed.signup(&Person::new("late")));
    is_unavailable(&doomed.get_as(&ada.token, "/api/auth/users/me"));
    is_unavailable(&doomed.get_as(&ada.token, "/api/test/user"));
    let fields = [("username", ada.person.username.as_str()), ("password", &ada.person.password)];
    assert_eq!(doomed.token(&fields).status, 503);
    assert_eq!(doomed.http.get("/").send().status, 200);
    assert_eq!(doomed.http.get("/api/test/all").send().status, 200);
    doomed.stop();
    let log = doomed.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let failed: Vec<_> =
        lines.filter(|line| line["status"] == 503 && line["function"] != "gateway").collect();
    assert!(failed.len() >= 3, "{log}");
    for line in failed {
        assert!(line["cause"].as_str().is_some_and(|cause| !cause.is_empty()), "{line}");
    }
}
