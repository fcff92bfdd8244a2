//! A user's e-mail address.

use std::borrow::Cow;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

use crate::characters::all_visible;
use crate::error::{Answer, Failure};
use crate::rule::{Rule, without_nul};

/// The most bytes of an address for mail (RFC 5321 §4.5.3.1.3, without its brackets).
const MAX_BYTES: usize = 254;

/// Characters that a local part may contain only in quotes (RFC 5322 §3.2.3).
const SPECIAL: [char; 13] = ['"', '(', ')', ',', ':', ';', '<', '>', '@', '[', '\\', ']', ' '];

/// A new user's address. It is stored as sent, except that a non-ASCII domain is normalized by
/// UTS #46; it is compared without the case of its domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEmail(String);

impl NewEmail {
    /// Parses an address of at most 254 bytes.
    ///
    /// The local part is that of the HTML standard's `type=email`, extended to visible Unicode
    /// (RFC 6531). The domain is one by UTS #46, with labels of at most 63 bytes in DNS. Only sending
    /// mail would prove that the address exists.
    pub fn parse(text: String) -> Result<Self, Rule> {
        let text = without_nul(text)?;
        if text.len() > MAX_BYTES {
            return Err(Rule::TooManyBytes(MAX_BYTES));
        }
        // UTS #46 would ignore invisible characters.
        let parts = text.split_once('@').filter(|_| all_visible(&text));
        let (local, sent) = parts.filter(|(it, _)| is_local_part(it)).ok_or(Rule::NotAnEmail)?;
        let text = format!("{local}@{}", domain(sent).ok_or(Rule::NotAnEmail)?);
        if text.len() > MAX_BYTES { Err(Rule::TooManyBytes(MAX_BYTES)) } else { Ok(Self(text)) }
    }

    /// The address as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_local_part(text: &str) -> bool {
    !text.is_empty() && !text.contains(SPECIAL)
}

/// An ASCII domain as sent, any other in lower case, because PostgreSQL's `lower` may know only
/// ASCII.
fn domain(sent: &str) -> Option<Cow<'_, str>> {
    let (uts46, deny, hyphens) = (Uts46::new(), AsciiDenyList::STD3, Hyphens::CheckFirstLast);
    uts46.to_ascii(sent.as_bytes(), deny, hyphens, DnsLength::Verify).ok()?;
    if sent.is_ascii() {
        return Some(sent.into());
    }
    let (unicode, valid) = uts46.to_unicode(sent.as_bytes(), deny, hyphens);
    valid.ok().map(|()| unicode)
}

/// An address that a caller asks about. A row may have it, so in an adopted database it may break today's
/// rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedEmail(String);

impl AskedEmail {
    /// Parses an address of at most 254 bytes with an at sign: as a new one if it is valid, otherwise as it
    /// is.
    pub fn parse(text: String) -> Result<Self, Rule> {
        match NewEmail::parse(text.clone()) {
            Ok(email) => Ok(Self(email.0)),
            Err(Rule::NotAnEmail) if text.contains('@') => Ok(Self(text)),
            Err(rule) => Err(rule),
        }
    }

    /// A new address, asked about.
    pub fn of_new(email: &NewEmail) -> Self {
        Self(email.0.clone())
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// One text for all spellings by which a mailbox is found: the domain and ASCII in lower case.
    pub fn folded(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        format!("{}@{}", local.to_ascii_lowercase(), domain.to_lowercase())
    }
}

/// Another user has the address.
#[derive(Debug)]
pub struct EmailTaken;

impl Failure for EmailTaken {
    fn answer(&self) -> Answer {
        Answer(409, "email_taken", "Email already registered")
    }
}

/// The address in a row, which in an adopted database may be invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The address of a row.
    pub const fn from_row(text: String) -> Self {
        Self(text)
    }

