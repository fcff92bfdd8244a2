//! The forms of a stored hash.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bcrypt::{BASE_64, HashParts};

use crate::secret::Secret;

/// The bytes of a password that bcrypt looks at.
pub(super) const BCRYPT_BYTES: usize = 72;

/// What is done to a password before bcrypt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Nothing: `$2b$12$…`, and its elder spellings `$2a$` and `$2y$`.
    Bcrypt,
    /// passlib's first `bcrypt_sha256`, read only: SHA-256.
    /// `$bcrypt-sha256$2b,12$salt$digest`
    BcryptSha256V1,
    /// passlib's second `bcrypt_sha256`: HMAC-SHA-256 with the salt as the key.
    /// `$bcrypt-sha256$v=2,t=2b,r=12$salt$digest`
    /// <https://passlib.readthedocs.io/en/stable/lib/passlib.hash.bcrypt_sha256.html>
    BcryptSha256,
}

/// A hash that we can verify.
pub struct PasswordHash {
    pub(super) scheme: Scheme,
    parts: HashParts,
}

impl PasswordHash {
    /// Hashes a password; `cost` is bcrypt's, 4 to 31, the logarithm of its rounds.
    pub(super) fn new(scheme: Scheme, password: &[u8], cost: u32, salt: [u8; 16]) -> Option<Self> {
        #[cfg(test)]
        ROUNDS.with(|rounds| rounds.set(rounds.get() + (1 << cost)));
        let parts = match scheme {
            Scheme::Bcrypt => bcrypt::hash_with_salt(password, cost, salt),
            Scheme::BcryptSha256V1 => {
                bcrypt::hash_with_salt(STANDARD.encode(digest(&SHA256, password)), cost, salt)
            }
            Scheme::BcryptSha256 => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, BASE_64.encode(salt).as_bytes());
                bcrypt::hash_with_salt(STANDARD.encode(hmac::sign(&key, password)), cost, salt)
            }
        };
        Some(Self { scheme, parts: parts.ok()? })
    }

    /// Reads a stored hash; `None` if it is of no scheme that we know.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let Some(rest) = text.strip_prefix("$bcrypt-sha256$") else {
            return Self::from_parts(Scheme::Bcrypt, text);
        };
        let [settings, salt, digest] = rest.split('$').collect::<Vec<_>>().try_into().ok()?;
        let (scheme, version, cost) = match settings.split(',').collect::<Vec<_>>()[..] {
            ["v=2", version, cost] => {
                (Scheme::BcryptSha256, version.strip_prefix("t=")?, cost.strip_prefix("r=")?)
            }
            [version, cost] => (Scheme::BcryptSha256V1, version, cost),
            _ => return None,
        };
        // passlib writes the cost as a plain number here, bcrypt with two digits.
        let cost: u32 = cost.parse().ok()?;
        Self::from_parts(scheme, &format!("${version}${cost:02}${salt}{digest}"))
    }

    fn from_parts(scheme: Scheme, bcrypt: &str) -> Option<Self> {
        let known = ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| bcrypt.starts_with(prefix));
        let parts = known.then(|| bcrypt.parse::<HashParts>().ok())??;
        (4..=31).contains(&parts.get_cost()).then_some(Self { scheme, parts })
    }

    pub(super) fn cost(&self) -> u32 {
        self.parts.get_cost()
    }

    /// Whether bcrypt of the password is this hash. bcrypt itself looks at 72 bytes alone.
    pub(super) fn matches(&self, password: &[u8]) -> bool {
        let cost = self.cost();
        Self::new(self.scheme, password, cost, self.parts.get_salt_raw()).is_some_and(|computed| {
            // `HashParts` shows its digest only in its text.
            let (ours, stored) = (computed.parts.to_string(), self.parts.to_string());
            verify_slices_are_equal(ours.as_bytes(), stored.as_bytes()).is_ok()
        })
    }

    /// The text of the hash, as `users.password` holds it.
    pub fn to_text(&self) -> Secret<String> {
        let bcrypt = self.parts.to_string();
        let (cost, (salt, digest)) = (self.cost(), bcrypt[7..].split_at(22));
        Secret::new(match self.scheme {
            Scheme::Bcrypt => bcrypt,
            Scheme::BcryptSha256V1 => format!("$bcrypt-sha256$2b,{cost}${salt}${digest}"),
            Scheme::BcryptSha256 => format!("$bcrypt-sha256$v=2,t=2b,r={cost}${salt}${digest}"),
        })
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHash").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

#[cfg(test)]
thread_local! {
    static ROUNDS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// The rounds of bcrypt on this thread so far: the work that a caller could time.
#[cfg(test)]
pub(super) fn rounds() -> u64 {
    ROUNDS.with(std::cell::Cell::get)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Passwords, and what passlib 1.7.4 with bcrypt 4.0.1 made of them at low cost.
    const OF_PASSLIB: &str = include_str!("passlib.json");

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

    #[test]
    fn what_is_no_hash_of_ours_is_not_read() {
        let digest = "abcdefghijklmnopqrstuu0123456789012345678901234567890";
        for text in [
            "",
            "plain",
            "$2b$",
            "$1$abc$def",
            "$argon2id$v=19$m=1,t=1,p=1$a$b",
            "é",
            &format!("$2x$12${digest}"),
            &format!("$2b$03${digest}"),
            &format!("$2b$32${digest}"),
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
                Scheme::Bcrypt, Scheme::BcryptSha256V1, Scheme::BcryptSha256,
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
}
