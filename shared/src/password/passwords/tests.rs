use super::*;
use crate::password::hash::rounds;

const COST: u32 = 6;

fn passwords() -> Passwords {
    Passwords::new(COST, Random::counted(1))
}

async fn verified(password: &str, stored: Option<StoredPassword>) -> Verified {
    let password = Password::parse(password.into()).unwrap();
    passwords().verify(password, stored).await.unwrap()
}

fn stored(hash: &PasswordHash, hashed_by: HashedBy) -> StoredPassword {
    StoredPassword { hash: Some(hash.to_text()), hashed_by }
}

async fn right(password: &str, stored: StoredPassword) -> bool {
    matches!(verified(password, Some(stored)).await, Verified::Right(_))
}

#[tokio::test]
async fn every_byte_of_a_password_counts_at_every_length() {
    for length in [8, 71, 72, 73, 100, 1024] {
        let password = "x".repeat(length);
        let new = NewPassword::parse(password.clone(), 8).unwrap();
        let hash = passwords().hash(new).await.unwrap();
        assert!(right(&password, stored(&hash, HashedBy::Latchkey)).await, "{length}");
        let longer = format!("{password}x");
        let other = format!("{}y", &password[1..]);
        for wrong in [&longer, &other, &password[1..]] {
            assert!(!right(wrong, stored(&hash, HashedBy::Latchkey)).await, "{length}");
        }
    }
}

#[tokio::test]
async fn only_the_legacy_apps_bcrypt_ignores_bytes_past_72() {
    for scheme in [Scheme::Bcrypt, Scheme::RepeatedBcrypt] {
        let hash = PasswordHash::new(scheme, &[b'x'; 72], COST, [7; 16]).unwrap();
        let long = "x".repeat(100);
        assert!(right(&long, stored(&hash, HashedBy::App)).await);
        assert!(!right(&long, stored(&hash, HashedBy::Latchkey)).await);
    }
}

#[tokio::test]
async fn a_cheap_hash_is_replaced_in_its_own_scheme_and_a_costly_one_kept() {
    for scheme in
        [Scheme::Bcrypt, Scheme::RepeatedBcrypt, Scheme::BcryptSha256V1, Scheme::BcryptSha256]
    {
        for (cost, replaced) in [(COST - 2, true), (COST, false), (COST + 1, false)] {
            let hash = PasswordHash::new(scheme, b"secret", cost, [7; 16]).unwrap();
            let stored = Some(stored(&hash, HashedBy::App));
            let Verified::Right(new) = verified("secret", stored).await else {
                panic!("{scheme:?} {cost}")
            };
            assert_eq!(new.is_some(), replaced);
            assert!(
                new.is_none_or(|new| { new.scheme == scheme.of_successor() && new.cost() == COST })
            );
        }
    }
}

#[tokio::test]
async fn a_refusal_names_its_reason_to_us() {
    let of = |hash: &str| {
        Some(StoredPassword { hash: Some(Secret::new(hash.into())), hashed_by: HashedBy::App })
    };
    let none = Some(StoredPassword { hash: None, hashed_by: HashedBy::App });
    let unknown = RefusalReason::UnknownHash;
    for (stored, wanted) in [
        (None, RefusalReason::UnknownUser),
        (none, RefusalReason::NoPassword),
        (of(""), RefusalReason::NoPassword),
        (of("secret"), unknown("unknown")),
        (of("$argon2id$v=19$m=8,t=1,p=1$a$b"), unknown("unknown")),
    ] {
        let Verified::Wrong(reason) = verified("secret", stored).await else {
            panic!("{wanted:?}")
        };
        assert_eq!(reason, wanted);
    }
}

#[test]
fn every_refusal_is_the_work_of_one_hash() {
    let of = |scheme, cost| {
        let hash = PasswordHash::new(scheme, b"other", cost, [7; 16]).unwrap();
        Some(stored(&hash, HashedBy::Latchkey))
    };
    let none = Some(StoredPassword { hash: None, hashed_by: HashedBy::App });
    let unread = |text: &str| {
        let hash = Some(Secret::new(text.to_owned()));
        Some(StoredPassword { hash, hashed_by: HashedBy::App })
    };
    let too_costly = "$2b$31$abcdefghijklmnopqrstuu0123456789012345678901234567890";
    let long = "x".repeat(100);
    for password in ["secret", &long] {
        for stored in [
            None,
            none.clone(),
            unread("$argon2id$"),
            unread(too_costly),
            of(Scheme::RepeatedBcrypt, 4),
            of(Scheme::Bcrypt, COST),
            of(Scheme::Bcrypt, 4),
            of(Scheme::BcryptSha256V1, 5),
            of(Scheme::BcryptSha256, COST),
        ] {
            let before = rounds();
            let scheme_of = |_: &str| UNKNOWN_SCHEME;
            verify(password.as_bytes(), stored.clone(), scheme_of, COST, [1; 16]);
            assert_eq!(rounds() - before, 1 << COST, "{stored:?}");
            // A disabled user, also by the right password.
            for sent in [password.as_bytes(), b"other"] {
                let Some(stored) = stored.clone() else { continue };
                let before = rounds();
                let reason = refuse(sent, stored.clone(), scheme_of, COST, [1; 16]);
                assert_eq!(rounds() - before, 1 << COST, "{stored:?}");
                let is_right = sent == b"other" && stored.read().is_ok();
                assert_eq!(reason == RefusalReason::Disabled, is_right, "{stored:?}");
            }
        }
    }
}

#[test]
fn a_check_hashes_no_replacement() {
    let hash = PasswordHash::new(Scheme::Bcrypt, b"secret", 4, [7; 16]).unwrap();
    let of = || Some(stored(&hash, HashedBy::App));
    let before = rounds();
    assert!(check(b"secret", of(), |_| UNKNOWN_SCHEME, COST, [1; 16]).is_ok());
    assert_eq!(rounds() - before, 1 << 4);
    assert!(check(b"other", of(), |_| UNKNOWN_SCHEME, COST, [1; 16]).is_err());
    assert_eq!(rounds() - before, (1 << 4) + (1 << COST));
}

#[test]
fn a_password_does_not_print_itself() {
    let password = Password::parse("correct horse".into()).unwrap();
    assert!(!format!("{password:?}").contains("correct"));
}
