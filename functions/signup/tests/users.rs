//! New users, in a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use shared::db::notice::Notice;
use shared::db::{Database, Error, Group};
use shared::limits::Charges;
use shared::password::{PasswordHash, Passwords};
use shared::{Languages, NewEmail, NewPassword, NewUsername, Random, UserId};
use signup::{Insert, Users};
use stage::{NOW, Stage};

fn username(text: &str) -> NewUsername {
    NewUsername::parse(text.into()).unwrap()
}

fn email(text: &str) -> NewEmail {
    NewEmail::parse(text.into()).unwrap()
}

async fn hash(seed: u64) -> PasswordHash {
    let password = NewPassword::parse("correct horse".into(), 8).unwrap();
    let passwords = Passwords::new(4, Random::counted(seed));
    passwords.hash(password).await.unwrap()
}

async fn insert(database: &Database, name: &str, address: &str, seed: u64) -> Insert {
    let users = Users::new(database.clone());
    let (name, address, hash) = (username(name), email(address), hash(seed).await);
    users.insert(&name, &address, &hash, None, NOW).await.unwrap().0
}

async fn count(stage: &Stage, table: &str) -> String {
    stage.value(&format!("SELECT count(*) FROM {table}")).await
}

#[tokio::test]
async fn a_new_user_has_one_role() {
    let stage = Stage::new().await;
    let created = insert(&stage.database_of(Group::Signup), "ada", "ada@example.com", 1).await;
    assert_eq!(created, Insert::Created(UserId::new(1)));
    assert_eq!(count(&stage, "users_to_roles").await, "1");
    let hashed_by = stage.value("SELECT hashed_by FROM users").await;
    assert_eq!(hashed_by, "latchkey");
}

#[tokio::test]
async fn a_name_or_address_that_is_taken_is_reported_and_costs_no_number() {
    let stage = Stage::new().await;
    let database = stage.database_of(Group::Signup);
    insert(&database, "ada", "ada@example.com", 1).await;
    let by_name = insert(&database, "ada", "other@example.com", 2).await;
    assert_eq!(by_name, Insert::UsernameTaken);
    let by_address = insert(&database, "eve", "ada@example.com", 3).await;
    assert_eq!(by_address, Insert::EmailTaken);
    let by_both = insert(&database, "ada", "ada@example.com", 4).await;
    assert_eq!(by_both, Insert::UsernameTaken);
    let next = insert(&database, "Ada", "Ada@example.com", 5).await;
    assert_eq!(next, Insert::Created(UserId::new(2)));
}

#[tokio::test]
async fn an_adopted_name_is_taken_in_the_form_that_it_has() {
    let stage = Stage::new().await;
    let adopted = "INSERT INTO users (username, email) VALUES (U&'Zoe\\0308', 'zoe@example.com')";
    stage.execute(adopted).await;
    let database = stage.database_of(Group::Signup);
    let sent_so = insert(&database, "Zoe\u{308}", "other@example.com", 1).await;
    assert_eq!(sent_so, Insert::UsernameTaken);
}

#[tokio::test]
async fn addresses_that_differ_in_the_case_of_the_domain_are_one() {
    let stage = Stage::new().await;
    let adopted = "INSERT INTO users (username, email) VALUES ('a', 'Eve@Mail.Example'), \
                   ('b', 'no address'), ('c', 'eve@über.EXAMPLE')";
    stage.execute(adopted).await;
    let database = stage.database_of(Group::Signup);
    let expected = [
        ("Eve@mail.example", Insert::EmailTaken),
        ("Eve@MAIL.example", Insert::EmailTaken),
        ("eve@ÜBER.example", Insert::EmailTaken),
        ("eve@mail.example", Insert::Created(UserId::new(4))),
    ];
    for (seed, (address, expected)) in (1..).zip(expected) {
        assert_eq!(insert(&database, "eve", address, seed).await, expected, "{address}");
    }
}

