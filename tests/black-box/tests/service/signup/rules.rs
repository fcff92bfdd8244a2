//! The rules for a username, an e-mail address and a password.

use serde_json::json;

use crate::check::{Check, checks};
use crate::person::Person;
use crate::signup::SIGNUP;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        an_empty_name_is_refused;
        a_name_of_255_characters_is_the_longest;
        a_name_is_counted_in_characters;
        a_name_that_looks_like_another_is_refused also Emulator;
        a_name_keeps_the_joiners_of_its_script;
        a_name_signs_in_in_either_form;
        a_malformed_email_is_refused;
        an_email_of_254_characters_is_the_longest;
        usual_emails_are_taken;
        a_password_under_8_characters_is_refused;
        a_password_is_counted_in_characters;
        a_password_of_1024_bytes_is_the_longest;
        a_nul_in_any_field_is_refused also Emulator;
        a_lone_surrogate_in_any_field_is_refused also Emulator;
        a_pair_of_surrogates_is_a_character;
        every_broken_rule_is_reported_at_once also Emulator;
        a_refused_user_is_not_signed_up;
    ]
}

fn refuses_name(target: &Target, name: &str, words: &[&str]) {
    let mut person = Person::new("rule");
    name.clone_into(&mut person.username);
    target.signup(&person).breaks_rule("username", words);
}

fn takes_name(target: &Target, name: String) {
    let mut person = Person::new("rule");
    person.username = name;
    target.signup(&person).is_json(200, &person.public());
}

/// An unused text of `length` characters.
fn filled(fill: &str, length: usize) -> String {
    let start = Person::new("f").username;
    start.clone() + &fill.repeat(length - start.len())
}

fn an_empty_name_is_refused(target: &Target) {
    refuses_name(target, "", &["1"]);
}

fn a_name_of_255_characters_is_the_longest(target: &Target) {
    takes_name(target, filled("n", 255));
    refuses_name(target, &filled("n", 256), &["255"]);
    refuses_name(target, &filled("n", 60_000), &["255"]);
}

fn a_name_is_counted_in_characters(target: &Target) {
    takes_name(target, filled("\u{1f40e}", 255));
    refuses_name(target, &filled("\u{e9}", 256), &["255"]);
}

fn a_name_that_looks_like_another_is_refused(target: &Target) {
    for text in [
        " ",
        "\t",
        "\n",
        "\r",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{ad}",
        "\u{3000}",
        "\u{2028}",
        "\u{200b}",
        "\u{200c}",
        "\u{200d}",
        "\u{202e}",
        "\u{2066}",
        "\u{feff}",
        "\u{fe0f}",
        "\u{3164}",
        "\u{2800}",
        "\u{e0041}",
        "\u{e000}",
        "\u{378}",
    ] {
        let name = Person::new("seen").username;
        for name in [format!("{text}{name}"), format!("{name}{text}"), format!("{name}{text} x")] {
            refuses_name(target, &name, &[]);
        }
    }
}

fn a_name_keeps_the_joiners_of_its_script(target: &Target) {
    for text in [
        "\u{639}\u{644}\u{6cc}\u{200c}\u{631}\u{636}\u{627}",
        "\u{dc1}\u{dca}\u{200d}\u{dbb}\u{dd3}",
    ] {
        takes_name(target, format!("{} {text}", Person::new("joined").username));
    }
}

/// Spellings of one name by different keyboards.
fn a_name_signs_in_in_either_form(target: &Target) {
    for (composed, other) in [("Zo\u{eb}", "Zoe\u{308}"), ("\u{9af}\u{9bc}", "\u{9df}")] {
        let mut person = Person::new(composed);
        let stored = person.username.clone();
        person.username = stored.replace(composed, other);
        let public = json!({ "username": stored, "email": person.email });
        target.signup(&person).is_json(200, &public);
        for name in [&stored, &person.username] {
            assert_eq!(target.signin(name, &person.password).status, 200, "{name:?}");
        }
        person.email = Person::new("other").email;
        target.signup(&person).is_text(409, "Username already registered");
    }
}

fn signup_with_email(target: &Target, email: &str) -> crate::client::Answer {
    let mut person = Person::new("mail");
    email.clone_into(&mut person.email);
    target.signup(&person)
}

fn a_malformed_email_is_refused(target: &Target) {
    for email in [
        "",
        "not-an-email",
        "@",
        "@mail.example",
        "ada@",
        "ada@@mail.example",
        "ada@mail@example",
        "ada lovelace@mail.example",
        "ada@mail example",
        " ada@mail.example",
        "ada@mail.example ",
        "ada@mail.example\n",
        "ada\t@mail.example",
        "mail.example",
        "ada\u{200b}@mail.example",
        "ada@ma\u{ad}il.example",
        "\u{202e}ada@mail.example",
        &format!("ada@{}.example", "d".repeat(64)),
        &format!("ada@{}.example", "\u{fc}bungsplatz".repeat(6)),
    ] {
        signup_with_email(target, email).breaks_rule("email", &[]);
    }
}

