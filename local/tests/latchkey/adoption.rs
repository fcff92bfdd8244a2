//! A database of the legacy app, adopted from the command line: each of its users signs in here if the
//! app could sign them in.

use serde_json::{Value, json};
use stage::Stage;
use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;

use crate::folder::{Folder, Runner};

/// The legacy app's schema at its head.
const APP: &str = "\
    create table users (id serial primary key, username text not null unique, \
        email text not null unique, password text); \
    create table roles (id serial primary key, name text not null unique); \
    create table users_to_roles (user_id int references users (id), \
        role_id int references roles (id)); \
    insert into roles (name) values ('ROLE_USER'), ('ROLE_MODERATOR'), ('ROLE_ADMIN'), \
        ('ROLE_OWNER');";

/// passlib's of `correct horse battery`.
const HASH: &str = "$2b$04$jdKw.xB3ycMjCRZuvXU.NO.PZF0J4DmdMsksAmi85z/tWVAXa08.S";
const PASSWORD: &str = "correct horse battery";

/// A database of the legacy app with rows written by hand.
struct App {
    runtime: Runtime,
    stage: Stage,
    folder: Folder,
}

impl App {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let stage = runtime.block_on(Stage::empty());
        let app = Self { runtime, stage, folder: Folder::new() };
        app.runtime.block_on(app.stage.execute(APP));
        app
    }

    fn write(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) {
        self.runtime.block_on(async {
            self.stage.client().await.execute(sql, parameters).await.unwrap();
        });
    }

    fn user(&self, id: i32, username: &str, email: &str, password: Option<&str>) {
        let insert = "INSERT INTO users (id, username, email, password) VALUES ($1, $2, $3, $4)";
        self.write(insert, &[&id, &username, &email, &password]);
    }

    /// What a verb prints.
    fn verb(&self, verb: &str) -> String {
        let output = self.folder.end_of(&format!("{verb} --database-url {}", self.stage.url));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Adopts it, and starts the service over it.
    fn moved(&self) -> Runner {
        assert!(self.verb("migrate").starts_with("Adopted the legacy app's database:"));
        let settings = "--parameter-overrides BcryptCost=4 AuthorizerCacheSeconds=0";
        self.folder.start(&format!("--port 0 --database-url {} {settings}", self.stage.url))
    }
}

/// The status and the body of an answer.
fn parts(answer: &str) -> (u16, Value) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_else(|_| json!(body)))
}

fn sign_in(runner: &Runner, username: &str, password: &str) -> (u16, Value) {
    let body = json!({ "username": username, "password": password });
    parts(&runner.post("/api/auth/signin", &body.to_string()))
}

fn get(runner: &Runner, path: &str, token: &str) -> (u16, Value) {
    parts(&runner.answer(&format!(
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
    )))
}

#[test]
fn every_name_address_and_id_goes_through_all_of_it() {
    let app = App::new();
    let long = "x".repeat(60_000);
    let rows = [
        (i32::MIN, "lowest", "lowest"),
        (-5, "", ""),
        (0, " ", " "),
        (1, "ada", "ada@example.com"),
        (2, "Ada", "ADA@EXAMPLE.COM"),
        (3, "\u{e9}", "none"),
        (4, "e\u{301}", "n\u{f6}ne"),
        (5, "line\nbreak\t\u{1}\u{1b}[2J\u{7f}", "line\nbreak"),
        (6, "\u{202e}nimda\u{202c}\u{200b}", "\u{1f40e}"),
        (7, "quote\" \\ '<>&; --", "%"),
        (8, long.as_str(), "long"),
    ];
    for (id, username, email) in rows {
        app.user(id, username, email, Some(HASH));
    }
    let runner = app.moved();
    // Made by hand afterwards: so near their end, numbers keep a database from being adopted.
    app.user(i32::MAX, "last", "last", Some(HASH));
    for (id, username, email) in rows.into_iter().chain([(i32::MAX, "last", "last")]) {
        let (status, answer) = sign_in(&runner, username, PASSWORD);
        assert_eq!(status, 200, "{id}");
        let token = answer["token"].as_str().unwrap();
        let me = json!({ "username": username, "email": email });
        assert_eq!(get(&runner, "/api/auth/users/me", token), (200, me.clone()), "{id}");
        assert_eq!(get(&runner, "/api/test/profile", token), (200, me), "{id}");
        let items = json!([{ "item_id": "Foo", "owner": username }]);
        assert_eq!(get(&runner, "/api/auth/users/me/items", token), (200, items), "{id}");
        assert_eq!(get(&runner, "/api/test/user", token).0, 403, "{id}");
    }
    let array: Value = serde_json::from_str(&app.verb("list --json")).unwrap();
    let listed: Vec<_> = array.as_array().unwrap().iter().map(|user| &user["id"]).collect();
    assert_eq!(listed.len(), 12);
    assert_eq!(
        (listed[0], listed[1], listed[11]),
        (&json!(i32::MIN), &json!(-5), &json!(i32::MAX))
    );
}

