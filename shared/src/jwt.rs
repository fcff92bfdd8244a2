//! Access tokens: JWTs by RFC 9068, signed with ES256 or RS256, verified as RFC 8725 advises.

mod algorithm;
mod claims;
mod issuer;
mod jws;
mod public_key;
mod settings;
mod signer;
mod signing_key;

pub use algorithm::Algorithm;
pub use claims::{Audience, Claims};
pub use issuer::{Issuer, NoIssuer};
pub use jws::Jws;
pub use public_key::{F4, Kid, MODULUS_BYTES, PublicKey};
pub use settings::{MAX_ACCESS_TOKEN_SECONDS, PUBLIC_KEYS_MAX_AGE_SECONDS, Settings, TokenClaims};
pub use signer::{AccessToken, Grant, Signer, TokenSession};
pub use signing_key::{KeySource, SigningKey};