/// An address of `length` characters with labels no longer than DNS allows.
fn long_email(length: usize) -> String {
    let local = Person::new("m").username;
    let mut email = format!("{local}@{}.{}.{}.", "d".repeat(60), "o".repeat(60), "m".repeat(60));
    email.push_str(&"e".repeat(length - email.len()));
    email
}

fn an_email_of_254_characters_is_the_longest(target: &Target) {
    assert_eq!(signup_with_email(target, &long_email(254)).status, 200);
    signup_with_email(target, &long_email(255)).breaks_rule("email", &["254"]);
}

fn usual_emails_are_taken(target: &Target) {
    for domain in ["mail.example", "a.b.c.mail.example", "xn--bcher-kva.example", "MAIL.example"] {
        for tag in ["", "+tag", ".dot", "_low", "-dash"] {
            let email = format!("{}{tag}@{domain}", Person::new("usual").username);
            let answer = signup_with_email(target, &email);
            assert_eq!(answer.status, 200, "{email}: {}", answer.text());
        }
    }
}

fn signup_with_password(target: &Target, password: &str) -> crate::client::Answer {
    target.signup(&Person::new("pass").with_password(password))
}

fn a_password_under_8_characters_is_refused(target: &Target) {
    for password in ["", " ", "x", "sevensy", "       "] {
        signup_with_password(target, password).breaks_rule("password", &["8"]);
    }
    assert_eq!(signup_with_password(target, "eight-sy").status, 200);
}

fn a_password_is_counted_in_characters(target: &Target) {
    // 28 bytes, 7 characters; 32 bytes, 8 characters.
    signup_with_password(target, &"\u{1f40e}".repeat(7)).breaks_rule("password", &["8"]);
    assert_eq!(
        signup_with_password(target, "\u{1f40e}a\u{1f40f}b\u{1f410}c\u{1f411}d").status,
        200
    );
}

fn a_password_of_1024_bytes_is_the_longest(target: &Target) {
    assert_eq!(signup_with_password(target, &"long one ".repeat(114)[..1024]).status, 200);
    signup_with_password(target, &"p".repeat(1025)).breaks_rule("password", &["1024"]);
    // 1,026 bytes in 513 characters.
    signup_with_password(target, &"\u{e9}".repeat(513)).breaks_rule("password", &["1024"]);
}

fn a_nul_in_any_field_is_refused(target: &Target) {
    for field in ["username", "email", "password"] {
        for text in ["\0", "before\0after@mail.example", "at the end of it@mail.example\0"] {
            let mut body = Person::new("nul").json();
            body[field] = json!(text);
            let answer = target.http.post_json(SIGNUP, &body).send();
            assert_eq!(answer.status, 422, "{field}: {}", answer.text());
            assert_eq!(answer.details()[0].loc[0], "body");
        }
    }
}

fn a_lone_surrogate_in_any_field_is_refused(target: &Target) {
    for field in ["username", "email", "password"] {
        for text in [r"\ud800", r"before\udc00after", r"long enough\ud83d", r"\udc00\ud800"] {
            let mut body = Person::new("surrogate").json();
            body[field] = json!("FIELD");
            let body = body.to_string().replace("FIELD", text);
            let answer = target.http.post(SIGNUP, "application/json", body).send();
            assert_eq!(answer.status, 422, "{field}: {}", answer.text());
            assert_eq!(answer.details()[0].loc[0], "body");
        }
    }
}

fn a_pair_of_surrogates_is_a_character(target: &Target) {
    let person = Person::new("pair-\u{1f40e}");
    let escaped = person.json().to_string().replace('\u{1f40e}', r"\ud83d\udc0e");
    let answer = target.http.post(SIGNUP, "application/json", escaped).send();
    answer.is_json(200, &person.public());
    assert_eq!(target.signin(&person.username, &person.password).status, 200);
}

fn every_broken_rule_is_reported_at_once(target: &Target) {
    let body = json!({ "username": "", "email": "not-an-email", "password": "short" });
    let answer = target.http.post_json(SIGNUP, &body).send();
    assert_eq!(answer.status, 422, "{}", answer.text());
    let locations: Vec<_> = answer.details().into_iter().map(|detail| detail.loc).collect();
    let fields = ["username", "email", "password"].map(|field| json!(["body", field]));
    assert_eq!(locations, fields);
}

fn a_refused_user_is_not_signed_up(target: &Target) {
    let person = Person::new("refused").with_password("short");
    assert_eq!(target.signup(&person).status, 422);
    let person = person.with_password("long enough now");
    target.signup(&person).is_json(200, &person.public());
}