#[tokio::test]
async fn two_spellings_of_a_domain_at_once_make_one_user() {
    let stage = Stage::new().await;
    let first = stage.client().await;
    let open = "BEGIN; SELECT sign_up('ada', 'ada', 'Ada@example.com', 'x')";
    first.batch_execute(open).await.unwrap();
    let database = stage.database_of(Group::Signup);
    let second = insert(&database, "eve", "Ada@EXAMPLE.com", 1);
    tokio::pin!(second);
    let waiting = async {
        let count = "SELECT count(*) FROM pg_stat_activity \
                     WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while stage.value(count).await == "0" {}
    };
    tokio::select! {
        outcome = &mut second => panic!("{outcome:?}"),
        () = waiting => {}
    }
    first.batch_execute("COMMIT").await.unwrap();
    assert_eq!(second.await, Insert::EmailTaken);
}

#[tokio::test]
async fn an_index_of_the_teams_is_a_conflict_of_what_it_covers() {
    for (index, refused) in [
        ("CREATE UNIQUE INDEX ON users (lower(username))", Insert::UsernameTaken),
        ("CREATE UNIQUE INDEX ON users (lower(email))", Insert::EmailTaken),
        ("CREATE UNIQUE INDEX ON users (lower(email)) WHERE id > 0", Insert::EmailTaken),
        ("ALTER TABLE users ADD EXCLUDE (lower(username) WITH =)", Insert::UsernameTaken),
        ("ALTER TABLE users ADD EXCLUDE (lower(email) WITH =)", Insert::EmailTaken),
    ] {
        let stage = Stage::new().await;
        stage.execute(index).await;
        let database = stage.database_of(Group::Signup);
        insert(&database, "ada", "ada@example.com", 1).await;
        let other = insert(&database, "ADA", "ADA@example.com", 2).await;
        assert_eq!(other, refused, "{index}");
        assert_eq!(count(&stage, "users").await, "1");
    }
}

#[tokio::test]
async fn a_check_of_the_teams_names_its_columns() {
    for (check, columns) in [
        ("username = lower(username)", vec!["username"]),
        ("username <> email AND email = lower(email)", vec!["email", "username"]),
        ("length(password) > 500", vec!["password"]),
        ("id > 5", vec![]),
    ] {
        let stage = Stage::new().await;
        stage.execute(&format!("ALTER TABLE users ADD CHECK ({check})")).await;
        let database = stage.database_of(Group::Signup);
        let refused = insert(&database, "Ada", "Ada@example.com", 1).await;
        let columns = columns.into_iter().map(str::to_owned).collect();
        assert_eq!(refused, Insert::Refused(columns), "{check}");
        assert_eq!(count(&stage, "users").await, "0");
    }
}

#[tokio::test]
async fn a_domain_or_a_trigger_of_the_teams_refuses_the_row() {
    let trigger = |body: &str| {
        format!(
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$; \
             CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()"
        )
    };
    for rule in [
        "CREATE DOMAIN lower_text AS text CHECK (VALUE = lower(VALUE)); \
         ALTER TABLE users ALTER username TYPE lower_text"
            .to_owned(),
        trigger("RAISE 'no' USING ERRCODE = 'check_violation';"),
        trigger("RETURN NULL;"),
    ] {
        let stage = Stage::new().await;
        stage.execute(&rule).await;
        let database = stage.database_of(Group::Signup);
        let refused = insert(&database, "Ada", "ada@example.com", 1).await;
        assert_eq!(refused, Insert::Refused(vec![]), "{rule}");
        assert_eq!(count(&stage, "users").await, "0");
    }
}

