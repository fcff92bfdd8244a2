//! Rows in the legacy app's database that Latchkey would refuse.

use serde_json::{Value, json};

use crate::{app, ask, check, holding, migrate, schema};

/// Odd usernames, addresses, ids, passwords and roles.
const ROWS: &str = "\
    insert into users (id, username, email, password) values \
    (-2147483648, 'lowest', 'lowest', null), (-5, 'line\nbreak', ' ', ''), \
    (0, repeat('x', 70000), '\u{202e}', '$argon2id$v=19$m=8,t=1,p=1$a$b'), \
    (7, 'long address', repeat('e', 6000), 'plain text'), (8, '\u{e9}', '1', 'x'), \
    (9, 'e\u{301}', '2', '$2b$31$abcdefghijklmnopqrstuu0123456789012345678901234567890'), \
    (10, 'Ada', '3', '$2b$04$jdKw.xB3ycMjCRZuvXU.NO.PZF0J4DmdMsksAmi85z/tWVAXa08.S'); \
    insert into roles (name) values ('ROLE_OWNER'), (''), ('role_admin'); \
    insert into users_to_roles values (-5, 4), (-5, 5), (-5, 3), (0, 6), (8, 1), (8, 1);";

const NOTES: [&str; 3] = [
    "8 users have no password that can be verified, so they can't sign in: 3 no_password, 2 \
     bcrypt_damaged, 1 argon2, 1 bcrypt_too_costly, 1 unknown; list --unreadable lists their ids",
    "users that can't sign in, because no request can hold their username: 0",
    "users whose username and email may be too long for AWS to pass from the authorizer to a \
     function: 0, 7",
];

#[tokio::test]
async fn odd_rows_are_adopted_as_they_are_and_reported_by_id() {
    let mut sql = app::at_revision(4) + app::USERS + ROWS;
    sql += "update users set password = '$2$' where id = 8; \
            delete from users where id = 2; ";
    let stage = holding(&sql).await;
    let list = async |event: Value| ask(&stage, event).await.unwrap();
    let before = list(json!({ "verb": "list", "unreadable": true })).await;
    let ids = |answer: &Value| {
        let users = answer["users"].as_array().unwrap().iter();
        users.map(|user| user["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&before), [-2_147_483_648, -5, 0, 1, 3, 7, 8, 9]);
    let users = schema::rows(&stage, &["users"]).await;
    let checked = check(&stage).await;
    assert_eq!((&checked["obstacles"], &checked["notes"]), (&json!([]), &json!(NOTES)));
    migrate(&stage).await;
    assert_eq!(list(json!({ "verb": "list", "unreadable": true })).await, before);
    let all = list(json!({ "verb": "list" })).await;
    assert_eq!(ids(&all), [-2_147_483_648, -5, 0, 1, 3, 7, 8, 9, 10]);
    assert_eq!(all["users"][1]["roles"], json!(["ROLE_ADMIN", "ROLE_OWNER", ""]));
    assert_eq!(all["users"][6]["roles"], json!(["ROLE_USER"]));
    let ours = "ALTER TABLE users DROP COLUMN hashed_by, DROP COLUMN session_epoch, \
                DROP COLUMN disabled_at, DROP COLUMN verified_email";
    stage.execute(ours).await;
    assert_eq!(schema::rows(&stage, &["users"]).await, users);
}

#[tokio::test]
async fn each_name_is_its_own_to_grant_and_revoke() {
    let stage = holding(&(app::at_revision(4) + app::USERS + ROWS)).await;
    migrate(&stage).await;
    let change = async |verb: &str, name: &str| {
        let event = json!({ "verb": verb, "username": name, "role": "ROLE_MODERATOR" });
        ask(&stage, event).await.unwrap()["roles"].as_array().unwrap().len()
    };
    let long = "x".repeat(70_000);
    for (name, roles) in [
        ("lowest", 0),
        ("line\nbreak", 3),
        (long.as_str(), 1),
        ("\u{e9}", 1),
        ("e\u{301}", 0),
        ("ada", 0),
        ("Ada", 0),
        ("", 0),
    ] {
        assert_eq!(change("grant", name).await, roles + 1, "{name:.20}");
        let holders = "SELECT count(*) FROM users_to_roles WHERE role_id = 2";
        assert_eq!(stage.value(holders).await, "1", "{name:.20}");
        assert_eq!(change("revoke", name).await, roles, "{name:.20}");
    }
}

#[tokio::test]
async fn a_note_names_another_encoding_of_the_database() {
    let stage = stage::Stage::empty().await;
    let (server, name) = stage.url.rsplit_once('/').unwrap();
    let create =
        format!("CREATE DATABASE {name}_latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
    stage.client().await.batch_execute(&create).await.unwrap();
    let latin = stage::Stage { url: format!("{server}/{name}_latin"), clock: stage.clock.clone() };
    latin.execute(&app::at_revision(4)).await;
    let notes = check(&latin).await["notes"].to_string();
    assert!(notes.contains("the database's encoding is LATIN1, not UTF8"), "{notes}");
    latin.execute("INSERT INTO users (username, email) VALUES ('\u{e9}', 'e')").await;
    migrate(&latin).await;
    let name = "SELECT find_caller((SELECT id FROM users), '', now())->'user'->>'username'";
    assert_eq!(latin.value(name).await, "\u{e9}");
}
