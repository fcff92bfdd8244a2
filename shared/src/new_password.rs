//! The password of a new user.

use crate::environment::Environment;
use crate::rule::{Rule, without_nul};
use crate::secret::Secret;

/// The most bytes of a new password.
const MAX_BYTES: usize = 1024;

/// A new user's password. Every byte counts, including spaces and any Unicode (OWASP ASVS 6.2.8,
/// 6.2.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPassword(Secret<String>);

impl NewPassword {
    /// Parses a password of at least `min_length` characters and at most 1,024 bytes of UTF-8.
    pub fn parse(text: String, min_length: u32) -> Result<Self, Rule> {
        let text = without_nul(text)?;
        let least = min_length as usize;
        if text.chars().count() < least {
            Err(Rule::TooShort(least))
        } else if text.len() > MAX_BYTES {
            Err(Rule::TooManyBytes(MAX_BYTES))
        } else {
            Ok(Self(Secret::new(text)))
        }
    }

    /// Reads `PASSWORD_MIN_LENGTH`, in characters. NIST SP 800-63B-4 §3.1.1.2 requires at least 8.
    pub fn min_length(env: &mut Environment) -> u32 {
        env.number_or_weaker("PASSWORD_MIN_LENGTH", 8, 8..=72, 1)
    }

    /// The password itself. Each call deserves a review.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_password_is_long_in_characters_and_short_in_bytes() {
        assert_eq!(NewPassword::parse("1234567".into(), 8), Err(Rule::TooShort(8)));
        assert!(NewPassword::parse("12345678".into(), 8).is_ok());
        assert_eq!(NewPassword::parse("é".repeat(7), 8), Err(Rule::TooShort(8)));
        assert!(NewPassword::parse("🔑".repeat(8), 8).is_ok());
        assert!(NewPassword::parse("x".repeat(1024), 8).is_ok());
        assert_eq!(NewPassword::parse("x".repeat(1025), 8), Err(Rule::TooManyBytes(1024)));
        assert_eq!(NewPassword::parse("🔑".repeat(257), 8), Err(Rule::TooManyBytes(1024)));
        assert_eq!(NewPassword::parse("1234567\0".into(), 8), Err(Rule::Nul));
    }

    #[test]
    fn debug_does_not_show_a_new_password() {
        let password = NewPassword::parse("correct horse".into(), 8).unwrap();
        assert!(!format!("{password:?}").contains("correct"));
    }
}
