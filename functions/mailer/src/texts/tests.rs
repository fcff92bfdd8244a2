use std::collections::BTreeSet;

use super::*;

const LINK: &str = "https://app.example/mail#reset=AAAA&x='";
const CODE: &str = "7K3M-Q9XA";

fn texts() -> Texts {
    Texts::new("Bücher <& Co>\r\nBcc: eve@evil.example").unwrap()
}

fn parts(kind: Kind) -> [Parts<'static>; 2] {
    let secret = kind.purpose().map(|purpose| (LINK, CODE, purpose.hours));
    let proven = Some(("ada <b>", "ada@example.com"));
    [Parts { secret, proven: None }, Parts { secret, proven }]
}

/// What a reader sees of the HTML, with its white space collapsed.
fn seen(html: &str) -> String {
    let body = html.split_once("<body").unwrap().1.split_once('>').unwrap().1;
    let mut text = String::new();
    let mut in_tag = false;
    for character in body.chars() {
        match character {
            '<' => in_tag = true,
            '>' => (in_tag, ()) = (false, text.push(' ')),
            other if !in_tag => text.push(other),
            _ => {}
        }
    }
    for (escaped, character) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&amp;", "&")]
    {
        text = text.replace(escaped, character);
    }
    collapsed(&text)
}

fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn all() -> impl Iterator<Item = (&'static str, Kind, Parts<'static>)> {
    let kinds = languages().flat_map(|it| Kind::ALL.map(|kind| (it, kind)));
    kinds.flat_map(|(language, kind)| parts(kind).map(|parts| (language, kind, parts)))
}

#[test]
fn each_mail_says_the_same_as_text_and_as_html() {
    for (language, kind, parts) in all() {
        let Text { subject, plain, html } = texts().render(language, kind, &parts).unwrap();
        assert_eq!(collapsed(&plain), seen(&html), "{language} {kind:?}");
        assert!(!subject.contains(char::is_control) && subject.contains("Bücher <& Co>"));
        assert!(!html.contains("<& Co>") && !html.contains("<b>"), "{html}");
        assert!(html.contains(&format!("<html lang=\"{language}\">")));
        let secret = parts.secret.map(|(link, code, _)| [link, code]);
        for secret in secret.into_iter().flatten() {
            assert!(plain.contains(secret), "{language} {kind:?}");
        }
    }
}

#[test]
fn no_mail_loads_anything_or_leads_anywhere_but_to_its_link() {
    for (language, kind, parts) in all() {
        let Text { plain, html, .. } = texts().render(language, kind, &parts).unwrap();
        let lower = html.to_lowercase();
        for remote in [
            "<img",
            "<link",
            "<script",
            "<style",
            "<iframe",
            "<object",
            "<form",
            "src=",
            "url(",
            "@import",
            "background",
            "srcset",
        ] {
            assert!(!lower.contains(remote), "{language} {kind:?}: {remote}");
        }
        let secrets = usize::from(parts.secret.is_some());
        assert_eq!(lower.matches("href=").count(), secrets, "{language} {kind:?}");
        assert_eq!(lower.matches("://").count(), 3 * secrets);
        assert_eq!(plain.matches("://").count(), 2 * secrets);
        let link = LINK.replace('&', "&amp;").replace('\'', "&#x27;");
        assert_eq!(html.matches(&format!("<a href=\"{link}\">{link}</a>")).count(), secrets);
    }
}

#[test]
fn each_shipped_mail_says_why_it_came_and_what_to_do_if_it_was_not_the_reader() {
    for (language, because, otherwise) in [
        ("en", "You get this mail because ", "If it wasn't you, "),
        ("de", "Sie erhalten diese Mail, weil ", "Wenn Sie das nicht waren, "),
    ] {
        for kind in Kind::ALL {
            let [parts, _] = parts(kind);
            let text = texts().render(language, kind, &parts).unwrap().plain;
            assert!(text.starts_with(because), "{language} {kind:?}");
            assert!(text.contains(otherwise), "{language} {kind:?}");
        }
    }
}

#[test]
fn a_mailbox_that_is_not_proven_gets_no_text_of_the_users() {
    for (language, kind, parts) in all() {
        let text = texts().render(language, kind, &parts).unwrap();
        let has = format!("{text:?}").contains("ada");
        let may = KINDS.iter().any(|(name, variables)| {
            *name == kind.name() && variables.concat().contains(&"username")
        });
        assert!(!has || parts.proven.is_some() && may, "{language} {kind:?}");
    }
}

#[test]
fn a_name_with_a_line_break_is_left_out() {
    let proven = Some(("ada\nhttps://win.example", "ada@example.com"));
    let text = texts().render("en", Kind::NewClient, &Parts { secret: None, proven }).unwrap();
    assert!(!text.plain.contains("win.") && !text.html.contains("win."), "{}", text.plain);
}

#[test]
fn english_and_german_are_there() {
    let languages: BTreeSet<_> = languages().collect();
    assert!(languages.is_superset(&["de", "en"].into()));
}
