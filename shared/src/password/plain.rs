//! A password as sent.

use crate::rule::{Rule, without_nul};
use crate::secret::Secret;

/// A password for a sign-in. An adopted user's may break today's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password(Secret<String>);

impl Password {
    /// Accepts any text without NUL, at which bcrypt would end.
    pub fn parse(text: String) -> Result<Self, Rule> {
        without_nul(text).map(|text| Self(Secret::new(text)))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_does_not_print_itself() {
        let password = Password::parse("correct horse".into()).unwrap();
        assert!(!format!("{password:?}").contains("correct"));
    }
}
