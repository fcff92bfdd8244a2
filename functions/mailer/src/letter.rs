//! A mail as it leaves: its mailboxes, its headers, its texts.

use std::fmt;
use std::time::{Duration, SystemTime};

use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use shared::NumericDate;

use crate::kind::Kind;
use crate::texts::Text;

/// The most bytes of an address for mail (RFC 5321 §4.5.3.1.3).
const MAX_ADDRESS_BYTES: usize = 254;

/// A mail to one mailbox.
#[derive(Clone)]
pub struct Letter {
    /// What it is for.
    pub kind: Kind,
    /// The sender's mailbox with its name.
    pub from: Mailbox,
    /// The mailbox that it is for.
    pub to: Address,
    /// The language of its texts.
    pub language: &'static str,
    /// What it says.
    pub text: Text,
    /// Its `Message-ID`.
    pub id: String,
    /// When it is sent.
    pub date: NumericDate,
}

/// The value of `Auto-Submitted` (RFC 3834 §5.1): no program answers the mail.
pub(crate) const AUTO_SUBMITTED: &str = "auto-generated";

/// Without its mailboxes.
impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Letter {
    /// The mail in its form for SMTP (RFC 5322). Fails with a cause for the log.
    pub fn to_message(&self) -> Result<Message, String> {
        let since_epoch = Duration::from_secs(u64::try_from(self.date.seconds()).unwrap_or(0));
        let boundary = self.id.replace(|it: char| !it.is_ascii_alphanumeric(), "");
        let boundary = format!("=_{}", &boundary[..boundary.len().min(32)]);
        let texts = MultiPart::alternative().boundary(boundary);
        let texts = texts.singlepart(SinglePart::plain(self.text.plain.clone()));
        let texts = texts.singlepart(SinglePart::html(self.text.html.clone()));
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, self.to.clone()))
            .subject(self.text.subject.clone())
            .date(SystemTime::UNIX_EPOCH + since_epoch)
            .message_id(Some(self.id.clone()))
            .header(AutoSubmitted)
            .header(ContentLanguage(self.language))
            .multipart(texts);
        message.map_err(|error| format!("the mail has no form for SMTP: {error}"))
    }
}

/// The mailbox of a stored address; `None` if it has no such shape. Its domain is in ASCII, which every
/// server understands.
pub(crate) fn mailbox(address: &str) -> Option<Address> {
    if address.len() > MAX_ADDRESS_BYTES || address.contains(|it: char| it.is_control()) {
        return None;
    }
    let (user, domain) = address.rsplit_once('@')?;
    // A quoted user part has no use but to confuse.
    if user.contains(|it: char| it == '"' || it.is_whitespace()) {
        return None;
    }
    let domain = idna::domain_to_ascii_strict(domain).ok()?;
    Address::new(user, domain).ok()
}

#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), AUTO_SUBMITTED.to_owned())
    }
}

#[derive(Clone)]
struct ContentLanguage(&'static str);

impl Header for ContentLanguage {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Language")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Err("only written".into())
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::texts::one_line;

    const HEADERS: [&str; 9] = [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Content-Language",
        "MIME-Version",
        "Content-Type",
    ];

    fn letter() -> Letter {
        let text = Text {
            subject: "Bestätigen Sie Ihre Adresse".into(),
            plain: "Grüße\n\nhttps://app.example/mail#verify=x\n".into(),
            html: "<p>Grüße</p>\n".into(),
        };
        Letter {
            kind: Kind::Verify,
            from: Mailbox::new(
                Some("Bücher, \"GmbH\"".into()),
                mailbox("mail@example.com").unwrap(),
            ),
            to: mailbox("ada@bücher.example").unwrap(),
            language: "de",
            text,
            id: "<0123456789abcdef0123456789abcdef@example.com>".into(),
            date: NumericDate::from_seconds(1_795_507_200),
        }
    }

    #[test]
    fn a_mail_has_the_headers_of_a_mail_by_a_program() {
        let message = String::from_utf8(letter().to_message().unwrap().formatted()).unwrap();
        let (head, body) = message.split_once("\r\n\r\n").unwrap();
        for line in [
            "To: ada@xn--bcher-kva.example",
            "Date: Tue, 24 Nov 2026 08:00:00 +0000",
            "Message-ID: <0123456789abcdef0123456789abcdef@example.com>",
            "Auto-Submitted: auto-generated",
            "Content-Language: de",
            "MIME-Version: 1.0",
        ] {
            assert!(head.lines().any(|it| it == line), "{line}: {head}");
        }
        assert!(head.is_ascii() && head.contains("<mail@example.com>"), "{head}");
        assert!(head.contains("Content-Type: multipart/alternative;"), "{head}");
        let parts: Vec<_> =
            body.lines().filter(|line| line.starts_with("Content-Type: ")).collect();
        assert_eq!(
            parts,
            ["Content-Type: text/plain; charset=utf-8", "Content-Type: text/html; charset=utf-8"]
        );
        assert!(!message.replace("\r\n", "").contains(['\r', '\n']));
    }

    #[test]
    fn what_is_no_mailbox_is_refused() {
        for address in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@example.com\r\nBcc: eve@evil.example",
            "ada\n@example.com",
            "ada@example.com\r",
            "ada@example.com\0",
            "ada <ada@example.com>",
            "ada@example.com, eve@evil.example",
            "eve@evil.example,ada@example.com",
            "\"a b\"@example.com",
            "a b@example.com",
            "ada@exa mple.com",
            "ada@example.com>",
        ] {
            assert!(mailbox(address).is_none(), "{address:?}");
        }
        // The longest domain that there can be: 253 bytes.
        let label = "d".repeat(63);
        let domain = format!("{label}.{label}.{label}.{}", &label[..61]);
        assert!(mailbox(&format!("a@{}", &domain[1..])).is_some());
        assert!(mailbox(&format!("a@{domain}")).is_none());
        for address in ["ada@example.com", "o'brien+x@Example.COM", "root@localhost", "ü@a.example"]
        {
            assert!(mailbox(address).is_some(), "{address}");
        }
    }

    proptest! {
        /// Whatever an adopted database has for an address, and a service for its name.
        #[test]
        fn no_address_and_no_name_adds_a_header_or_a_recipient(
            user in "[a-z@,;:<>() \"\\\\\r\n\t\0\u{85}\u{2028}ü.]{0,12}",
            domain in "[a-z@,;<>( \"\r\n\0ü.\u{ad}\u{3002}-]{0,12}",
            any in "\\PC{0,40}",
            name in "(.|\r\n)*",
        ) {
            let from = Mailbox::new(Some(one_line(&name)), mailbox("mail@example.com").unwrap());
            for address in [any, format!("{user}@{domain}"), format!("{user}@example.com")] {
                let Some(to) = mailbox(&address) else { continue };
                prop_assert!(to.to_string().matches('@').count() == 1, "{}", to);
                let letter = Letter { to, from: from.clone(), ..letter() };
                let message = letter.to_message().unwrap();
                prop_assert_eq!(message.envelope().to(), std::slice::from_ref(&letter.to));
                let message = String::from_utf8(message.formatted()).unwrap();
                let head = message.split_once("\r\n\r\n").unwrap().0.replace("\r\n ", " ");
                let names: Vec<_> = head.split("\r\n").map(|line| line.split(':').next().unwrap()).collect();
                prop_assert_eq!(&names, &HEADERS);
                prop_assert!(!head.replace("\r\n", "").contains(['\r', '\n']));
            }
        }
    }
}
