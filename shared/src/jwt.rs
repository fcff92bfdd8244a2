//! Access tokens: ES256 JWTs by RFC 9068, verified as RFC 8725 advises.

mod claims;
mod jws;
mod public_key;
mod settings;
mod signer;
mod signing_key;

pub use claims::{Audience, Claims};
pub use jws::Jws;
pub use public_key::{Kid, PublicKey};
pub use settings::{MAX_ACCESS_TOKEN_SECONDS, PUBLIC_KEYS_MAX_AGE_SECONDS, Settings};
pub use signer::{AccessToken, Signer};
pub use signing_key::{KeySource, SigningKey};
