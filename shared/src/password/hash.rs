//! A stored hash, its forms, and the row that has it.

use std::fmt;
use std::ops::RangeInclusive;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD};
use bcrypt::{BASE_64, HashParts};

use crate::secret::Secret;

/// The most bytes of a password that bcrypt uses.
pub(super) const BCRYPT_BYTES: usize = 72;

/// The valid costs of bcrypt.
const COSTS: RangeInclusive<u32> = 4..=31;

/// The highest cost of a hash that is verified. On a core of Lambda it takes 15 seconds, each further
/// step doubles that, and API Gateway waits at most 29.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
pub const MAX_COST: u32 = 18;

/// A PostgreSQL regular expression of what `of_bcrypt` accepts, without the length of salt and digest
/// (53 characters): a repetition count would make it ten times as slow.
pub const BCRYPT: &str = r"^\$2[aby]?\$(?:0[4-9]|[12][0-9]|3[01])\$[./0-9A-Za-z]*$";

/// The same for `of_sha256`, without the lengths of salt (22 characters) and digest (31).
pub const BCRYPT_SHA256: &str = r"^\$bcrypt-sha256\$(?:2[ab],|v=0*2,t=2b,r=)(?:[4-9]|[12][0-9]|3[01])\$[./0-9A-Za-z]*\$[./0-9A-Za-z]*\n?$";

/// How a password is processed before bcrypt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Not at all: `$2b$12$…`, and the older `$2a$` and `$2y$`.
    Bcrypt,
    /// Repeated up to 72 bytes: `$2$12$…`, bcrypt's first form, which didn't mark a password's end.
    /// Verified, but not written.
    RepeatedBcrypt,
    /// passlib's first `bcrypt_sha256`: SHA-256.
    /// `$bcrypt-sha256$2b,12$salt$digest`
    BcryptSha256V1,
    /// passlib's second `bcrypt_sha256`: HMAC-SHA-256 with the salt as the key.
    /// `$bcrypt-sha256$v=2,t=2b,r=12$salt$digest`
    /// <https://passlib.readthedocs.io/en/stable/lib/passlib.hash.bcrypt_sha256.html>
    BcryptSha256,
}

impl Scheme {
    /// The scheme of a hash that replaces this one.
    pub(super) const fn of_successor(self) -> Self {
        match self {
            Self::Bcrypt | Self::RepeatedBcrypt => Self::Bcrypt,
            Self::BcryptSha256V1 => Self::BcryptSha256V1,
            Self::BcryptSha256 => Self::BcryptSha256,
        }
    }
}

/// A hash that Latchkey can verify.
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
            Scheme::RepeatedBcrypt => {
                let repeated: Vec<u8> =
                    password.iter().copied().cycle().take(BCRYPT_BYTES).collect();
                bcrypt::hash_with_salt(repeated, cost, salt)
            }
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

    /// Parses a stored hash of any cost; `None` if it isn't of our schemes. Accepts exactly the hashes
    /// that passlib 1.7.4 can verify.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, cost, salt, digest) = match text.strip_prefix("$bcrypt-sha256$") {
            // Python's `$` in a regular expression also matches before a final newline.
            Some(rest) => of_sha256(rest.strip_suffix('\n').unwrap_or(rest))?,
            None => of_bcrypt(text)?,
        };
        let (salt, digest) = (repaired::<16>(salt)?, repaired::<23>(digest)?);
        let parts = format!("$2b${cost:02}${salt}{digest}").parse::<HashParts>().ok()?;
        COSTS.contains(&parts.get_cost()).then_some(Self { scheme, parts })
    }

    /// bcrypt's cost.
    pub fn cost(&self) -> u32 {
        self.parts.get_cost()
    }

    /// Whether this is the password's hash. bcrypt itself uses only 72 bytes.
    pub(super) fn matches(&self, password: &[u8]) -> bool {
        let cost = self.cost();
        Self::new(self.scheme, password, cost, self.parts.get_salt_raw()).is_some_and(|computed| {
            // `HashParts` exposes its digest only in its text.
            let (ours, stored) = (computed.parts.to_string(), self.parts.to_string());
            verify_slices_are_equal(ours.as_bytes(), stored.as_bytes()).is_ok()
        })
    }

    /// The text for `users.password`.
    pub fn to_text(&self) -> Secret<String> {
        let bcrypt = self.parts.to_string();
        let (cost, (salt, digest)) = (self.cost(), bcrypt[7..].split_at(22));
        Secret::new(match self.scheme {
            Scheme::Bcrypt => bcrypt,
            Scheme::RepeatedBcrypt => bcrypt.replacen("$2b$", "$2$", 1),
            Scheme::BcryptSha256V1 => format!("$bcrypt-sha256$2b,{cost}${salt}${digest}"),
            Scheme::BcryptSha256 => format!("$bcrypt-sha256$v=2,t=2b,r={cost}${salt}${digest}"),
        })
    }
}

