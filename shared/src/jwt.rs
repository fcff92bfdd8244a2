//! Access tokens: ES256 JWTs of RFC 9068, checked as RFC 8725 advises.

mod claims;
mod jws;
mod public_key;
mod settings;
mod signed_tokens;
mod signer;
mod signing_key;
mod unverified;
#[cfg(test)]
mod vectors;
mod verifier;

pub use jws::Jws;
pub use public_key::{Kid, PublicKey};
pub use settings::{MAX_ACCESS_TOKEN_SECONDS, PUBLIC_KEYS_MAX_AGE_SECONDS, Settings};
pub use signer::{AccessToken, Signer};
pub use signing_key::{KeySource, SigningKey};
pub use unverified::UnverifiedToken;
pub use verifier::{InvalidToken, ValidToken, Verifier};
