//! Passwords as sent: hashed and verified in a time that reveals nothing.

use tokio::task::spawn_blocking;

use super::hash::{BCRYPT_BYTES, HashedBy, PasswordHash, Scheme, StoredPassword, Unreadable};
use crate::environment::Environment;
use crate::error::Error;
use crate::new_password::NewPassword;
use crate::random::Random;
use crate::rule::{Rule, without_nul};
use crate::secret::Secret;

/// A password for a sign-in. An adopted user's may break today's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password(Secret<String>);

impl Password {
    /// Accepts any text without NUL, at which bcrypt would end.
    pub fn parse(text: String) -> Result<Self, Rule> {
        without_nul(text).map(|text| Self(Secret::new(text)))
    }

    fn bytes(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

/// The outcome of a verification.
#[derive(Debug)]
pub enum Verified {
    /// The password is right. If the stored hash is too weak, this is its replacement.
    Right(Option<PasswordHash>),
    /// The password is refused, for this reason.
    Wrong(RefusalReason),
}

/// Why a password was refused: for the log, never for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalReason {
    /// No user has this name.
    UnknownUser,
    /// The row has no password.
    NoPassword,
    /// Latchkey doesn't verify the stored password's scheme, which this names.
    UnknownHash(&'static str),
    /// The password doesn't match.
    WrongPassword,
    /// The password is right, but an operator has disabled the user.
    Disabled,
    /// The password was right, but has been changed since, or all of the user's sessions were ended.
    ChangedMeanwhile,
}

impl RefusalReason {
    /// The stable name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::NoPassword => "no_password",
            Self::UnknownHash(_) => "unknown_hash",
            Self::WrongPassword => "wrong_password",
            Self::Disabled => "disabled",
            Self::ChangedMeanwhile => "changed_meanwhile",
        }
    }

    /// The scheme of a stored password that can't be verified, for the log.
    pub const fn hash_scheme(self) -> Option<&'static str> {
        match self {
            Self::UnknownHash(scheme) => Some(scheme),
            Self::UnknownUser
            | Self::NoPassword
            | Self::WrongPassword
            | Self::Disabled
            | Self::ChangedMeanwhile => None,
        }
    }
}

/// The name in the log of our hashes that are too costly to verify.
pub const TOO_COSTLY: &str = "bcrypt_too_costly";

/// The name in the log of texts without a known form, which may be plain passwords.
pub const UNKNOWN_SCHEME: &str = "unknown";

/// Hashes and verifies passwords, without a queue: a container serves one request at a time.
#[derive(Debug, Clone)]
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

    /// Refuses a disabled user, by the work of a wrong password, whatever the password is.
    pub async fn refuse(
        &self,
        password: Password,
        stored: StoredPassword,
    ) -> Result<RefusalReason, Error> {
        let (cost, salt) = (self.cost, self.random.bytes());
        let scheme_of = self.scheme_of;
        beside_the_runtime(move || refuse(password.bytes(), stored, scheme_of, cost, salt)).await
    }

    /// Verifies a password against a user's stored one, without hashing a replacement: at most one
    /// hash, if the stored one isn't of higher cost.
    pub async fn check(
        &self,
        password: Password,
        stored: StoredPassword,
    ) -> Result<Result<(), RefusalReason>, Error> {
        let (cost, salt) = (self.cost, self.random.bytes());
        let scheme_of = self.scheme_of;
        let checked = move || check(password.bytes(), Some(stored), scheme_of, cost, salt);
        Ok(beside_the_runtime(checked).await?.map(drop))
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
    match check(password, stored, scheme_of, cost, salt) {
        Ok(hash) if hash.cost() < cost => {
            let scheme = hash.scheme.of_successor();
            Verified::Right(PasswordHash::new(scheme, password, cost, salt))
        }
        Ok(_) => Verified::Right(None),
        Err(reason) => Verified::Wrong(reason),
    }
}

fn refuse(
    password: &[u8],
    stored: StoredPassword,
    scheme_of: fn(&str) -> &'static str,
    cost: u32,
    salt: [u8; 16],
) -> RefusalReason {
    match check(password, Some(stored), scheme_of, cost, salt) {
        Ok(hash) => {
            make_up(&hash, password, cost, salt);
            RefusalReason::Disabled
        }
        Err(reason) => reason,
    }
}

/// The stored hash, if the password is right.
fn check(
    password: &[u8],
    stored: Option<StoredPassword>,
    scheme_of: fn(&str) -> &'static str,
    cost: u32,
    salt: [u8; 16],
) -> Result<PasswordHash, RefusalReason> {
    let refuse = |reason| {
        PasswordHash::new(Scheme::BcryptSha256, password, cost, salt);
        Err(reason)
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
        return Ok(hash);
    }
    make_up(&hash, password, cost, salt);
    Err(RefusalReason::WrongPassword)
}

/// Adds the work that a hash lacks of the configured cost: 2^c + (2^c + 2^(c+1) + … + 2^(C-1)) rounds
/// equal 2^C.
fn make_up(hash: &PasswordHash, password: &[u8], cost: u32, salt: [u8; 16]) {
    for missing in hash.cost()..cost {
        PasswordHash::new(hash.scheme, password, missing, salt);
    }
}

#[cfg(test)]
mod tests;
