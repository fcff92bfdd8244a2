//! The mails that it sends.

use std::{
    fs,
    time::{Duration, Instant},
};

use tokio_postgres::NoTls;

use crate::folder::{Folder, Runner};

/// Executes statements over the runner's own database.
fn execute(runner: &Runner, statements: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let url = format!("postgres://postgres@{}/postgres", runner.database);
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        client.batch_execute(statements).await.unwrap();
        drop(client);
        let _ = connection.await;
    });
}

fn get(runner: &Runner, path: &str, host: &str) -> String {
    runner.answer(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
}

/// The list of mails as soon as it has this text. On a busy machine, the schedule's first run may fail.
fn list_with(runner: &Runner, text: &str) -> String {
    let began = Instant::now();
    loop {
        let list = get(runner, "/_mails", &runner.http);
        if list.contains(text) {
            return list;
        }
        assert!(began.elapsed() < Duration::from_secs(100), "{list}");
    }
}

const ASK: &str = "INSERT INTO mails (kind, address, language, asked_at, due_at) \
    SELECT 'reset', email, 'de', now(), now() FROM users";

#[test]
fn a_mail_is_sent_without_any_setting_and_read_in_the_browser() {
    let folder = Folder::new();
    let mut runner = folder.start("--port 0 --parameter-overrides BcryptCost=4");
    assert!(get(&runner, "/_mails", &runner.http).starts_with("HTTP/1.1 200"));
    runner.sign_up("ada");
    execute(&runner, &format!("DELETE FROM mails; {ASK}"));
    runner.signal("TERM");
    runner.child.wait().unwrap();
    // The first run of the schedule is at the start.
    let runner = folder.start("--port 0 --parameter-overrides BcryptCost=4");
    let list = list_with(&runner, "Setzen Sie Ihr Passwort für Latchkey zurück");
    let name = list
        .split("/_mails/")
        .find_map(|rest| rest.split_once('"').filter(|(name, _)| name.contains("reset")));
    let (name, _) = name.unwrap();
    let mail = get(&runner, &format!("/_mails/{name}"), &runner.http);
    let link = format!("<a href=\"http://{}/mail#reset=", runner.http);
    assert!(mail.contains(&link) && mail.contains("sandbox="), "{mail}");
    let file = folder.path().join(format!(".local/mails/{name}.eml"));
    let file = fs::read_to_string(file).unwrap();
    assert!(file.contains("From: Latchkey <accounts@latchkey.test>"), "{file}");
    let token = mail.split("#reset=").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(token.len(), 43);
    let log = folder.log();
    assert!(
        log.contains("mail_sent") && !log.contains(token) && !log.contains("@example.com"),
        "{log}"
    );
    // Another site's page can't read them by a name that leads here.
    assert!(!get(&runner, "/_mails", "evil.example").starts_with("HTTP/1.1 200"));
}

#[test]
fn with_an_empty_sender_no_mail_is_asked_for_and_its_routes_are_404() {
    let folder = Folder::new();
    fs::write(folder.path().join(".env"), "MAIL_SENDER=accounts@example.com\n").unwrap();
    let mut command = folder.latchkey("--port 0 --parameter-overrides BcryptCost=4");
    command.env("MAIL_SENDER", "");
    let runner = folder.run(command);
    for route in ["forgot-password", "request-verify-token", "reset-password", "verify"] {
        let answer = runner.post(&format!("/api/auth/{route}"), r#"{"email":"0@example.com"}"#);
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    }
    assert!(get(&runner, "/mail", &runner.http).starts_with("HTTP/1.1 404"));
    runner.sign_up("ada");
    execute(&runner, "SELECT 1 / (SELECT count(*) = 0 FROM mails)::int");
    assert!(!folder.path().join(".local/mails").exists());
}