#[test]
fn each_role_counts_for_itself_whatever_else_a_user_has() {
    let app = App::new();
    let roles: [&[i32]; 6] = [&[], &[1], &[1, 1, 1], &[4], &[4, 2], &[3, 2, 1, 1]];
    for (id, roles) in (1..).zip(roles) {
        app.user(id, &id.to_string(), &id.to_string(), Some(HASH));
        for role in roles {
            app.write("INSERT INTO users_to_roles VALUES ($1, $2)", &[&id, role]);
        }
    }
    let runner = app.moved();
    for (id, roles) in (1..).zip(roles) {
        let (_, answer) = sign_in(&runner, &id.to_string(), PASSWORD);
        let token = answer["token"].as_str().unwrap();
        let ours = roles.iter().any(|role| *role < 4);
        for (path, opens) in
            [("user", ours), ("mod", roles.contains(&2)), ("admin", roles.contains(&3))]
        {
            let status = get(&runner, &format!("/api/test/{path}"), token).0;
            assert_eq!(status, if opens { 200 } else { 403 }, "{path} with {roles:?}");
        }
    }
}

#[test]
fn each_user_that_passlib_signs_in_signs_in_and_no_other() {
    let oddities = include_str!("../../../shared/src/password/passlib_oddities.json");
    let oddities: Vec<(String, String, bool)> = serde_json::from_str(oddities).unwrap();
    let app = App::new();
    for (id, (_, hash, _)) in (1..).zip(&oddities) {
        app.user(id, &id.to_string(), &id.to_string(), Some(hash));
    }
    let runner = app.moved();
    for (id, (password, hash, verified)) in (1..).zip(&oddities) {
        // The second reads what the first may have written.
        for _ in 0..2 {
            let (status, answer) = sign_in(&runner, &id.to_string(), password);
            assert_eq!(status, if *verified { 200 } else { 401 }, "{hash:?}");
            assert!(*verified || answer == json!("Incorrect username or password"), "{answer}");
        }
    }
}

#[test]
fn a_password_of_another_make_is_refused_and_its_scheme_reported_to_the_operator() {
    let schemes = include_str!("../../../legacy/src/passwords/foreign_schemes.json");
    let mut schemes: Vec<(String, String)> = serde_json::from_str(schemes).unwrap();
    schemes.push(("unknown".to_owned(), "hunter2 in plain text".to_owned()));
    let app = App::new();
    for (id, (_, text)) in (1..).zip(&schemes) {
        app.user(id, &id.to_string(), &id.to_string(), Some(text));
    }
    let none = i32::try_from(schemes.len()).unwrap() + 1;
    app.user(none, "none", "none", None);
    app.user(none + 1, "empty", "empty", Some(""));
    app.user(none + 2, "fine", "fine", Some(HASH));
    let before = app.verb("list --unreadable");
    let checked = app.verb("migrate --check");
    assert!(checked.contains("have no password that can be verified"), "{checked}");
    let runner = app.moved();
    let refused = (401, json!("Incorrect username or password"));
    for (id, (_, text)) in (1..).zip(&schemes) {
        for password in ["correct horse", text] {
            assert_eq!(sign_in(&runner, &id.to_string(), password), refused, "{text}");
        }
    }
    for name in ["none", "empty"] {
        assert_eq!(sign_in(&runner, name, ""), refused);
    }
    let log = app.folder.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let lines: Vec<_> = lines.filter(|line| line["event"] == "authn_login_fail").collect();
    for (id, (scheme, _)) in (1..).zip(&schemes) {
        let error: Vec<_> = lines.iter().filter(|line| line["user_id"] == json!(id)).collect();
        assert_eq!(error.len(), 2, "{scheme}");
        for line in error {
            assert_eq!(
                (&line["cause"], &line["hash_scheme"]),
                (&json!("unknown_hash"), &json!(scheme))
            );
        }
    }
    let without = lines.iter().filter(|line| line["cause"] == "no_password");
    assert_eq!(without.filter(|line| line.get("hash_scheme").is_none()).count(), 2);
    for (_, text) in schemes.iter().filter(|(_, text)| text.len() > 1) {
        assert!(!log.contains(text.as_str()), "{text}");
    }
    assert!(before.starts_with("ID  SCHEME\n 1  argon2\n"), "{before}");
    let last = before.lines().last().unwrap();
    let count = schemes.len() + 2;
    assert!(last.starts_with(&format!("{count} users can't sign in: 3 argon2, ")), "{last}");
    assert!(last.contains(", 2 no_password, ") && last.contains(", 1 unknown, "), "{last}");
    assert_eq!(app.verb("list --unreadable"), before);
    app.write("DELETE FROM users WHERE username <> 'fine'", &[]);
    assert_eq!(app.verb("list --unreadable"), "Every user has a password that can be verified.\n");
    assert_eq!(app.verb("list --unreadable --json"), "[]\n");
}
