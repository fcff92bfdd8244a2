//! What a stolen login of a function may do with mails and their secrets.

use std::collections::BTreeSet;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::*;
use crate::statements::connect;

const OF_MAILER: [&str; 3] = [
    "SELECT claim_mails(now(), 10)",
    "SELECT store_secret('reset', 1, 'Ada@Example.com', '\\x01', '\\x01', now() + interval '1 h', now())",
    "SELECT finish_mail(1, now())",
];

/// What those of these classes may do, to any user: a mail whose words and mailbox they don't choose, and
/// whether an address is verified.
const OF_SOME: [(&str, &[Group]); 4] = [
    ("SELECT ask_new_user(1, '', '{}', '{}', '{}', now())", &[Group::Signup]),
    ("SELECT notify_password_changed(1, '', '{}', '{}', '{}', now())", &[Group::Account]),
    ("SELECT notify_new_client(1, '', '{}', '{}', '{}', now())", &[Group::Signin, Group::Token]),
    ("SELECT has_verified_email(1)", &[Group::Signin, Group::Token]),
];

/// Of the owner alone.
const OF_NOBODY: [&str; 12] = [
    "SELECT put_mail('reset', 1, 'eve@example.com', '', now())",
    "SELECT find_by_address('Ada@Example.com')",
    "SELECT void_secrets(1, '{reset}', NULL)",
    "SELECT find_secret('{reset}', '\\x01', NULL, NULL, NULL, now())",
    "SELECT address FROM mails",
    "INSERT INTO mails (kind, address, language, asked_at, due_at) VALUES ('reset', 'a@b', '', now(), now())",
    "UPDATE mails SET address = 'eve@example.com'",
    "DELETE FROM mails",
    "SELECT link_hash FROM one_time_secrets",
    "INSERT INTO one_time_secrets (purpose, user_id, address, link_hash, code_hash, link_until, code_until) \
         VALUES ('reset', 1, 'Ada@Example.com', '\\x02', '\\x02', now(), now())",
    "UPDATE one_time_secrets SET link_hash = '\\x02'",
    "DELETE FROM one_time_secrets",
];

/// Whether a login is refused for lack of rights; what it does otherwise is undone.
async fn is_refused(login: &Client, statement: &str) -> bool {
    login.batch_execute("BEGIN").await.unwrap();
    let done = login.batch_execute(statement).await;
    login.batch_execute("ROLLBACK").await.unwrap();
    match done.as_ref().err().map(tokio_postgres::Error::code) {
        None => false,
        Some(Some(&SqlState::INSUFFICIENT_PRIVILEGE)) => true,
        Some(_) => panic!("{statement}: {done:?}"),
    }
}

