mod sink;

use tokio::net::TcpListener;

use self::sink::{GOOD, Sink, letter};
use super::*;

#[tokio::test]
async fn a_mail_goes_over_verified_tls_and_nothing_in_the_clear() {
    for implicit_tls in [false, true] {
        let (outcome, clear, secure) = Sink { implicit_tls, ..GOOD }.send().await;
        assert_eq!(outcome, Outcome::Sent("<1@example.com>".into()));
        assert!(clear.iter().all(|line| line.starts_with("EHLO")), "{clear:?}");
        for line in [
            "MAIL FROM:<mail@example.com>",
            "RCPT TO:<ada@example.com>",
            "To: ada@example.com",
            "Auto-Submitted: auto-generated",
            "the text",
        ] {
            assert!(secure.iter().any(|said| said.starts_with(line)), "{line}: {secure:?}");
        }
    }
}

#[tokio::test]
async fn a_server_without_a_verified_certificate_gets_no_mail_and_no_password() {
    for sink in [
        Sink { is_trusted: false, ..GOOD },
        Sink { is_trusted: false, implicit_tls: true, ..GOOD },
        // The certificate is of another name.
        Sink { host: "127.0.0.1", ..GOOD },
        Sink { offers_tls: false, ..GOOD },
    ] {
        let (outcome, clear, secure) = sink.send().await;
        assert!(matches!(outcome, Outcome::Unavailable(_)), "{outcome:?}");
        let said = format!("{clear:?}{secure:?}");
        for secret in ["AUTH", "MAIL", "RCPT", "ada", "the text"] {
            assert!(!said.contains(secret), "{secret}: {said}");
        }
    }
}

#[tokio::test]
async fn each_answer_means_what_it_says_and_none_repeats_the_address() {
    let refused = |code: &str| Outcome::Refused(code.into());
    let postponed = |code: u16| Outcome::Postponed(answered(code));
    let down = |code: u16| Outcome::Unavailable(answered(code));
    let unreadable = Outcome::Unavailable("an answer that can't be read".into());
    for (to_recipient, expected) in [
        ("550 5.1.1 no ada@example.com", refused("550")),
        ("550-5.1.1 no ada@example.com\r\n550 5.1.1 at all", refused("550")),
        ("554 5.1.2 no domain of ada@example.com", refused("554")),
        ("501 5.1.3 ada@example.com?", refused("501")),
        ("551 5.1.6 ada@example.com moved", refused("551")),
        ("556 5.1.10 no mails for ada@example.com", refused("556")),
        ("550 5.2.1 ada@example.com is off", refused("550")),
        // Whose fault it is, these don't say.
        ("550 no ada@example.com", postponed(550)),
        ("553 no ada@example.com", postponed(553)),
        ("552 5.2.2 ada@example.com is full", postponed(552)),
        ("550 5.4.5 Daily sending quota exceeded", postponed(550)),
        ("450 4.1.2 no domain of ada@example.com", postponed(450)),
        ("450 5.1.1 ada@example.com", postponed(450)),
        ("450 later, ada@example.com", postponed(450)),
        ("451 4.7.1 ada@example.com is on a grey list", postponed(451)),
        ("554 no ada@example.com", postponed(554)),
        ("550 5.7.1 no relay for ada@example.com", postponed(550)),
        ("454 Throttling failure", Outcome::Throttled),
        ("421 too many", Outcome::Throttled),
        ("500 what?", postponed(500)),
        ("ada@example.com", unreadable),
    ] {
        assert_eq!(Sink { to_recipient, ..GOOD }.send().await.0, expected, "{to_recipient}");
    }
    for (sink, expected) in [
        (Sink { to_login: "535 no", ..GOOD }, down(535)),
        // A sender that the server refuses is no reason to drop the mails of a day.
        (Sink { to_sender: "553 5.7.1 not yours", ..GOOD }, postponed(553)),
        (Sink { to_sender: "550 5.4.5 Daily sending quota exceeded", ..GOOD }, postponed(550)),
        (Sink { to_sender: "553 not yours", ..GOOD }, postponed(553)),
        (Sink { to_sender: "550 5.1.8 unknown domain", ..GOOD }, postponed(550)),
        (Sink { to_mail: "554 5.6.0 ada@example.com, a bad mail", ..GOOD }, postponed(554)),
        (Sink { to_mail: "550 5.1.1 no ada@example.com", ..GOOD }, refused("550")),
    ] {
        assert_eq!(sink.send().await.0, expected);
    }
}

#[tokio::test]
async fn a_server_that_hangs_or_leaves_anywhere_is_left_in_time_and_none_of_it_is_logged() {
    for hangs_at in ["EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "."] {
        let (outcome, clear, _) = Sink { hangs_at: Some(hangs_at), ..GOOD }.send().await;
        let Outcome::Unavailable(cause) = outcome else { panic!("{hangs_at}: {outcome:?}") };
        assert!(!cause.contains("ada"), "{cause}");
        assert!(clear.iter().all(|line| line.starts_with("EHLO")), "{clear:?}");
    }
    for sink in [Sink { to_mail: "", ..GOOD }, Sink { to_recipient: "", ..GOOD }] {
        let outcome = sink.send().await.0;
        let Outcome::Unavailable(cause) = outcome else { panic!("{outcome:?}") };
        assert!(!cause.contains("ada"), "{cause}");
    }
}

#[tokio::test]
async fn an_address_that_the_server_cannot_carry_is_refused_for_good() {
    let (outcome, _, secure) = Sink { to: "ädä@example.com", ..GOOD }.send().await;
    let Outcome::Refused(cause) = outcome else { panic!("{outcome:?}") };
    assert!(cause.contains("SMTPUTF8") && !cause.contains('ä'), "{cause}");
    assert!(!secure.iter().any(|line| line.starts_with("RCPT")), "{secure:?}");
}

#[tokio::test]
async fn a_server_that_is_away_is_no_fault_of_the_mail() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let server = parse(&Secret::new(format!(r#"{{"host":"localhost","port":{port}}}"#))).unwrap();
    let (source, server) = (Source::Value(server), Mutex::default());
    let smtp = Smtp { source, authority: None, limit: LIMIT, server };
    assert!(smtp.server().await.is_ok());
    let error = smtp.server().await.unwrap().test_connection().await.unwrap_err();
    assert!(
        matches!(outcome(&error, &letter("ada@example.com")), Outcome::Unavailable(_)),
        "{error}"
    );
}

#[test]
fn a_secret_is_json_with_a_host() {
    let read = |text: &str| {
        let mut env = Environment::from_iter([("SMTP_SECRET", text)]);
        let smtp = Smtp::from_env(&mut env, SecretsManager::default(), true);
        (smtp.is_some(), env.check().map_err(|invalid| invalid.to_string()))
    };
    assert_eq!(
        read(r#"{"host":"smtp.example.com","username":"u","password":"hunter2"}"#),
        (true, Ok(()))
    );
    for text in ["{}", "hunter2", r#"{"host":""}"#, r#"{"host":"x","pasword":"hunter2"}"#] {
        let (is_some, error) = read(text);
        let error = error.unwrap_err();
        assert!(!is_some && error.contains("SMTP_SECRET must be JSON"), "{error}");
        assert!(!error.contains("hunter2"));
    }
    let smtp = Smtp::from_env(
        &mut Environment::from_iter([("SMTP_SECRET", r#"{"host":"x","password":"hunter2"}"#)]),
        SecretsManager::default(),
        true,
    );
    assert!(!format!("{smtp:?}").contains("hunter2"));
}
