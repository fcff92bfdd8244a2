//! The form of a secret that this service shares with itself or with another service.

use serde_json::{Map, Value};

use crate::secret::Secret;

/// The fewest characters.
const LEAST_CHARACTERS: usize = 32;

/// Why a text isn't accepted as a secret: the rest of a sentence.
pub type BadText = &'static str;

/// The text, if it is at least 32 printable ASCII characters and not the JSON object that the console of
/// Secrets Manager makes.
pub fn checked(text: &Secret<String>) -> Result<&str, BadText> {
    let text = text.expose();
    if serde_json::from_str::<Map<String, Value>>(text).is_ok() {
        return Err("is a JSON object: it must be the secret alone, as plain text");
    }
    let is_printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_printable || text.len() < LEAST_CHARACTERS {
        return Err("must be at least 32 printable ASCII characters, without white space or a \
                    final line break");
    }
    Ok(text)
}
