//! Reads a mail that the mailer has written: the few forms that it uses.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The parts of a mail that are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) date: String,
    pub(crate) subject: String,
    pub(crate) plain: String,
    pub(crate) html: String,
}

impl Mail {
    /// Reads a mail. What can't be read is empty.
    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = split(text);
        let header = |name| decoded(&value(&head, name));
        let mut mail = Self {
            from: header("From"),
            to: header("To"),
            date: header("Date"),
            subject: header("Subject"),
            ..Self::default()
        };
        let kind = value(&head, "Content-Type");
        let boundary = kind.split_once("boundary=").map(|(_, rest)| rest.trim_matches('"'));
        let Some(boundary) = boundary else { return mail };
        for part in body.split(&format!("--{boundary}")).skip(1) {
            let (head, body) = split(part.trim_start_matches(['\r', '\n']));
            let body = transferred(&value(&head, "Content-Transfer-Encoding"), body);
            match value(&head, "Content-Type") {
                kind if kind.starts_with("text/plain") => mail.plain = body,
                kind if kind.starts_with("text/html") => mail.html = body,
                _ => {}
            }
        }
        mail
    }
}

/// The lines of the head, unfolded, and the body.
fn split(text: &str) -> (Vec<String>, &str) {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let mut lines: Vec<String> = Vec::new();
    for line in head.split("\r\n") {
        match lines.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => last.push_str(line),
            _ => lines.push(line.to_owned()),
        }
    }
    (lines, body)
}

/// The value of a header.
fn value(head: &[String], name: &str) -> String {
    let values = head.iter().filter_map(|line| line.split_once(':'));
    let mut values = values.filter(|(found, _)| found.eq_ignore_ascii_case(name));
    values.next().map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

/// A header's text with its encoded words (RFC 2047) of base64 decoded.
fn decoded(text: &str) -> String {
    let (mut words, mut was_encoded) = (String::new(), false);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let found = encoded_word(word);
        // The space between two encoded words belongs to neither.
        let are_encoded = was_encoded && found.is_some();
        if !words.is_empty() && !are_encoded {
            words.push(' ');
        }
        was_encoded = found.is_some();
        words.push_str(found.as_deref().unwrap_or(word));
    }
    words
}

fn encoded_word(word: &str) -> Option<String> {
    let word = word.strip_prefix("=?utf-8?b?")?.strip_suffix("?=")?;
    String::from_utf8(STANDARD.decode(word).ok()?).ok()
}

/// A body without its transfer encoding (RFC 2045 §6).
fn transferred(encoding: &str, body: &str) -> String {
    match encoding {
        "base64" => {
            let body: String = body.split_whitespace().collect();
            STANDARD.decode(body).ok().and_then(|bytes| String::from_utf8(bytes).ok())
        }
        "quoted-printable" => String::from_utf8(quoted_printable(body)).ok(),
        _ => Some(body.to_owned()),
    }
    .unwrap_or_default()
    .replace("\r\n", "\n")
}

fn quoted_printable(body: &str) -> Vec<u8> {
    let body = body.replace("=\r\n", "");
    let mut parts = body.split('=');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.extend(byte);
        bytes.extend(part.get(2..).unwrap_or_default().as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_mailer_writes_is_read() {
        let mail = Mail::parse(
            "From: =?utf-8?b?QsO8Y2hlcg==?= <mail@example.com>\r\nTo: ada@example.com\r\n\
             Subject: =?utf-8?b?QmVzdMOk?=\r\n =?utf-8?b?dGlnZW4=?= Sie\r\n\
             Date: Tue, 24 Nov 2026 08:00:00 +0000\r\n\
             Content-Type: multipart/alternative;\r\n boundary=\"=_ab\"\r\n\r\n\
             --=_ab\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe =\r\nan #a=3Db\r\n\r\n\
             --=_ab\r\nContent-Type: text/html; charset=utf-8\r\n\
             Content-Transfer-Encoding: base64\r\n\r\nPGI+w7w8\r\nL2I+\r\n\r\n--=_ab--\r\n",
        );
        assert_eq!(mail.from, "Bücher <mail@example.com>");
        assert_eq!(mail.subject, "Bestätigen Sie");
        assert_eq!(mail.plain.trim(), "Grüße an #a=b");
        assert_eq!(mail.html, "<b>ü</b>");
    }

    #[test]
    fn what_is_no_mail_is_empty() {
        assert_eq!(Mail::parse(""), Mail::default());
        let mail =
            Mail::parse("Subject: =?utf-8?b?!?=\r\nContent-Type: x; boundary=y\r\n\r\n--y\r\n=");
        assert_eq!((mail.subject.as_str(), mail.plain.as_str()), ("=?utf-8?b?!?=", ""));
    }
}
