//! What a mail lets its reader do once: a link, and a code for a reader on another device.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::random::Random;
use crate::secret::Secret;

const LINK_CHARACTERS: usize = 43;

/// 32 random bytes, in a link the 43 characters of their base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link(Secret<[u8; 32]>);

impl Link {
    /// A new link.
    pub fn new(random: &Random) -> Self {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&random.bytes());
        bytes[16..].copy_from_slice(&random.bytes());
        Self(Secret::new(bytes))
    }

    /// Parses what a link had; `None` if none of ours has that form. A link has one spelling.
    pub fn parse(text: &str) -> Option<Self> {
        let text = Some(text).filter(|text| text.len() == LINK_CHARACTERS)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(|bytes| Self(Secret::new(bytes)))
    }

    /// The text for the mail.
    pub fn to_text(&self) -> Secret<String> {
        Secret::new(URL_SAFE_NO_PAD.encode(self.as_bytes()))
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        self.0.expose()
    }
}

/// The digits of Crockford's base 32, which has no I, L, O and U.
/// <https://www.crockford.com/base32.html>
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

const CODE_DIGITS: usize = 8;

/// The most bytes of a code with all the spaces and dashes that a reader may add.
const MAX_CODE_BYTES: usize = 64;

/// 40 random bits, in a mail eight of Crockford's digits: `7K3M-Q9XA`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code(Secret<[u8; CODE_DIGITS]>);

impl Code {
    /// A new code.
    pub fn new(random: &Random) -> Self {
        let mut digits = [0; CODE_DIGITS];
        for (digit, byte) in digits.iter_mut().zip(random.bytes()) {
            *digit = DIGITS[usize::from(byte % 32)];
        }
        Self(Secret::new(digits))
    }

    /// Parses what a reader typed: in any case, with spaces and dashes anywhere, O for 0, I or L for 1.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_CODE_BYTES {
            return None;
        }
        let mut digits = Vec::with_capacity(CODE_DIGITS);
        for character in text.chars().filter(|&character| !is_separator(character)) {
            let digit = match character.to_ascii_uppercase() {
                'O' => b'0',
                'I' | 'L' => b'1',
                other => u8::try_from(other).ok().filter(|digit| DIGITS.contains(digit))?,
            };
            digits.push(digit);
        }
        digits.try_into().ok().map(|digits| Self(Secret::new(digits)))
    }

    /// The text for the mail, in two groups.
    pub fn to_text(&self) -> Secret<String> {
        let digits = self.as_bytes().map(char::from);
        let (first, second) = digits.split_at(CODE_DIGITS / 2);
        let text = first.iter().chain(&['-']).chain(second).collect();
        Secret::new(text)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; CODE_DIGITS] {
        self.0.expose()
    }
}

/// White space, and the dashes that programs write instead of a hyphen.
fn is_separator(character: char) -> bool {
    character.is_whitespace() || matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

#[cfg(test)]
mod tests;
