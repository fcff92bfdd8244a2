use mailer::{Kind, Outcome, Report};
use stage::logged;

use crate::world::{LINK_URL, Sink, World, after, secrets};

pub(crate) fn report(sent: u32, dropped: u32, waiting: u32) -> Report {
    Report { sent, dropped, waiting }
}

#[tokio::test]
async fn a_mail_that_was_asked_for_is_sent_once_to_the_stored_address() {
    let (world, sink) = (World::new().await, Sink::accepting());
    world.ask("reset", None, "Àda@EXAMPLE.com").await;
    world.ask("reset", None, "Ada@EXAMPLE.com").await;
    world.ask("verify", Some(2), "bob@example.com").await;
    assert_eq!(world.run(&sink).await, report(2, 1, 0));
    let letters = sink.taken();
    let sent: Vec<_> = letters.iter().map(|it| (it.kind, it.to.to_string())).collect();
    assert_eq!(
        sent,
        [(Kind::Reset, "Ada@example.com".to_owned()), (Kind::Verify, "bob@example.com".to_owned())]
    );
    for (letter, parameter, until) in
        [(&letters[0], "reset", 3_600), (&letters[1], "verify", 86_400)]
    {
        assert!(letter.text.plain.contains(&format!("{LINK_URL}#{parameter}=")));
        assert!(world.is_stored(letter).await);
        let lasts = format!(
            "SELECT link_until = {} AND code_until = {} FROM one_time_secrets WHERE purpose = '{parameter}'",
            after(until),
            after(600)
        );
        assert_eq!(world.stage.value(&lasts).await, "t", "{parameter}");
    }
    assert!(letters[0].text.plain.contains("The username is ada."));
    assert!(!letters[1].text.plain.contains("bob"), "{}", letters[1].text.plain);
    assert_eq!(world.run(&sink).await, report(0, 0, 0));
    assert_eq!(world.waiting().await, "0");
}

#[tokio::test]
async fn what_has_no_reader_is_dropped_without_a_mail() {
    let (world, sink) = (World::new().await, Sink::accepting());
    world.ask("reset", None, "nobody@example.com").await;
    world.ask("verify", None, "Ada@example.com").await;
    world.ask("new_client", Some(2), "bob@example.com").await;
    world
        .stage
        .execute(
            "INSERT INTO users (username, email, password, disabled_at) \
        VALUES ('eve', 'eve@example.com', 'x', now())",
        )
        .await;
    world.ask("reset", None, "eve@example.com").await;
    world.ask("password_changed", Some(3), "eve@example.com").await;
    world.ask("change", Some(1), "eve@EXAMPLE.com").await;
    let (done, lines) = logged(world.run(&sink)).await;
    assert_eq!(done, report(0, 6, 0));
    assert_eq!((sink.taken().len(), world.waiting().await.as_str(), lines.len()), (0, "0", 0));
}

#[tokio::test]
async fn a_change_to_a_taken_address_is_reported_to_its_owner_alone() {
    let (world, sink) = (World::new().await, Sink::accepting());
    world.ask("change", Some(1), "bob@EXAMPLE.com").await;
    world.ask("change", Some(1), "new@example.com").await;
    world.ask("change_asked", Some(1), "Ada@example.com").await;
    assert_eq!(world.run(&sink).await, report(3, 0, 0));
    let letters = sink.taken();
    let sent: Vec<_> = letters.iter().map(|it| (it.kind, it.to.to_string())).collect();
    assert_eq!(
        sent,
        [
            (Kind::AddressInUse, "bob@example.com".to_owned()),
            (Kind::Change, "new@example.com".to_owned()),
            (Kind::ChangeAsked, "Ada@example.com".to_owned()),
        ]
    );
    assert!(letters[1].text.plain.contains("#change=") && world.is_stored(&letters[1]).await);
    assert_eq!(world.stage.value("SELECT count(*) FROM one_time_secrets").await, "1");
    assert!(!letters[0].text.plain.contains("ada") && !letters[1].text.plain.contains("ada"));
}