    /// The address, byte for byte.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_of_many_kinds_are_taken_as_sent() {
        for text in [
            "ada@example.com",
            "Ada.Lovelace+test@Example.COM",
            "o'brien@example.co.uk",
            "ada@xn--bcher-kva.example",
            "علی\u{200c}رضا@example.com",
            "root@localhost",
            "ü@bücher.example",
            "用户@例子.广告",
            "a@b",
        ] {
            assert_eq!(NewEmail::parse(text.into()).map(|email| email.0), Ok(text.to_owned()));
        }
    }

    #[test]
    fn a_domain_beyond_ascii_gets_its_one_form() {
        for (sent, stored) in [
            ("ü@BÜCHER.Example", "ü@bücher.example"),
            ("ada@bu\u{308}cher.example", "ada@bücher.example"),
            ("ada@ＭＡＩＬ。example", "ada@mail.example"),
        ] {
            assert_eq!(NewEmail::parse(sent.into()).map(|email| email.0), Ok(stored.to_owned()));
        }
    }

    #[test]
    fn a_label_has_at_most_63_bytes_in_dns() {
        let of = |label: String| NewEmail::parse(format!("ada@{label}.example"));
        assert!(of("d".repeat(63)).is_ok());
        assert_eq!(of("d".repeat(64)), Err(Rule::NotAnEmail));
        // 33 letters are 66 bytes in UTF-8, and fewer or more in DNS.
        assert!(of("ü".repeat(50)).is_ok());
        assert_eq!(of("übungsplatz".repeat(6)), Err(Rule::NotAnEmail));
    }

    #[test]
    fn an_invalid_address_is_refused() {
        for text in [
            "",
            "@",
            "a@",
            "@b",
            "not-an-email",
            "a b@c.d",
            "a@b c",
            "a@b..c",
            "a@.b",
            "a@b.",
            "a@@b",
            "a@b@c",
            "a@-b",
            "a@b-",
            "a@b\n",
            "<a@b>",
            "a\u{a0}@b",
            "a\u{200b}@b.c",
            "a\u{202e}@b.c",
            "a@b\u{ad}.c",
            "a@b\u{200d}.c",
            "a@b\u{feff}.c",
            "a@\u{2800}.c",
            "a@xn--a.c",
            "a@b_c.d",
            "a@b＠c",
        ] {
            assert_eq!(NewEmail::parse(text.into()), Err(Rule::NotAnEmail), "{text:?}");
        }
        assert_eq!(NewEmail::parse("a\0@b.c".into()), Err(Rule::Nul));
    }

    #[test]
    fn an_address_has_at_most_254_bytes() {
        let of_length = |bytes: usize| format!("{}@example.com", "a".repeat(bytes - 12));
        assert!(NewEmail::parse(of_length(254)).is_ok());
        assert_eq!(NewEmail::parse(of_length(255)), Err(Rule::TooManyBytes(254)));
    }

    #[test]
    fn an_address_of_a_row_can_be_asked_about() {
        let asked = |text: &str| AskedEmail::parse(text.into()).map(|email| email.0);
        for text in ["a@b", "\"a b\"@c.d", "a@b@c", "@", "a@b_c.d", "ı@b.c"] {
            assert_eq!(asked(text), Ok(text.to_owned()));
        }
        assert_eq!(asked("ü@BÜCHER.Example"), Ok("ü@bücher.example".to_owned()));
        assert_eq!(asked(""), Err(Rule::NotAnEmail));
        assert_eq!(asked("not-an-email"), Err(Rule::NotAnEmail));
        assert_eq!(asked("a\0@b"), Err(Rule::Nul));
        assert_eq!(asked(&format!("@{}", "a".repeat(254))), Err(Rule::TooManyBytes(254)));
    }

    proptest! {
        #[test]
        fn an_accepted_address_has_one_at_sign_and_no_space(text in "\\PC{0,12}@?\\PC{0,12}") {
            if let Ok(email) = NewEmail::parse(text) {
                prop_assert_eq!(email.as_str().matches('@').count(), 1);
                prop_assert!(!email.as_str().contains(char::is_whitespace));
            }
        }
    }
}
