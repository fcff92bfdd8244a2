//! The name that a user signs in with.

use std::borrow::Cow;

use crate::characters::{all_visible, normalized};
use crate::rule::{Rule, without_nul};

/// The most characters of a new name.
const MAX_CHARACTERS: usize = 255;

/// A new user's name: 1 to 255 visible characters with single spaces between them, in normalization
/// form C.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUsername {
    stored: String,
    sent: String,
}

impl NewUsername {
    /// Parses a name by our rules, and normalizes it to form C.
    pub fn parse(text: String) -> Result<Self, Rule> {
        let sent = without_nul(text)?;
        let text = normalized(&sent).into_owned();
        match text.chars().count() {
            0 => Err(Rule::TooShort(1)),
            1..=MAX_CHARACTERS if !all_visible(&text) => Err(Rule::NotVisible),
            1..=MAX_CHARACTERS if text.split(' ').any(str::is_empty) => Err(Rule::OuterSpace),
            1..=MAX_CHARACTERS => Ok(Self { stored: text, sent }),
            _ => Err(Rule::TooLong(MAX_CHARACTERS)),
        }
    }

    /// The name to store.
    pub fn as_str(&self) -> &str {
        &self.stored
    }

    /// The name as sent, which an adopted user may have.
    pub fn as_sent(&self) -> &str {
        &self.sent
    }
}

/// The name in a row. Adopted ones may break today's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// Accepts any name that PostgreSQL can store.
    pub fn parse(text: String) -> Result<Self, Rule> {
        without_nul(text).map(Self)
    }

    /// The name, byte for byte.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which a sign-up stores this name.
    pub fn normalized(&self) -> Cow<'_, str> {
        normalized(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, Rule> {
        NewUsername::parse(text.to_owned()).map(|name| name.stored)
    }

    #[test]
    fn a_new_name_has_1_to_255_characters_whatever_their_bytes() {
        assert_eq!(parse(""), Err(Rule::TooShort(1)));
        assert!(parse("é").is_ok());
        assert!(parse(&"🔑".repeat(255)).is_ok());
        assert_eq!(parse(&"🔑".repeat(256)), Err(Rule::TooLong(255)));
        // The characters of the stored form count.
        assert!(parse(&"e\u{301}".repeat(255)).is_ok());
        assert_eq!(parse(&"\u{9df}".repeat(128)), Err(Rule::TooLong(255)));
    }

    #[test]
    fn a_new_name_keeps_its_case_and_gets_the_one_form() {
        assert_eq!(parse("Ada Lovelace"), Ok("Ada Lovelace".into()));
        assert_eq!(parse("Zoe\u{308}"), Ok("Zo\u{eb}".into()));
        let sent = Username::parse("Zoe\u{308}".into()).unwrap();
        assert_eq!(sent.normalized(), "Zo\u{eb}", "and a sign-in looks for that too");
        assert_eq!(sent.as_str(), "Zoe\u{308}");
    }

    #[test]
    fn a_new_name_has_no_white_space_but_single_spaces_inside() {
        for text in [" ada", "ada ", " ", "ada  lovelace"] {
            assert_eq!(parse(text), Err(Rule::OuterSpace), "{text:?}");
        }
        for text in ["ada\t", "\u{a0}ada", "ada\u{3000}lovelace", "ada\u{200b}", "\u{202e}ada"] {
            assert_eq!(parse(text), Err(Rule::NotVisible), "{text:?}");
        }
    }

    #[test]
    fn an_adopted_name_may_break_our_rules_but_hold_no_nul() {
        assert!(Username::parse(String::new()).is_ok());
        assert!(Username::parse("a".repeat(300)).is_ok());
        assert!(Username::parse(" a\u{200b}".into()).is_ok());
        assert_eq!(Username::parse("a\0b".into()), Err(Rule::Nul));
        assert_eq!(parse("a\0b"), Err(Rule::Nul));
    }
}
