//! How long mails and their requests take, and what is stored of them. These checks run alone.

use std::cell::Cell;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::mailbox::Mail;
use super::{FORGOT, REQUEST_VERIFY, ROUTES};
use crate::check::{Check, checks};
use crate::person::Person;
use crate::target::Target;
use crate::timing;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_request_takes_as_long_for_anyone needs Mails Warm Database;
        a_mail_comes_within_a_second needs Runner Warm;
        every_mail_says_the_same_as_text_and_as_html needs Mails;
        no_secret_of_a_mail_is_stored also Pooler needs Mails Database;
    ]
}

/// How often each of two kinds of addresses is asked for.
const PAIRS: usize = 500;

/// Users of a kind, or addresses that nobody has: one for each pair.
fn addresses(target: &Target, users: Option<&str>) -> Vec<String> {
    let stem = Person::new("timed").username;
    let local = if users.is_some() { "t" } else { "u" };
    let address = |number: usize| format!("{local}{number:05}-{stem}@mail.example");
    let addresses: Vec<_> = (0..PAIRS).map(address).collect();
    if let Some(verified_email) = users {
        let insert = format!(
            "INSERT INTO users (username, email, verified_email) \
             SELECT 'timed-' || it, it, {verified_email} FROM unnest($1::text[]) AS it"
        );
        target.database().query(&insert, &[&addresses]);
    }
    addresses
}

/// Of two lists of addresses, each asked for once.
fn t_of(target: &Target, route: &str, lists: &[Vec<String>; 2]) -> (f64, f64, f64) {
    let asked = [Cell::new(0), Cell::new(0)];
    let ask = |which: usize| {
        let number = asked[which].replace(asked[which].get() + 1);
        assert_eq!(target.ask(route, &lists[which][number]).status, 202);
    };
    // The mailer works beside them, so half of the times are too long.
    timing::welch([&|| ask(0), &|| ask(1)], PAIRS, PAIRS / 2)
}

fn a_request_takes_as_long_for_anyone(target: &Target) {
    for (route, users) in
        [(FORGOT, "NULL"), (FORGOT, "it"), (REQUEST_VERIFY, "NULL"), (REQUEST_VERIFY, "it")]
    {
        let mut found = Vec::new();
        for attempt in 0.. {
            let lists = [addresses(target, Some(users)), addresses(target, None)];
            let (t, known, unknown) = t_of(target, route, &lists);
            found.push((t, known, unknown));
            if t.abs() < timing::DIFFERENT {
                break;
            }
            assert!(attempt < 3, "{route} {users}: t, known, unknown: {found:?}");
        }
    }
}

fn a_mail_comes_within_a_second(target: &Target) {
    for (route, kind) in ROUTES {
        let mut times = Vec::new();
        for _ in 0..5 {
            let person = target.asks();
            let before = target.mails_to(kind, &person.email).len();
            let start = Instant::now();
            assert_eq!(target.ask(route, &person.email).status, 202);
            target.await_mails(kind, &person.email, before + 1);
            times.push(start.elapsed());
        }
        // Other work of the machine only adds.
        times.sort_unstable();
        assert!(times[2].as_secs_f64() < 1.0, "{times:?}");
    }
}

/// The blocks of an HTML body as text, without what tells them apart.
fn text_of(mail: &Mail) -> String {
    let (_, body) = mail.html.split_once("<body").expect("a body");
    let mut text = String::new();
    for part in body.split('<') {
        let (_, after) = part.split_once('>').expect("the end of a tag");
        text.push_str(after);
    }
    unescaped(&text)
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&#x27;", "'").replace("&amp;", "&")
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// The tags that a mail may have, none of which loads anything.
const TAGS: [&str; 9] = ["!doctype", "html", "head", "meta", "title", "body", "p", "a", "strong"];

const ATTRIBUTES: [&str; 6] = ["lang", "charset", "name", "content", "style", "href"];

fn every_mail_says_the_same_as_text_and_as_html(target: &Target) {
    for mail in target.mails() {
        assert_eq!(words(&text_of(&mail)), words(&mail.plain), "{}", mail.html);
        let (_, title) = mail.html.split_once("<title>").expect("a title");
        let (title, _) = title.split_once("</title>").expect("its end");
        assert_eq!(unescaped(title), mail.header("Subject"));
        for tag in mail.html.split('<').skip(1) {
            let tag = tag.split('>').next().expect("a tag").trim_start_matches('/');
            let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            assert!(TAGS.contains(&name), "<{tag}>");
            while let Some((name, value)) = attributes.split_once("=\"") {
                assert!(ATTRIBUTES.contains(&name.trim()), "<{tag}>");
                let (value, rest) = value.split_once('"').expect("the end of a value");
                assert!(name.trim() != "style" || !value.contains(['(', '@', '\\']), "<{tag}>");
                attributes = rest;
            }
            assert!(attributes.trim().is_empty() || tag == "!doctype html", "<{tag}>");
        }
        // The link, and the page that asks for the code.
        let is_secret = ["verify", "change", "reset"].contains(&mail.kind.as_str());
        for text in [&mail.plain, &mail.html] {
            let text = unescaped(text);
            let own = if is_secret { text.matches(mail.parts_of_link().0).count() } else { 0 };
            assert_eq!((text.matches("http").count(), text.matches("//").count()), (own, own));
        }
        assert!(!is_secret || mail.html.contains(mail.code()), "{}", mail.html);
    }
}

fn no_secret_of_a_mail_is_stored(target: &Target) {
    let mails = target.mails();
    let mut marks = Vec::new();
    let hex = |bytes: &[u8]| {
        let digits: Vec<_> = bytes.iter().map(|it| format!("{it:02x}")).collect();
        digits.concat()
    };
    for secret in mails.iter().flat_map(|mail| mail.secrets()) {
        marks.push(hex(secret.as_bytes()));
        if secret.len() == 43 {
            marks.push(hex(&URL_SAFE_NO_PAD.decode(&secret).expect("base64url")));
        }
        marks.push(secret);
    }
    assert!(!marks.is_empty());
    let searcher = aho_corasick::AhoCorasick::new(&marks).expect("a searcher");
    let tables = "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables \
        WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
    let mut rows = 0;
    for table in target.database().query(tables, &[]) {
        let table: String = table.get(0);
        for row in target.database().query(&format!("SELECT t::text FROM {table} AS t"), &[]) {
            let row: String = row.get(0);
            rows += usize::from(table.ends_with("one_time_secrets"));
            assert!(searcher.find(&row).is_none(), "a row of {table}");
        }
    }
    assert!(rows > 0, "there are secrets");
}
