//! The name that a user signs in with.

use crate::rule::{Rule, without_nul};

/// Most characters of a new name.
const MAX_CHARACTERS: usize = 255;

/// A name that someone signs up with: 1 to 255 characters. Kept and compared exactly as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUsername(String);

impl NewUsername {
    /// Takes a name that keeps our rules.
    pub fn parse(text: String) -> Result<Self, Rule> {
        let text = without_nul(text)?;
        match text.chars().count() {
            0 => Err(Rule::TooShort(1)),
            1..=MAX_CHARACTERS => Ok(Self(text)),
            _ => Err(Rule::TooLong(MAX_CHARACTERS)),
        }
    }

    /// The name as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name that a row may hold: an adopted database has some that we would refuse today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// Takes any name that PostgreSQL can hold.
    pub fn parse(text: String) -> Result<Self, Rule> {
        without_nul(text).map(Self)
    }

    /// The name, byte for byte.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_name_has_1_to_255_characters_whatever_their_bytes() {
        assert_eq!(NewUsername::parse(String::new()), Err(Rule::TooShort(1)));
        assert!(NewUsername::parse("é".into()).is_ok());
        assert!(NewUsername::parse("🔑".repeat(255)).is_ok());
        assert_eq!(NewUsername::parse("🔑".repeat(256)), Err(Rule::TooLong(255)));
    }

    #[test]
    fn a_name_is_kept_as_sent() {
        let text = " Ada\u{301}\t";
        assert_eq!(NewUsername::parse(text.into()).unwrap().as_str(), text);
    }

    #[test]
    fn an_adopted_name_may_break_our_rules_but_hold_no_nul() {
        assert!(Username::parse(String::new()).is_ok());
        assert!(Username::parse("a".repeat(300)).is_ok());
        assert_eq!(Username::parse("a\0b".into()), Err(Rule::Nul));
        assert_eq!(NewUsername::parse("a\0b".into()), Err(Rule::Nul));
    }
}
