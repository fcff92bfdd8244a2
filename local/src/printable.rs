//! Text from a database at a terminal: none of it may be a command to that.

use std::{borrow::Cow, fmt::Write as _};

/// A name as it may be shown: as it is, or, where a reader or a terminal could take it for
/// something else, in quotation marks with escapes (`"\u{1b}[2J"`).
///
/// That is a name that is empty, that begins or ends with white space, or that holds a quotation
/// mark, a backslash, or a character that isn't printed but acts: controls, the overrides of
/// text's direction (<https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>), joiners.
pub(crate) fn name(name: &str) -> Cow<'_, str> {
    // An apostrophe is safe between quotation marks, and in many a name.
    let escaped = name.escape_debug().to_string().replace("\\'", "'");
    let is_plain = !name.is_empty() && name.trim() == name && escaped == name;
    if is_plain { name.into() } else { format!("\"{escaped}\"").into() }
}

/// A JSON text with such characters escaped as JSON has it: the same document, safe to look at.
pub(crate) fn json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        // A character that acts is in a string, if anywhere: the writer escapes the controls
        // of ASCII itself, all but DEL.
        if character.is_ascii() && character != '\u{7f}' || character.escape_debug().len() == 1 {
            shown.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a String can't fail.
            let _ = write!(shown, "\\u{unit:04x}");
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_ordinary_name_is_shown_as_it_is() {
        for plain in ["ada", "Ada Lovelace", "a@example.com", "Zoë", "Zoe\u{308}", "李", "O'Neil"]
        {
            assert_eq!(name(plain), plain);
        }
    }

    #[test]
    fn an_ambiguous_name_is_quoted() {
        for (odd, shown) in [
            ("", r#""""#),
            (" ada", r#"" ada""#),
            ("ada\n9  eve", r#""ada\n9  eve""#),
            ("\u{1b}[2J", r#""\u{1b}[2J""#),
            ("\u{9b}2J", r#""\u{9b}2J""#),
            ("ada\u{202e}nimda", r#""ada\u{202e}nimda""#),
            ("ada\u{200b}", r#""ada\u{200b}""#),
            ("\u{2066}ada", r#""\u{2066}ada""#),
            ("\"ada\"", r#""\"ada\"""#),
            ("a\\b", r#""a\\b""#),
        ] {
            assert_eq!(name(odd), shown);
        }
    }

    /// Whether a terminal shows it, rather than obeys it.
    fn is_harmless(text: &str) -> bool {
        text.chars().all(|it| {
            let directs = matches!(it, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
            !it.is_control() && !directs
        })
    }

    proptest! {
        #[test]
        fn no_control_character_is_printed_and_two_names_never_look_alike(
            one in ".*|[\u{0}-\u{a0}\u{200b}-\u{2069}\"\\\\]{0,4}",
            other in "[\u{0}-\u{a0}\u{200b}-\u{2069}\"\\\\]{0,4}",
        ) {
            prop_assert!(is_harmless(&name(&one)));
            prop_assert_eq!(name(&one) == name(&other), one == other);
        }

        #[test]
        fn escaped_json_is_the_same_document(text in ".*|[\u{0}-\u{a0}\u{200b}-\u{2069}]{0,9}") {
            let shown = json(&serde_json::to_string(&text).unwrap());
            prop_assert!(is_harmless(&shown), "{}", shown);
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }
    }
}
