//! A user's e-mail address.

use crate::rule::{Rule, without_nul};

/// Most bytes of an address that mail can be sent to (RFC 5321 §4.5.3.1.3, less its brackets).
const MAX_BYTES: usize = 254;

/// An address that someone signs up with. Kept and compared exactly as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEmail(String);

impl NewEmail {
    /// Takes an address of at most 254 bytes that has the shape of one.
    ///
    /// The shape is that of the HTML standard's `type=email`, opened to any Unicode (RFC 6531):
    /// one `@` with something before it, then labels without spaces, joined by dots. Whether
    /// mail arrives there only mail can tell.
    pub fn parse(text: String) -> Result<Self, Rule> {
        let text = without_nul(text)?;
        if text.len() > MAX_BYTES {
            return Err(Rule::TooManyBytes(MAX_BYTES));
        }
        let Some((local, domain)) = text.split_once('@') else { return Err(Rule::NotAnEmail) };
        if is_local_part(local) && domain.split('.').all(is_label) {
            Ok(Self(text))
        } else {
            Err(Rule::NotAnEmail)
        }
    }

    /// The address as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_local_part(text: &str) -> bool {
    let refused = |c: char| c.is_whitespace() || c.is_control() || "\"(),:;<>[\\]".contains(c);
    !text.is_empty() && !text.contains(refused)
}

fn is_label(text: &str) -> bool {
    let allowed = |c: char| {
        c.is_alphanumeric() || c == '-' || (!c.is_ascii() && !c.is_whitespace() && !c.is_control())
    };
    !text.is_empty() && !text.starts_with('-') && !text.ends_with('-') && text.chars().all(allowed)
}

/// An address that a row may hold: in an adopted database it may be none.
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
            "root@localhost",
            "ü@bücher.example",
            "用户@例子.广告",
            "a@b",
        ] {
            assert_eq!(NewEmail::parse(text.into()).map(|email| email.0), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
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

    proptest! {
        #[test]
        fn whatever_is_taken_has_one_at_sign_and_no_space(text in "\\PC{0,12}@?\\PC{0,12}") {
            if let Ok(email) = NewEmail::parse(text) {
                prop_assert_eq!(email.as_str().matches('@').count(), 1);
                prop_assert!(!email.as_str().contains(char::is_whitespace));
            }
        }
    }
}
