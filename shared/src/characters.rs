//! The characters that a new username or e-mail address may contain, by Unicode's data.
//!
//! RFC 8264 §4.3 (`FreeformClass`), less its rules of single punctuation marks. Why not the
//! narrower class of RFC 8265: `docs/adr/0017-characters-of-a-name.md`.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{
    CanonicalCombiningClass, DefaultIgnorableCodePoint, EnumeratedProperty, GeneralCategory,
    JoiningType,
};
use icu_properties::{CodePointMapData, CodePointSetData};

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';
/// Its category is that of symbols, but it is as blank as a space.
const BRAILLE_PATTERN_BLANK: char = '\u{2800}';

/// The text in Unicode's normalization form C (UAX #15).
pub(crate) fn normalized(text: &str) -> Cow<'_, str> {
    const { ComposingNormalizerBorrowed::new_nfc() }.normalize(text)
}

/// Whether each character is visible or a plain space. Control, format (including bidirectional),
/// private-use, unassigned and other white-space characters are not; a joiner is, if its script needs
/// it.
pub(crate) fn all_visible(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    characters.iter().enumerate().all(|(index, &character)| match character {
        ' ' => true,
        ZERO_WIDTH_JOINER | ZERO_WIDTH_NON_JOINER => {
            is_needed(character, &characters[..index], &characters[index + 1..])
        }
        BRAILLE_PATTERN_BLANK => false,
        _ => !is_ignorable(character) && shows(value(character)),
    })
}

const fn shows(category: GeneralCategory) -> bool {
    use GeneralCategory as Category;
    !matches!(
        category,
        Category::Control
            | Category::Format
            | Category::Surrogate
            | Category::PrivateUse
            | Category::Unassigned
            | Category::SpaceSeparator
            | Category::LineSeparator
            | Category::ParagraphSeparator
    )
}

/// Whether a joiner is allowed between these characters (RFC 5892, appendix A.1 and A.2): after a
/// virama, or, for the non-joiner, between two letters that would join.
fn is_needed(joiner: char, before: &[char], after: &[char]) -> bool {
    if before.last().is_some_and(|&it| CanonicalCombiningClass::Virama == value(it)) {
        return true;
    }
    let type_of = |it: &char| value::<JoiningType>(*it);
    let opaque = |it: &JoiningType| *it != JoiningType::Transparent;
    let left = before.iter().rev().map(type_of).find(opaque);
    let right = after.iter().map(type_of).find(opaque);
    joiner == ZERO_WIDTH_NON_JOINER
        && matches!(left, Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(right, Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

fn is_ignorable(character: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

fn value<P: EnumeratedProperty>(character: char) -> P {
    CodePointMapData::<P>::new().get(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_scripts_are_visible() {
        for name in [
            "ada",
            "Ada Lovelace",
            "O’Brien",
            "Jean-François",
            "Nguyễn Thị Minh",
            "Łukasz",
            "Αλίκη",
            "Лавлейс",
            "გიორგი",
            "Արամ",
            "דָּוִד",
            "مريم",
            "علی\u{200c}رضا",
            "नेहा",
            "ক্ষমা",
            "শ\u{9cd}\u{200c}র",
            "ශ\u{dca}\u{200d}රී",
            "அன்பு",
            "อำนาจ",
            "ສົມພອນ",
            "အောင်",
            "សុខា",
            "አበበ",
            "𞤀𞤣𞤢𞤥",
            "ᏣᎳᎩ",
            "王小明",
            "さくら・ももこ",
            "홍길동",
            "🔑",
            "🤖\u{1f3fd}",
            "№ 5 + ½",
        ] {
            assert!(all_visible(name), "{name}");
        }
    }

    #[test]
    fn an_invisible_character_is_refused() {
        for character in [
            '\t',
            '\n',
            '\u{7f}',
            '\u{85}',
            '\u{a0}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{2003}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{202e}',
            '\u{2028}',
            '\u{2029}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{206a}',
            '\u{2800}',
            '\u{3000}',
            '\u{3164}',
            '\u{e000}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{fffe}',
            '\u{378}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{10ffff}',
        ] {
            for text in [format!("ada{character}lovelace"), character.to_string()] {
                assert!(!all_visible(&text), "{text:?}");
            }
        }
    }

    #[test]
    fn a_joiner_counts_where_its_script_needs_it() {
        for (text, counts) in [
            ("ا\u{200c}ب", false), // an alef joins nothing to its left
            ("ب\u{200c}ا", true),
            ("ب\u{64e}\u{200c}\u{64e}ا", true), // marks between them don't count
            ("ب\u{200c}", false),
            ("\u{200c}ب", false),
            ("ب\u{200d}ا", false),
            ("क\u{94d}\u{200d}", true),
            ("क\u{200d}", false),
        ] {
            assert_eq!(all_visible(text), counts, "{text:?}");
        }
    }

    #[test]
    fn equivalent_texts_are_one() {
        assert_eq!(normalized("Zoe\u{308}"), "Zo\u{eb}");
        // NFC excludes the single character that keyboards send, and writes it as two.
        assert_eq!(normalized("\u{9df}"), "\u{9af}\u{9bc}");
    }
}
