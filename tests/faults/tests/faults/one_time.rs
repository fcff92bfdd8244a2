//! Requests with secrets of mails, and for mails: killed at any await, with a lost answer, or with a mailer
//! that hangs.

use std::net::TcpListener;
use std::time::Duration;

use change_email::ChangeEmail;
use mail_request::MailRequest;
use reset_password::ResetPassword;
use serde_json::{Value, json};
use shared::Link;
use shared::http::Endpoint;
use verify::Verify;

use crate::container::Container;
use crate::fixture::{Fixture, side_by_side};
use crate::mail::{SETTINGS, request, reset_by, send, somewhere, start, verify_by};
use crate::process::Process;
use crate::service::Service;

/// Of the user with the latest link: whether it is used, and whether it has had its effect.
const STATE: &str = "SELECT concat_ws(' ', s.used_by IS NOT NULL, CASE s.purpose \
        WHEN 'reset' THEN u.session_epoch = 1 AND u.password <> 'old' \
        ELSE u.email = s.address AND u.verified_email IS NOT DISTINCT FROM u.email END) \
    FROM one_time_secrets AS s JOIN users AS u ON u.id = s.user_id ORDER BY s.id DESC LIMIT 1";

const UNUSED: &str = "f f";
const USED: &str = "t t";

#[track_caller]
fn is_good_once<E: Endpoint>(container: &Container<E>, event: &Value) {
    container.ask(event).is_good();
    let again = container.ask(event);
    let invalid = json!("Invalid or expired link or code");
    assert_eq!((again.status, &again.body), (400, &invalid), "{again:?}");
}

/// A function is killed at each await; its client then asks again.
fn is_killed<E: Endpoint>(purpose: &str, event: fn(&Link) -> Value) {
    let fixture = Fixture::new();
    let (mut unused, mut used) = (0, 0);
    for kill in 2.. {
        let (awaits, is_sent) = (kill / 2, kill % 2 == 1);
        assert!(awaits < 200, "it never ends");
        let event = event(&send(&fixture, purpose, 1)[0]);
        let container: Container<E> = start(&fixture);
        let answer = container.ask_and_kill(&event, awaits, is_sent);
        drop(container);
        // The server finishes what has reached it.
        fixture.wait_for_connections("true", 0);
        let state = fixture.value(STATE);
        let again = start::<E>(&fixture).ask(&event);
        let is_used = state == USED;
        let expected = if is_used { (USED, 400) } else { (UNUSED, 200) };
        assert_eq!((state.as_str(), again.status), expected, "after {awaits} awaits of {purpose}");
        *if is_used { &mut used } else { &mut unused } += 1;
        assert_eq!(fixture.value(STATE), USED, "after {awaits} awaits of {purpose}");
        if let Some(answer) = answer {
            answer.is_good();
            break;
        }
    }
    assert!(unused > 0 && used > 0, "{purpose}: {unused} {used}");
}

#[test]
fn a_function_that_is_killed_uses_no_secret_without_its_effect() {
    let _machine = side_by_side();
    is_killed::<ResetPassword>("reset", reset_by);
    is_killed::<Verify>("verify", verify_by);
    is_killed::<Verify>("change", verify_by);
}

#[test]
fn a_request_whose_answer_is_lost_is_sent_again_and_succeeds_once() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    let (reset, verify) = (start::<ResetPassword>(&fixture), start::<Verify>(&fixture));
    let lose = |statement| {
        fixture.proxy.lose_answer(statement);
        fixture.proxy.connects()
    };
    for statement in [0, 1] {
        let event = reset_by(&send(&fixture, "reset", 1)[0]);
        let connects = lose(statement);
        is_good_once(&reset, &event);
        assert_eq!((fixture.value(STATE).as_str(), fixture.proxy.connects()), (USED, connects + 1));
    }
    for purpose in ["verify", "change"] {
        let event = verify_by(&send(&fixture, purpose, 1)[0]);
        let connects = lose(0);
        is_good_once(&verify, &event);
        assert_eq!((fixture.value(STATE).as_str(), fixture.proxy.connects()), (USED, connects + 1));
    }
    let member = Service::start(&fixture).new_member();
    fixture.execute("DELETE FROM mails");
    let (asks, change) = (start::<MailRequest>(&fixture), start::<ChangeEmail>(&fixture));
    let connects = lose(0);
    asks.ask(&request(&somewhere())).is_good();
    assert_eq!(fixture.proxy.connects(), connects + 1);
    for statement in [0, 1] {
        let connects = lose(statement);
        change.ask(&member.change_email(&somewhere())).is_good();
        assert_eq!(fixture.proxy.connects(), connects + 1);
    }
    // The mail to the present address is one as long as it waits.
    let count = |kind: &str| {
        fixture.value(&format!("SELECT count(*) FROM mails WHERE kind = '{kind}' AND attempts = 0"))
    };
    assert_eq!(["reset", "change", "change_asked"].map(count), ["1", "2", "1"]);
}

#[test]
fn a_mailer_that_hangs_delays_a_request_by_half_a_second() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    // It accepts, and answers nothing.
    let hanging = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", hanging.local_addr().unwrap());
    let database_url = fixture.url_for("mail-request");
    let own = [
        ("DATABASE_URL", database_url.as_str()),
        ("MAILER_FUNCTION", "stack-mailer"),
        ("AWS_ENDPOINT_URL_LAMBDA", &url),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
    ];
    let settings: Vec<_> = own.into_iter().chain(SETTINGS).collect();
    let mut asks = Process::start("mail-request", &settings);
    for asked in ["1", "2", "3"] {
        let answer = asks.ask(&request(&somewhere()));
        answer.is_good_within(Duration::from_secs(1));
        assert!(answer.took >= Duration::from_millis(500), "{answer:?}");
        assert_eq!(fixture.value("SELECT count(*) FROM mails"), asked);
    }
}
