//! Which user an address belongs to.

use super::*;

#[tokio::test]
async fn the_index_of_mailboxes_finds_an_address() {
    let world = World::new().await;
    let plan = "SET enable_seqscan = off; EXPLAIN SELECT id FROM users AS u \
                WHERE mailbox(u.email::text) = ANY (ARRAY[mailbox('a@b'), mailbox('c@d')])";
    let client = world.stage.client().await;
    let plan = format!("{:?}", client.simple_query(plan).await.unwrap());
    assert!(plan.contains("users_mailbox_idx"), "{plan}");
}

#[tokio::test]
async fn the_indexes_of_the_hashes_find_a_secret() {
    let world = World::new().await;
    let plan = "SET enable_seqscan = off; EXPLAIN SELECT s.id FROM one_time_secrets AS s \
                WHERE s.link_hash = '\\x01' OR s.code_hash = '\\x02' AND s.code_until > now()";
    let client = world.stage.client().await;
    let plan = format!("{:?}", client.simple_query(plan).await.unwrap());
    for index in ["one_time_secrets_link_hash_key", "one_time_secrets_code_hash_idx"] {
        assert!(plan.contains(index), "{plan}");
    }
}

/// The stored address to which the mail for an asked one goes.
async fn goes_to(world: &World, address: &str) -> Option<String> {
    world.ask(address).await;
    let rows = world.claim(0).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].try_get::<_, String>("language").unwrap(), "");
    rows[0].try_get("email").unwrap()
}

#[tokio::test]
async fn a_mail_goes_to_the_stored_address_and_not_to_one_that_looks_like_it() {
    let world = World::new().await;
    let users = "INSERT INTO users (username, email, password) VALUES \
        ('c', 'mike@example.org', ''), ('d', 'ü@bücher.example', ''), ('e', 'no mailbox', ''), \
        ('f', '\"a b\"@example.org', ''), ('g', 'kim@example.org', ''), ('h', 'KIM@example.org', ''), \
        ('i', 'MacDonald@example.org', '')";
    world.stage.execute(users).await;
    for (address, stored) in [
        (ADA, Some(ADA)),
        ("Ada@EXAMPLE.COM", Some(ADA)),
        ("ada@example.com", Some(ADA)),
        ("ADA@example.com", Some(ADA)),
        ("aDa@example.com", Some(ADA)),
        // A local part may differ in case alone, so only two forms are looked for.
        ("macdonald@example.org", None),
        ("BOB@Example.com", Some("bob@example.com")),
        ("MIKE@example.org", Some("mike@example.org")),
        ("mıke@example.org", None),
        ("M\u{130}KE@example.org", None),
        ("mike@example.org\u{212a}", None),
        ("ü@BÜCHER.example", Some("ü@bücher.example")),
        ("Ü@bücher.example", None),
        ("\"a b\"@Example.org", Some("\"a b\"@example.org")),
        ("kim@example.org", Some("kim@example.org")),
        ("KIM@example.org", Some("KIM@example.org")),
        ("Kim@example.org", Some("kim@example.org")),
        ("nobody@example.org", None),
    ] {
        assert_eq!(goes_to(&world, address).await.as_deref(), stored, "{address}");
    }
}

#[tokio::test]
async fn a_code_is_accepted_for_each_spelling_by_which_the_mail_was_asked_for() {
    let world = World::new().await;
    assert!(world.store("reset", 2, "bob@example.com", 1).await);
    for address in ["bob@example.com", "BOB@EXAMPLE.com"] {
        assert_eq!(world.finds(&code(1, address), NOW).await, Some(2), "{address}");
    }
    for address in ["b\u{43e}b@example.com", "ada@example.com", "@"] {
        assert_eq!(world.finds(&code(1, address), NOW).await, None, "{address}");
    }
}

#[tokio::test]
async fn another_programs_change_of_an_address_makes_it_unverified() {
    let world = World::new().await;
    let verified = "SELECT coalesce(verified_email = email, false) FROM users WHERE id = 1";
    assert_eq!(world.stage.value(verified).await, "f");
    assert!(world.store("verify", 1, ADA, 1).await);
    assert_eq!(world.verify(&code(1, ADA), &mark(1)).await, Ok(ADA.into()));
    assert_eq!(world.stage.value(verified).await, "t");
    world.stage.execute("UPDATE users SET email = 'new@example.com' WHERE id = 1").await;
    assert_eq!(world.stage.value(verified).await, "f");
    assert_eq!(world.waiting("email_changed").await, "0");
}

#[tokio::test]
async fn an_address_that_a_rule_of_the_teams_refuses_is_not_changed_to() {
    let trigger = |body: &str| {
        format!(
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$; \
             CREATE TRIGGER t BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION f()"
        )
    };
    for (rule, outcome) in [
        ("ALTER TABLE users ALTER email TYPE varchar(15)".to_owned(), Verification::Invalid),
        ("ALTER TABLE users ADD CHECK (length(email) < 16)".into(), Verification::Invalid),
        (trigger("RETURN NULL;"), Verification::Invalid),
        (
            "CREATE UNIQUE INDEX ON users (lower(email)); \
             INSERT INTO users (username, email) VALUES ('c', 'NEWER@example.com')"
                .into(),
            Verification::Taken,
        ),
    ] {
        let world = World::new().await;
        world.stage.execute(&rule).await;
        assert!(world.store_change("newer@example.com", 1).await);
        assert_eq!(world.verify(&link(1), &mark(1)).await, Err(outcome), "{rule}");
        assert_eq!(world.stage.value("SELECT email FROM users WHERE id = 1").await, ADA);
        assert_eq!(world.waiting("email_changed").await, "0");
    }
}