#[tokio::test]
async fn the_language_is_the_readers_or_the_default() {
    let (world, sink) = (World::new().await, Sink::accepting());
    let long = "de,".repeat(3_000);
    for (address, language) in [("Ada@example.com", "de-AT, en;q=0.5"), ("bob@example.com", &long)]
    {
        world.ask_in("reset", None, address, language).await;
    }
    world.run(&sink).await;
    let languages: Vec<_> = sink.taken().iter().map(|it| it.language).collect();
    assert_eq!(languages, ["de", "en"]);
}

#[tokio::test]
async fn a_bad_mail_holds_up_no_other() {
    let world = World::new().await;
    for (name, address) in [
        ("cr", "x@example.com\r\nBcc: eve@evil.example"),
        ("none", "not an address"),
        ("refused", "refused@example.com"),
        ("slow", "slow@example.com"),
    ] {
        let insert = "INSERT INTO users (username, email, password) VALUES ($1, $2, 'x')";
        world.stage.client().await.execute(insert, &[&name, &address]).await.unwrap();
    }
    let sink = Sink::new(|letter| match letter.to.to_string().as_str() {
        "refused@example.com" => Outcome::Refused("550".into()),
        "slow@example.com" => Outcome::Unavailable("450".into()),
        _ => Outcome::Sent(letter.id.clone()),
    });
    for (user, address) in
        [(3, "x"), (4, "y"), (1, "Ada@example.com"), (5, "z"), (6, "s"), (2, "b")]
    {
        world.ask("verify", Some(user), address).await;
    }
    world.ask("reset", None, "Ada@example.com").await;
    let (done, lines) = logged(world.run(&sink)).await;
    assert_eq!(done, report(2, 4, 1));
    let to: Vec<_> = sink.taken().iter().map(|it| it.to.to_string()).collect();
    assert_eq!(to, ["bob@example.com", "Ada@example.com"]);
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(
        events,
        [
            "mail_address_unusable",
            "mail_address_unusable",
            "mail_refused",
            "mail_waits",
            "mail_sent",
            "mail_sent"
        ]
    );
    assert_eq!(world.waiting().await, "1");
}

#[tokio::test]
async fn an_address_that_changed_meanwhile_gets_no_secret() {
    let (world, sink) = (World::new().await, Sink::accepting());
    world.ask("reset", Some(2), "bob@example.com").await;
    world
        .stage
        .execute(
            "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        UPDATE users SET email = 'late@example.com' WHERE id = 2; RETURN NULL; END $$; \
        CREATE TRIGGER late AFTER UPDATE ON mails EXECUTE FUNCTION late()",
        )
        .await;
    let done = world.run(&sink).await;
    // The claim saw the old address; the secret wasn't stored, so no mail left.
    assert_eq!((done, sink.taken().len()), (report(0, 1, 0), 0));
}

#[tokio::test]
async fn no_dump_and_no_log_has_a_secret_or_an_address() {
    let (world, sink) = (World::new().await, Sink::accepting());
    for kind in ["reset", "verify"] {
        world.ask(kind, None, "bob@example.com").await;
    }
    world.ask("change", Some(1), "new@example.com").await;
    world.ask("change", Some(2), "Ada@example.com").await;
    let (done, lines) = logged(world.run(&sink)).await;
    assert_eq!(done.sent, 4);
    let dump = world.stage.value(
        "SELECT string_agg(t::text, ' ') FROM (SELECT row_to_json(s)::text AS t FROM one_time_secrets AS s \
         UNION ALL SELECT row_to_json(m)::text FROM mails AS m \
         UNION ALL SELECT row_to_json(u)::text FROM users AS u) AS rows").await;
    let log = format!("{lines:?}");
    assert!(dump.contains("link_hash") && log.contains("mail_sent"), "{dump} {log}");
    let letters = sink.taken();
    let printed = format!("{letters:?}");
    for letter in letters.iter().filter(|it| it.kind.purpose().is_some()) {
        let (link, code) = secrets(letter);
        for secret in [link.as_str(), code.as_str(), &code.replace('-', "")] {
            assert!(!dump.contains(secret) && !log.contains(secret), "{secret}");
            assert!(!printed.contains(secret), "{printed}");
        }
    }
    // A mail's id ends as an address does.
    let log = letters.iter().fold(log, |log, letter| log.replace(&letter.id, ""));
    assert!(!log.contains('@') && !printed.contains('@'), "{log} {printed}");
    for name in ["Ada", "bob", "new"] {
        assert!(!log.contains(name), "{name}: {log}");
    }
}