/// Scheme, cost, salt and digest of a hash.
type Parts<'a> = (Scheme, u32, &'a str, &'a str);

/// `$2b$12$<salt><digest>`
fn of_bcrypt(text: &str) -> Option<Parts<'_>> {
    let ["", version, cost, rest] = text.splitn(4, '$').collect::<Vec<_>>()[..] else {
        return None;
    };
    let scheme = match version {
        "2a" | "2b" | "2y" => Scheme::Bcrypt,
        "2" => Scheme::RepeatedBcrypt,
        _ => return None,
    };
    let (salt, digest) = rest.split_at_checked(22)?;
    let cost = number(cost).filter(|_| cost.len() == 2)?;
    Some((scheme, cost, salt, digest))
}

/// `2b,12$<salt>$<digest>` or `v=2,t=2b,r=12$<salt>$<digest>`
fn of_sha256(text: &str) -> Option<Parts<'_>> {
    let [settings, salt, digest] = text.split('$').collect::<Vec<_>>().try_into().ok()?;
    let (scheme, cost) = match settings.split(',').collect::<Vec<_>>()[..] {
        [version, "t=2b", cost] if number(version.strip_prefix("v=")?)? == 2 => {
            (Scheme::BcryptSha256, cost.strip_prefix("r=")?)
        }
        ["2a" | "2b", cost] => (Scheme::BcryptSha256V1, cost),
        _ => return None,
    };
    let cost = number(cost).filter(|_| !cost.starts_with('0'))?;
    Some((scheme, cost, salt, digest))
}

/// Parses decimal digits without a sign.
fn number(digits: &str) -> Option<u32> {
    let are_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    are_digits.then(|| digits.parse().ok())?
}

/// bcrypt's base64 of exactly `BYTES` bytes, with its unused trailing bits cleared. Old libraries
/// wrote other values into them, which all libraries ignore.
fn repaired<const BYTES: usize>(text: &str) -> Option<String> {
    const ANY_END: GeneralPurpose =
        GeneralPurpose::new(&alphabet::BCRYPT, NO_PAD.with_decode_allow_trailing_bits(true));
    let bytes: [u8; BYTES] = ANY_END.decode(text).ok()?.try_into().ok()?;
    Some(BASE_64.encode(bytes))
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHash").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

/// The program that made a stored hash. The legacy app's bcrypt ignored all bytes after the 72nd;
/// ours never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashedBy {
    /// The legacy app, or a row inserted by hand: the column's default.
    App,
    /// Latchkey.
    Latchkey,
}

impl HashedBy {
    /// Parses `users.hashed_by`.
    pub fn named(name: &str) -> Option<Self> {
        [Self::App, Self::Latchkey].into_iter().find(|hashed_by| hashed_by.name() == name)
    }

    /// The value of `users.hashed_by`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Latchkey => "latchkey",
        }
    }
}

/// The password columns of a row of `users`.
#[derive(Debug, Clone)]
pub struct StoredPassword {
    /// The text of the hash, if there is one.
    pub hash: Option<Secret<String>>,
    /// The program that made the hash.
    pub hashed_by: HashedBy,
}

/// Why a stored password can't be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// The row has no password: NULL, or an empty text.
    NoPassword,
    /// Its cost is above [`MAX_COST`].
    TooCostly,
    /// It isn't a hash of our schemes.
    UnknownHash,
}

impl StoredPassword {
    /// The hash, if it can be verified.
    pub fn read(&self) -> Result<PasswordHash, Unreadable> {
        let text = self.hash.as_ref().map(Secret::expose).filter(|text| !text.is_empty());
        let hash = PasswordHash::parse(text.ok_or(Unreadable::NoPassword)?);
        let hash = hash.ok_or(Unreadable::UnknownHash)?;
        if hash.cost() > MAX_COST { Err(Unreadable::TooCostly) } else { Ok(hash) }
    }
}

#[cfg(test)]
thread_local! {
    static ROUNDS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// The rounds of bcrypt on this thread so far, which a caller could measure by time.
#[cfg(test)]
pub(super) fn rounds() -> u64 {
    ROUNDS.with(std::cell::Cell::get)
}

#[cfg(test)]
mod tests;
