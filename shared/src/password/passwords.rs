//! Hashing and verifying, in a time that tells nothing.

use std::num::NonZero;
use std::sync::LazyLock;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::hash::{BCRYPT_BYTES, PasswordHash, Scheme};
use super::plain::{NewPassword, Password};
use crate::environment::Environment;
use crate::error::{Error, RefusalReason};
use crate::random::Random;
use crate::secret::Secret;

/// Who made a stored hash. The app's own bcrypt ignored what is past 72 bytes; ours never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashedBy {
    /// The app that we replace, or a row made by hand: the column's default.
    App,
    /// We did.
    Latchkey,
}

impl HashedBy {
    /// Who the word in `users.hashed_by` stands for.
    pub fn named(name: &str) -> Option<Self> {
        [Self::App, Self::Latchkey].into_iter().find(|hashed_by| hashed_by.name() == name)
    }

    /// The word in `users.hashed_by`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Latchkey => "latchkey",
        }
    }
}

/// What a row of `users` says of its password.
#[derive(Debug, Clone)]
pub struct StoredPassword {
    /// The text of the hash, if there is one.
    pub hash: Option<Secret<String>>,
    /// Who made it.
    pub hashed_by: HashedBy,
}

impl StoredPassword {
    /// bcrypt's cost of the hash, if it is one that we read.
    pub fn cost(&self) -> Option<u32> {
        PasswordHash::parse(self.hash.as_ref()?.expose()).map(|hash| hash.cost())
    }
}

/// How a verification ended.
#[derive(Debug)]
pub enum Verified {
    /// The password is right; the hash to store instead, where the stored one is too cheap.
    Right(Option<PasswordHash>),
    /// It isn't, for this reason.
    Wrong(RefusalReason),
}

/// The cores of this process: more hashes at once would only make each of them slower.
static CORES: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, NonZero::get)));

/// Hashes and verifies passwords, at most one per core at a time.
#[derive(Debug)]
pub struct Passwords {
    cost: u32,
    random: Random,
}

impl Passwords {
    /// Reads `BCRYPT_COST`: the logarithm of bcrypt's rounds. OWASP asks for 10 at least; less is
    /// for tests.
    pub fn from_env(env: &mut Environment) -> Self {
        Self::new(env.number("BCRYPT_COST", 12, 4..=16), Random::System)
    }

    /// Hashes at `cost`, with salts from `random`.
    pub fn new(cost: u32, random: Random) -> Self {
        Self { cost, random }
    }

    /// bcrypt's cost of new hashes.
    pub const fn cost(&self) -> u32 {
        self.cost
    }

    /// Hashes a new password: bcrypt, or `bcrypt_sha256` where bcrypt would cut it.
    pub async fn hash(&self, password: NewPassword) -> Result<PasswordHash, Error> {
        let (cost, salt) = (self.cost, self.random.bytes());
        let hash = Self::on_a_core(move || hash_new(password.bytes(), cost, salt)).await?;
        hash.ok_or(Error::Internal("a password that bcrypt can't hash".into()))
    }

    /// Verifies a password against what is stored, if anything is.
    ///
    /// It takes an `Option` so that nobody can skip the work for a user who isn't there: every
    /// refusal costs one bcrypt of the setting's cost. A stored hash of higher cost can't be
    /// hidden so.
    pub async fn verify(
        &self,
        password: Password,
        stored: Option<StoredPassword>,
    ) -> Result<Verified, Error> {
        let (cost, salt) = (self.cost, self.random.bytes());
        Self::on_a_core(move || verify(password.bytes(), stored, cost, salt)).await
    }

    async fn on_a_core<T: Send + 'static>(
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let core = CORES.acquire().await;
        let core = core.map_err(|_| Error::Internal("the cores' semaphore is closed".into()))?;
        let work = move || {
            let done = work();
            drop(core);
            done
        };
        spawn_blocking(work).await.map_err(|_| Error::Internal("a hash that panicked".into()))
    }
}

fn hash_new(password: &[u8], cost: u32, salt: [u8; 16]) -> Option<PasswordHash> {
    let fits = password.len() <= BCRYPT_BYTES;
    let scheme = if fits { Scheme::Bcrypt } else { Scheme::BcryptSha256 };
    PasswordHash::new(scheme, password, cost, salt)
}

