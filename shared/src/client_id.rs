//! The client that a token was issued to.

/// The most characters of an identifier.
const MAX_CHARACTERS: usize = 255;

/// A client's identifier: 1 to 255 printable ASCII characters (`VSCHAR`, RFC 6749 appendix A.1).
/// Clients are neither registered nor authenticated: the client chooses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientId(String);

impl ClientId {
    /// Parses an identifier; `None` if it breaks the rule.
    pub fn parse(text: &str) -> Option<Self> {
        let is_printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        (is_printable && (1..=MAX_CHARACTERS).contains(&text.len())).then(|| Self(text.to_owned()))
    }

    /// The identifier as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The client of a sign-in that names none: RFC 9068 §2.2 requires the claim.
impl Default for ClientId {
    fn default() -> Self {
        Self("latchkey".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_is_printable_ascii_of_bounded_length() {
        for text in ["x", " ", "~", "s6BhdRkqt3", "a \"b\" \\", &"x".repeat(255)] {
            assert_eq!(ClientId::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "\n", "\0", "\u{7f}", "caf\u{e9}", &"x".repeat(256)] {
            assert_eq!(ClientId::parse(text), None, "{text:?}");
        }
        assert!(ClientId::parse(ClientId::default().as_str()).is_some());
    }
}