#[tokio::test]
async fn after_the_last_number_no_user_is_made() {
    for sequence in ["", "AS bigint MAXVALUE 9000000000"] {
        let stage = Stage::new().await;
        stage.execute(&format!("ALTER SEQUENCE users_id_seq {sequence} RESTART 2147483647")).await;
        let database = stage.database_of(Group::Signup);
        let last = insert(&database, "ada", "ada@example.com", 1).await;
        assert_eq!(last, Insert::Created(UserId::new(i32::MAX)));
        let users = Users::new(database);
        let refused = users
            .insert(&username("eve"), &email("e@example.com"), &hash(2).await, None, NOW)
            .await;
        assert!(matches!(refused, Err(Error::NumbersExhausted(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn an_insert_that_is_sent_again_finds_its_own_row() {
    let stage = Stage::new().await;
    let created = insert(&stage.database_of(Group::Signup), "ada", "ada@example.com", 1).await;
    assert_eq!(
        insert(&stage.database_of(Group::Signup), "ada", "ada@example.com", 1).await,
        created
    );
    assert_eq!(
        (count(&stage, "users").await, count(&stage, "users_to_roles").await),
        ("1".into(), "1".into())
    );
}

#[tokio::test]
async fn concurrent_sign_ups_of_one_name_create_one_user() {
    let stage = Stage::new().await;
    let tasks: Vec<_> = (0..16)
        .map(|seed| {
            let database = stage.database_of(Group::Signup);
            tokio::spawn(async move { insert(&database, "ada", "ada@example.com", seed).await })
        })
        .collect();
    let mut created = 0;
    for task in tasks {
        match task.await.unwrap() {
            Insert::Created(_) => created += 1,
            Insert::UsernameTaken => {}
            other => panic!("the name comes first: {other:?}"),
        }
    }
    assert_eq!(created, 1);
    assert_eq!(
        (count(&stage, "users").await, count(&stage, "users_to_roles").await),
        ("1".into(), "1".into())
    );
}

#[tokio::test]
async fn a_dropped_connection_costs_no_request() {
    let stage = Stage::new().await;
    let database = stage.database_of(Group::Signup);
    insert(&database, "ada", "ada@example.com", 1).await;
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for seed in 2..5 {
        stage.execute(kill).await;
        let name = format!("user{seed}");
        let created = insert(&database, &name, &format!("{name}@example.com"), seed).await;
        assert!(matches!(created, Insert::Created(_)));
    }
    assert_eq!(count(&stage, "users").await, "4");
}

#[tokio::test]
async fn an_error_names_no_value_of_a_row() {
    let stage = Stage::new().await;
    stage.execute("ALTER TABLE users ADD COLUMN team text NOT NULL").await;
    let users = Users::new(stage.database_of(Group::Signup));
    let address = email("ada@example.com");
    let error =
        users.insert(&username("ada"), &address, &hash(1).await, None, NOW).await.unwrap_err();
    assert_eq!(error.to_string(), "the database refuses a statement: SQLSTATE 23502 users team");
}

#[tokio::test]
async fn a_new_user_is_asked_to_verify_the_address_if_mail_is_on() {
    let stage = Stage::new().await;
    let users = Users::new(stage.database_of(Group::Signup));
    let (languages, charges) = (Languages::default(), Charges::NONE);
    let notice = Notice { languages: &languages, charges: &charges };
    let asked = "SELECT coalesce(string_agg(kind || ' ' || user_id || ' ' || address, ', '), '') \
                 FROM mails";
    for (name, address, notice, expected) in [
        ("eve", "eve@example.com", None, ""),
        ("ada", "ada@example.com", Some(&notice), "verify 2 ada@example.com"),
        ("ada", "ada@example.com", Some(&notice), "verify 2 ada@example.com"),
        ("ada", "other@example.com", Some(&notice), "verify 2 ada@example.com"),
        ("bob", "eve@example.com", Some(&notice), "verify 2 ada@example.com"),
    ] {
        let (name, address, hash) = (username(name), email(address), hash(1).await);
        users.insert(&name, &address, &hash, notice, NOW).await.unwrap();
        assert_eq!(stage.value(asked).await, expected);
    }
}
