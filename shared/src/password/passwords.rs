//! Hashes and verifies passwords in a time that reveals nothing.

use tokio::task::spawn_blocking;

use super::hash::{BCRYPT_BYTES, PasswordHash, Scheme};
use super::plain::Password;
use super::refusal_reason::RefusalReason;
use super::stored::{HashedBy, StoredPassword, Unreadable};
use crate::environment::Environment;
use crate::error::Error;
use crate::new_password::NewPassword;
use crate::random::Random;

/// The outcome of a verification.
#[derive(Debug)]
pub enum Verified {
    /// The password is right. If the stored hash is too weak, this is its replacement.
    Right(Option<PasswordHash>),
    /// The password is refused, for this reason.
    Wrong(RefusalReason),
}

/// The name in the log of our hashes that are too costly to verify.
pub const TOO_COSTLY: &str = "bcrypt_too_costly";

/// The name in the log of texts without a known form, which may be plain passwords.
pub const UNKNOWN_SCHEME: &str = "unknown";

/// Hashes and verifies passwords, without a queue: a container serves one request at a time.
#[derive(Debug)]
pub struct Passwords {
    cost: u32,
    random: Random,
    scheme_of: fn(&str) -> &'static str,
}

impl Passwords {
    /// Reads `BCRYPT_COST`: the binary logarithm of bcrypt's rounds. OWASP's Password Storage Cheat
    /// Sheet requires at least 10.
    pub fn from_env(env: &mut Environment) -> Self {
        Self::new(env.number_or_weaker("BCRYPT_COST", 12, 10..=16, 4), Random::System)
    }

    /// Hashes at `cost`, with salts from `random`.
    pub const fn new(cost: u32, random: Random) -> Self {
        Self { cost, random, scheme_of: |_| UNKNOWN_SCHEME }
    }

    /// Sets the function that names unverifiable schemes for the log.
    #[must_use]
    pub fn naming(self, scheme_of: fn(&str) -> &'static str) -> Self {
        Self { scheme_of, ..self }
    }

    /// bcrypt's cost of new hashes.
    pub const fn cost(&self) -> u32 {
        self.cost
    }

    /// Hashes a new password by bcrypt, or by `bcrypt_sha256` if it exceeds bcrypt's 72 bytes.
    pub async fn hash(&self, password: NewPassword) -> Result<PasswordHash, Error> {
        let (cost, salt) = (self.cost, self.random.bytes());
        let hash = move || hash_new(password.expose().as_bytes(), cost, salt);
        let hash = beside_the_runtime(hash).await?;
        hash.ok_or(Error::Internal("a password that bcrypt can't hash".into()))
    }

    /// Verifies a password against the stored one of the user, if the user exists.
    ///
    /// Every refusal costs one bcrypt hash of the configured cost, so that its time doesn't reveal
    /// whether the user exists. A stored hash of higher cost takes longer.
    pub async fn verify(
        &self,
        password: Password,
        stored: Option<StoredPassword>,
    ) -> Result<Verified, Error> {
        let (cost, salt) = (self.cost, self.random.bytes());
        let scheme_of = self.scheme_of;
        beside_the_runtime(move || verify(password.bytes(), stored, scheme_of, cost, salt)).await
    }
}

/// Hashes on a blocking thread, so that the runtime can serve the database's connection meanwhile.
async fn beside_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    spawn_blocking(work).await.map_err(|_| Error::Internal("a hash that panicked".into()))
}

fn hash_new(password: &[u8], cost: u32, salt: [u8; 16]) -> Option<PasswordHash> {
    let fits = password.len() <= BCRYPT_BYTES;
    let scheme = if fits { Scheme::Bcrypt } else { Scheme::BcryptSha256 };
    PasswordHash::new(scheme, password, cost, salt)
}

fn verify(
    password: &[u8],
    stored: Option<StoredPassword>,
    scheme_of: fn(&str) -> &'static str,
    cost: u32,
    salt: [u8; 16],
) -> Verified {
    let refuse = |reason| {
        PasswordHash::new(Scheme::BcryptSha256, password, cost, salt);
        Verified::Wrong(reason)
    };
    let Some(stored) = stored else { return refuse(RefusalReason::UnknownUser) };
    let hash = match stored.read() {
        Ok(hash) => hash,
        Err(Unreadable::NoPassword) => return refuse(RefusalReason::NoPassword),
        Err(Unreadable::TooCostly) => return refuse(RefusalReason::UnknownHash(TOO_COSTLY)),
        Err(Unreadable::UnknownHash) => {
            let scheme = stored.hash.map_or(UNKNOWN_SCHEME, |text| scheme_of(text.expose()));
            return refuse(RefusalReason::UnknownHash(scheme));
        }
    };
    let is_cut = matches!(hash.scheme, Scheme::Bcrypt | Scheme::RepeatedBcrypt);
    let whole = password.len() <= BCRYPT_BYTES || !is_cut || stored.hashed_by == HashedBy::App;
    if hash.matches(password) && whole {
        let cheap = hash.cost() < cost;
        let scheme = hash.scheme.of_successor();
        let replacement = || PasswordHash::new(scheme, password, cost, salt);
        return Verified::Right(cheap.then(replacement).flatten());
    }
    // 2^c + (2^c + 2^(c+1) + … + 2^(C-1)) rounds equal the 2^C of a hash of the configured cost.
    for missing in hash.cost()..cost {
        PasswordHash::new(hash.scheme, password, missing, salt);
    }
    Verified::Wrong(RefusalReason::WrongPassword)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::hash::rounds;
    use crate::secret::Secret;

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
    async fn only_the_apps_own_bcrypt_ignores_what_is_past_72_bytes() {
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
                assert!(new.is_none_or(|new| {
                    new.scheme == scheme.of_successor() && new.cost() == COST
                }));
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
            }
        }
    }
}
