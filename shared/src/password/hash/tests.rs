use proptest::prelude::*;

use super::*;

/// Passwords with their hashes by passlib 1.7.4 with bcrypt 4.0.1, of low cost.
const OF_PASSLIB: &str = include_str!("../passlib.json");

#[test]
fn hashes_of_passlib_are_read_and_written_alike() {
    for (password, text) in serde_json::from_str::<Vec<(String, String)>>(OF_PASSLIB).unwrap() {
        let hash = PasswordHash::parse(&text).expect(&text);
        assert!(hash.matches(password.as_bytes()), "{text}");
        assert!(!hash.matches(format!("!{password}").as_bytes()), "{text}");
        let spelled_2b = text.replacen("$2a$", "$2b$", 1).replacen("$2y$", "$2b$", 1);
        assert_eq!(hash.to_text().expose(), &spelled_2b);
    }
}

/// Passwords, stored texts, and whether passlib 1.7.4 with bcrypt 4.0.1 verifies the password by
/// `bcrypt_sha256` or `bcrypt`: odd idents, costs, padding bits, lengths, white space.
const ODDITIES_OF_PASSLIB: &str = include_str!("../passlib_oddities.json");

#[test]
fn a_password_is_verified_if_and_only_if_passlib_verifies_it() {
    let rows: Vec<(String, String, bool)> = serde_json::from_str(ODDITIES_OF_PASSLIB).unwrap();
    for (password, text, verified) in rows {
        let matches = PasswordHash::parse(&text).is_some_and(|it| it.matches(password.as_bytes()));
        assert_eq!(matches, verified, "{text:?} {password:?}");
    }
}

#[test]
fn a_hash_of_another_form_is_not_read() {
    let digest = "abcdefghijklmnopqrstuu0123456789012345678901234567890";
    for text in [
        "",
        "plain",
        "$2b$",
        "$1$abc$def",
        "$argon2id$v=19$m=1,t=1,p=1$a$b",
        "é",
        &format!("$2x$12${digest}"),
        &format!("$2b$12${digest}x"),
        "$bcrypt-sha256$v=3,t=2b,r=12$a$b",
        "$bcrypt-sha256$v=2,t=2b,r=12$a",
        "$bcrypt-sha256$v=2,t=2b,r=99999999999$a$b",
    ] {
        assert!(PasswordHash::parse(text).is_none(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_hash_survives_its_text(
        password in prop::collection::vec(1..=255_u8, 0..100), salt in any::<[u8; 16]>(),
        scheme in prop::sample::select(vec![
            Scheme::Bcrypt, Scheme::RepeatedBcrypt, Scheme::BcryptSha256V1,
            Scheme::BcryptSha256,
        ]),
    ) {
        let hash = PasswordHash::new(scheme, &password, 4, salt).unwrap();
        let read = PasswordHash::parse(hash.to_text().expose()).unwrap();
        prop_assert_eq!(read.scheme, scheme);
        prop_assert!(read.matches(&password));
    }

    #[test]
    fn no_stored_text_panics(text in "(\\$bcrypt-sha256\\$|\\$2b\\$)?\\PC{0,70}") {
        let _ = PasswordHash::parse(&text);
    }
}

#[test]
fn a_hash_above_the_highest_cost_is_not_read() {
    let digest = "abcdefghijklmnopqrstuu0123456789012345678901234567890";
    for (cost, read) in [(4, true), (18, true), (19, false), (31, false)] {
        let (salt, rest) = digest.split_at(22);
        for text in [
            format!("$2b${cost:02}${digest}"),
            format!("$bcrypt-sha256$v=2,t=2b,r={cost}${salt}${rest}"),
            format!("$bcrypt-sha256$2a,{cost}${salt}${rest}"),
        ] {
            let stored =
                StoredPassword { hash: Some(Secret::new(text.clone())), hashed_by: HashedBy::App };
            let reason = stored.read().err();
            assert_eq!(reason, (!read).then_some(Unreadable::TooCostly), "{text}");
        }
    }
}
