//! A way out that takes no mail for an hour. This check runs alone.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{FORGOT, REQUEST_VERIFY, ROUTES};
use crate::check::{Check, checks};
use crate::person::Person;
use crate::target::{CHEAP, Target};

pub(super) fn checks() -> Vec<Check> {
    checks![
        while_no_mail_can_leave_requests_go_on_and_the_mails_come_later needs Runner;
    ]
}

/// What a request takes at most, whatever becomes of its mail.
const FAST: Duration = Duration::from_secs(1);

fn while_no_mail_can_leave_requests_go_on_and_the_mails_come_later(target: &Target) {
    let settings = ["AuthorizerCacheSeconds=0", CHEAP];
    let away = Target::runner("mails-away", &settings, Arc::clone(&target.secrets));
    let away = away.unwrap_or_else(|sentence| panic!("{sentence}"));
    let [late, early] = [(); 2].map(|()| away.asks());
    // A file where the folder is to be: nothing can be written there.
    let folder = away.mail_folder().expect("a runner's").to_owned();
    fs::write(&folder, "").expect("a file");
    for (route, _) in ROUTES {
        for address in [&late.email, &early.email, &Person::new("nobody").email] {
            let start = Instant::now();
            let answer = away.ask(route, address);
            assert_eq!((answer.status, answer.text().as_ref()), (202, "null"));
            assert!(start.elapsed() < FAST, "{:?}", start.elapsed());
        }
    }
    away.await_attempts();
    // They have waited since then, one of them for longer than its link would last.
    for (email, minutes) in [(&late.email, 61.0), (&early.email, 50.0)] {
        let wait =
            "UPDATE mails SET asked_at = asked_at - $2 * interval '1 minute' WHERE address = $1";
        away.database().query(wait, &[email, &minutes]);
    }
    fs::remove_file(&folder).expect("the file");
    away.database().query("UPDATE mails SET due_at = now() - interval '1 second'", &[]);
    assert_eq!(away.ask(REQUEST_VERIFY, &Person::new("nobody").email).status, 202);
    let reset = away.await_mail("reset", &early.email);
    for person in [&late, &early] {
        away.await_mail("verify", &person.email);
        away.await_no_waiting(&person.email);
    }
    assert!(away.mails_to("reset", &late.email).is_empty());
    away.reset(&reset.by_link(), "plain horses after a wait").is_reset();
    assert_eq!(away.ask(FORGOT, &late.email).status, 202);
    away.await_mail("reset", &late.email);
    away.record_mails();
    away.stop();
    let log = away.log();
    for event in ["mail_waits", "mail_given_up", "mail_sent"] {
        assert!(log.contains(&format!("\"event\":\"{event}\"")), "no {event}: {log}");
    }
    for person in [&late, &early] {
        assert!(!log.contains(&person.email));
    }
}

impl Target {
    /// Waits until a mailer has attempted what it attempts in one run.
    fn await_attempts(&self) {
        let start = Instant::now();
        let attempted = "SELECT count(*) FROM mails WHERE attempts > 0";
        while self.database().count(attempted, &[]) < 3 {
            assert!(start.elapsed() < Duration::from_secs(75), "no mail was attempted");
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }
}
