use proptest::prelude::*;

use super::*;
use crate::clock::NumericDate;

/// Computed by Python's `hmac` and `hashlib` from the bytes 0 to 15 and 32 to 79.
const FIRST: &str =
    "lkr_AX8i4nmwfMOYxNwMDAc5jwABAgMEBQYHCAkKCwwNDg8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-Pw";
const SECOND: &str =
    "lkr_AX8i4nmwfMOYxNwMDAc5jwABAgMEBQYHCAkKCwwNDg9oejNCQqe8Q4MslIfXkgoKqOaffBJ362JbAdLDPWqXHA";
const FAMILY_HASH: &str = "be45cb2605bf36bebde684841a28f0fd43c69850a3dce5fedba69928ee3a8991";
const ROTATING_HASH: &str = "72dbb7336c76780023f83da4c355f2eeea85733b13d3477697917790c1229084";

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from_digit(digit.into(), 16).unwrap()).collect()
}

/// Tokens outlive a release: their form, hashes and successors stay.
#[test]
fn a_token_and_its_successor_are_those_of_another_implementation() {
    let first = RefreshToken::parse(FIRST).unwrap();
    assert_eq!(first.session().to_string(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    assert_eq!(hex(&first.family_hash()), FAMILY_HASH);
    assert_eq!(hex(&first.rotating_hash()), ROTATING_HASH);
    let salt: Vec<u8> = (64..80).collect();
    let second = first.successor(&Salt::from_slice(&salt).unwrap());
    assert_eq!(second.to_text().expose(), SECOND);
}

#[test]
fn another_form_is_no_token() {
    let (body, long) = (&FIRST[4..], "A".repeat(10_000));
    let last = |end: &str| format!("{}{end}", &FIRST[..89]);
    for text in [
        "",
        "lkr_",
        body,
        &FIRST[..89],
        &format!("{FIRST}A"),
        &format!("{FIRST}=="),
        &format!("lkr_{long}"),
        &format!("LKR_{body}"),
        &format!("lkx_{body}"),
        &format!(" {FIRST}"),
        &format!("{FIRST}\n"),
        // The last digit has four bits that no byte has.
        &last("x"),
        &last("B"),
        &last("\0"),
        &last("+"),
        &last("/"),
        &last("="),
        &last("\u{e9}"),
        // The id is no UUID version 7.
        &format!("lkr_{}", "A".repeat(86)),
    ] {
        assert_eq!(RefreshToken::parse(text), None, "{text:?}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let token = RefreshToken::parse(FIRST).unwrap();
    assert_eq!(
        format!("{token:?}"),
        "RefreshToken { session: SessionId(017f22e2-79b0-7cc3-98c4-dc0c0c07398f), .. }"
    );
}

proptest! {
    #[test]
    fn a_refresh_token_survives_its_text(seed: u64, seconds: u32) {
        let random = Random::counted(seed);
        let session = SessionId::new(NumericDate::from_seconds(seconds.into()), &random);
        let token = RefreshToken::first(session, &random);
        let text = token.to_text();
        prop_assert_eq!(text.expose().len(), 90);
        prop_assert_eq!(RefreshToken::parse(text.expose()), Some(token));
    }

    #[test]
    fn successors_depend_on_token_and_salt_alone(seed: u64, one: u64, other: u64) {
        let random = Random::counted(seed);
        let token = RefreshToken::first(SessionId::new(NumericDate::from_seconds(0), &random), &random);
        let (salt, else_salt) = (Salt::new(&Random::counted(one)), Salt::new(&Random::counted(other)));
        let next = token.successor(&salt);
        prop_assert_eq!(&next, &token.clone().successor(&salt));
        prop_assert_eq!(next == token.successor(&else_salt), one == other);
        prop_assert_eq!((next.session(), next.family_hash()), (token.session(), token.family_hash()));
        prop_assert_ne!(next.rotating_hash(), token.rotating_hash());
    }

    #[test]
    fn any_text_is_a_token_in_one_spelling_or_none(text in "(lkr_)?[A-Za-z0-9_=-]{84,92}|\\PC*") {
        if let Some(token) = RefreshToken::parse(&text) {
            let written = token.to_text();
            prop_assert_eq!(written.expose(), &text);
        }
    }
}