fn verify(password: &[u8], stored: Option<StoredPassword>, cost: u32, salt: [u8; 16]) -> Verified {
    let refuse = |reason| {
        PasswordHash::new(Scheme::BcryptSha256, password, cost, salt);
        Verified::Wrong(reason)
    };
    let Some(stored) = stored else { return refuse(RefusalReason::UnknownUser) };
    let Some(text) = stored.hash else { return refuse(RefusalReason::NoPassword) };
    let Some(hash) = PasswordHash::parse(text.expose()) else {
        return refuse(RefusalReason::UnknownHash);
    };
    let whole = password.len() <= BCRYPT_BYTES
        || hash.scheme != Scheme::Bcrypt
        || stored.hashed_by == HashedBy::App;
    if hash.matches(password) && whole {
        let cheap = hash.cost() < cost;
        let scheme = hash.scheme;
        let dearer = || PasswordHash::new(scheme, password, cost, salt);
        return Verified::Right(cheap.then(dearer).flatten());
    }
    // 2^c + (2^c + 2^(c+1) + … + 2^(C-1)) rounds are the 2^C of a hash of the setting's cost.
    for missing in hash.cost()..cost {
        PasswordHash::new(hash.scheme, password, missing, salt);
    }
    Verified::Wrong(RefusalReason::WrongPassword)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::hash::rounds;

    const COST: u32 = 6;

    fn passwords() -> Passwords {
        Passwords::new(COST, Random::counted(1))
    }

    fn stored(hash: &PasswordHash, hashed_by: HashedBy) -> StoredPassword {
        StoredPassword { hash: Some(hash.to_text()), hashed_by }
    }

    async fn right(password: &str, stored: StoredPassword) -> bool {
        let password = Password::parse(password.into()).unwrap();
        matches!(passwords().verify(password, Some(stored)).await.unwrap(), Verified::Right(_))
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
        let hash = PasswordHash::new(Scheme::Bcrypt, &[b'x'; 72], COST, [7; 16]).unwrap();
        let long = "x".repeat(100);
        assert!(right(&long, stored(&hash, HashedBy::App)).await);
        assert!(!right(&long, stored(&hash, HashedBy::Latchkey)).await);
    }

    #[tokio::test]
    async fn a_cheap_hash_is_replaced_in_its_own_scheme_and_a_dear_one_kept() {
        for scheme in [Scheme::Bcrypt, Scheme::BcryptSha256V1, Scheme::BcryptSha256] {
            for (cost, replaced) in [(COST - 2, true), (COST, false), (COST + 1, false)] {
                let hash = PasswordHash::new(scheme, b"secret", cost, [7; 16]).unwrap();
                let password = Password::parse("secret".into()).unwrap();
                let stored = Some(stored(&hash, HashedBy::App));
                let Verified::Right(new) = passwords().verify(password, stored).await.unwrap()
                else {
                    panic!("{scheme:?} {cost}")
                };
                assert_eq!(new.is_some(), replaced);
                assert!(new.is_none_or(|new| new.scheme == scheme && new.cost() == COST));
            }
        }
    }

    #[tokio::test]
    async fn a_refusal_names_its_reason_to_us() {
        let password = || Password::parse("secret".into()).unwrap();
        let of = |hash: &str| {
            Some(StoredPassword { hash: Some(Secret::new(hash.into())), hashed_by: HashedBy::App })
        };
        let none = Some(StoredPassword { hash: None, hashed_by: HashedBy::App });
        for (stored, wanted) in [
            (None, RefusalReason::UnknownUser),
            (none, RefusalReason::NoPassword),
            (of("secret"), RefusalReason::UnknownHash),
        ] {
            let Verified::Wrong(reason) = passwords().verify(password(), stored).await.unwrap()
            else {
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
        let unknown = Some(Secret::new("$argon2id$".to_owned()));
        let unknown = Some(StoredPassword { hash: unknown, hashed_by: HashedBy::App });
        let long = "x".repeat(100);
        for password in ["secret", &long] {
            for stored in [
                None,
                none.clone(),
                unknown.clone(),
                of(Scheme::Bcrypt, COST),
                of(Scheme::Bcrypt, 4),
                of(Scheme::BcryptSha256V1, 5),
                of(Scheme::BcryptSha256, COST),
            ] {
                let before = rounds();
                verify(password.as_bytes(), stored.clone(), COST, [1; 16]);
                assert_eq!(rounds() - before, 1 << COST, "{stored:?}");
            }
        }
    }
}