/// The first column of the answer.
async fn answer(login: &Client, query: &str) -> Vec<Option<String>> {
    let rows = login.simple_query(query).await.unwrap();
    let row = rows.iter().find_map(|it| match it {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let row = row.unwrap();
    (0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect()
}

/// The functions that a login may call.
async fn callable(login: &Client) -> BTreeSet<String> {
    let query = "SELECT string_agg(proname, ' ') FROM pg_proc \
        WHERE pronamespace = 'public'::regnamespace AND prosecdef AND has_function_privilege(oid, 'EXECUTE')";
    answer(login, query).await[0].iter().flat_map(|it| it.split(' ')).map(str::to_owned).collect()
}

#[tokio::test]
async fn no_login_but_the_mailers_takes_a_mail_or_stores_a_secret() {
    let world = World::new().await;
    world.ask(ADA).await;
    assert!(world.store("reset", 1, ADA, 1).await);
    for group in Group::ALL {
        let login = connect(&world.stage.url_of(group)).await;
        for statement in OF_MAILER {
            let refused = is_refused(&login, statement).await;
            assert_eq!(refused, group != Group::Mailer, "{group:?}: {statement}");
        }
        for (statement, groups) in OF_SOME {
            let refused = is_refused(&login, statement).await;
            assert!(refused || groups.contains(&group), "{group:?}: {statement}");
        }
        for statement in OF_NOBODY {
            assert!(is_refused(&login, statement).await, "{group:?}: {statement}");
        }
    }
}

/// A login could store a secret, or read mails and hashes, also by another function with the owner's rights.
#[tokio::test]
async fn one_function_stores_secrets_one_takes_mails_and_no_other_function_calls_them() {
    let stage = Stage::new().await;
    for (pattern, functions) in [
        ("(insert into|merge into|copy) +one_time_secrets", "store_secret"),
        ("update +one_time_secrets", "reset_password verify_email"),
        ("from +one_time_secrets", "find_secret finish_mail void_secrets"),
        ("insert into +mails", "put_mail"),
        ("(from|join) +mails", "ask_email_change claim_mails finish_mail store_secret"),
        ("(store_secret|claim_mails|finish_mail) *\\(", ""),
        ("find_secret *\\(", "reset_password try_reset verify_email"),
        ("execute", ""),
    ] {
        let found = format!(
            "SELECT coalesce(string_agg(proname, ' ' ORDER BY proname), '') FROM pg_proc \
             WHERE pronamespace = 'public'::regnamespace AND prosrc ~* '{pattern}'"
        );
        assert_eq!(stage.value(&found).await, functions, "{pattern}");
    }
}

#[tokio::test]
async fn a_login_that_asks_for_mails_learns_nothing_of_users_and_secrets() {
    let world = World::new().await;
    world.stage.execute("UPDATE users SET verified_email = email WHERE id = 2").await;
    let login = connect(&world.stage.url_of(Group::MailRequest)).await;
    assert_eq!(callable(&login).await, ["ask_mail".to_owned()].into());
    let columns = "SELECT coalesce(string_agg(attrelid::regclass || '.' || attname, ' '), '') \
        FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid \
        WHERE c.relnamespace = 'public'::regnamespace AND attnum > 0 \
        AND has_column_privilege(attrelid, attnum, 'SELECT, INSERT, UPDATE, REFERENCES')";
    assert_eq!(answer(&login, columns).await, [Some(String::new())]);
    for address in [ADA, "bob@example.com", "nobody@example.com"] {
        for kind in ["reset", "verify"] {
            let ask = format!(
                "SELECT * FROM ask_mail('{kind}', '{address}', '', '{{}}', '{{}}', '{{}}', now())"
            );
            assert_eq!(answer(&login, &ask).await, [Some("t".into()), None, None], "{ask}");
        }
    }
    // A mail to a mailbox of its choice, or in the name of a user.
    for kind in
        ["change", "change_asked", "email_changed", "password_changed", "new_client", "other"]
    {
        let ask = format!(
            "SELECT ask_mail('{kind}', 'eve@example.com', '', '{{}}', '{{}}', '{{}}', now())"
        );
        let refused = login.batch_execute(&ask).await.unwrap_err();
        assert_eq!(refused.code(), Some(&SqlState::CHECK_VIOLATION), "{kind}");
    }
    assert_eq!(world.stage.value("SELECT count(user_id) FROM mails").await, "0");
}

#[tokio::test]
async fn a_login_that_uses_secrets_finds_none_without_its_hash() {
    let world = World::new().await;
    assert!(world.store("reset", 1, ADA, 1).await);
    assert!(world.store("verify", 1, ADA, 2).await);
    for (group, function, last) in [
        (Group::ResetPassword, "try_reset", "now()"),
        (Group::Verify, "verify_email", "'', '\\x01', now()"),
    ] {
        let login = connect(&world.stage.url_of(group)).await;
        for hashes in [
            "NULL, NULL, NULL",
            "NULL, NULL, 'Ada@Example.com'",
            "NULL, '\\x01', 'bob@example.com'",
            "NULL, link_hash, NULL",
            "'\\x', '', ''",
        ] {
            let hashes =
                hashes.replace("link_hash", &format!("decode(repeat('{}', 32), 'hex')", "01"));
            let call =
                format!("SELECT user_id FROM {function}({hashes}, '{{}}', '{{}}', '{{}}', {last})");
            assert_eq!(answer(&login, &call).await, [None], "{call}");
        }
        let names = format!(
            "SELECT array_to_string(proargnames, ' ') FROM pg_proc WHERE proname = '{function}'"
        );
        let names = world.stage.value(&names).await;
        let answered = names.split_once("refused_by ").unwrap().1;
        assert!(!answered.contains("hash"), "{answered}");
    }
}

#[tokio::test]
async fn a_login_that_changes_addresses_needs_a_users_session_and_hash() {
    let world = World::new().await;
    world.stage.execute("UPDATE users SET session_epoch = 1 WHERE id = 2").await;
    let login = connect(&world.stage.url_of(Group::ChangeEmail)).await;
    for (user, hash, outcome) in [
        (1, "'other'", "conflict"),
        (1, "NULL", "conflict"),
        (2, "'old'", "signed_out"),
        (3, "NULL", "signed_out"),
    ] {
        let ask = format!(
            "SELECT outcome FROM ask_email_change({user}, NULL, '\\x01', {hash}, 'eve@example.com', '', \
                 '{{}}', '{{}}', '{{}}', now())"
        );
        assert_eq!(answer(&login, &ask).await, [Some(outcome.to_owned())], "{ask}");
    }
    assert_eq!(world.stage.value("SELECT count(*) FROM mails").await, "0");
}
