//! The most common passwords: at least 10,000 for each minimum length up to 12.
//!
//! `common-passwords/README.md` names their source; `build/common_passwords.rs` defines the packed
//! format.

use std::cmp::Ordering;

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/common-passwords"));

/// Whether the list has this lower-case password. Reads up to 260 kB in less than 0.5 ms, little
/// compared with the hash that follows.
pub(super) fn contains(password: &str) -> bool {
    let mut packed = PACKED;
    let mut entry = Vec::new();
    while let Some((shared, rest)) = next(&mut packed) {
        entry.truncate(shared);
        entry.extend_from_slice(rest);
        match entry.as_slice().cmp(password.as_bytes()) {
            Ordering::Less => {}
            Ordering::Equal => return true,
            Ordering::Greater => return false,
        }
    }
    false
}

/// The length of the prefix that the next entry shares with the entry before, and the entry's rest.
fn next<'a>(packed: &mut &'a [u8]) -> Option<(usize, &'a [u8])> {
    let (lengths, mut tail) = packed.split_first()?;
    let mut length = lengths & 15;
    if length == 15 {
        (length, tail) = tail.split_first().map(|(length, tail)| (*length, tail))?;
    }
    let (rest, tail) = tail.split_at_checked(length.into())?;
    *packed = tail;
    Some((usize::from(lengths >> 4), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIST: &str = include_str!("../../common-passwords/list.txt");

    fn unpacked() -> Vec<String> {
        let mut packed = PACKED;
        let mut entries = Vec::<Vec<u8>>::new();
        while let Some((shared, rest)) = next(&mut packed) {
            let before = entries.last().map(|entry| &entry[..shared]);
            entries.push([before.unwrap_or_default(), rest].concat());
        }
        assert!(packed.is_empty());
        entries.into_iter().map(|entry| String::from_utf8(entry).unwrap()).collect()
    }

    #[test]
    fn every_line_of_the_list_is_packed_and_nothing_else() {
        assert!(unpacked().iter().map(String::as_str).eq(LIST.lines()));
    }

    #[test]
    fn the_list_is_sorted_each_entry_once_and_in_lower_case() {
        assert!(LIST.lines().is_sorted_by(|a, b| a < b));
        for entry in LIST.lines() {
            assert_eq!(entry, entry.to_lowercase());
            assert_eq!(entry, entry.to_uppercase().to_lowercase());
            assert_eq!(entry, entry.trim());
        }
    }

    #[test]
    fn ten_thousand_reach_each_least_length_up_to_12() {
        let reaching = |least| LIST.lines().filter(|it| it.chars().count() >= least).count();
        for least in 1..=12 {
            assert!(reaching(least) >= 10_000, "{least}: {}", reaching(least));
        }
        assert_eq!([13, 14, 15, 16].map(reaching), [8_753, 3_842, 2_203, 1_336]);
    }

    #[test]
    fn the_list_contains_the_commonest_passwords() {
        for password in [
            "1",
            "123456",
            "password",
            "12345678",
            "qwertyuiop",
            "iloveyou",
            "sunshine1",
            "1q2w3e4r",
            "password123",
            "1qaz2wsx3edc",
            "123456789012345",
            "zzzzzzzzzzz",
            "пароль",
            "ялюблютебя",
        ] {
            assert!(contains(password), "{password}");
        }
    }

    #[test]
    fn the_first_and_the_last_are_found_and_what_is_before_between_and_after_is_not() {
        let (first, last) = (LIST.lines().next().unwrap(), LIST.lines().last().unwrap());
        assert!(contains(first) && contains(last));
        for password in ["", " ", "password\u{1}", "passwor~", "correct horse", "\u{10ffff}"] {
            assert!(!contains(password), "{password:?}");
        }
    }

    proptest! {
        // A look-up is slow without optimisation.
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn a_password_is_found_if_and_only_if_it_is_listed(
            line in any::<prop::sample::Index>(), other in "[a-z0-9]{1,9}",
        ) {
            let entries: Vec<_> = LIST.lines().collect();
            prop_assert!(contains(entries[line.index(entries.len())]));
            prop_assert_eq!(contains(&other), entries.binary_search(&other.as_str()).is_ok());
        }
    }
}
