//! The code that two or more of Latchkey's functions use: routes, errors, validated types, the
//! database, tokens, passwords, the log, the clock.
//!
//! Code that only one function needs belongs in that function.

mod allowed_origins;
#[cfg(feature = "database")]
pub mod aws;
pub mod caller;
mod characters;
#[cfg(feature = "database")]
pub mod client_cookie;
pub mod client_id;
#[cfg(feature = "database")]
pub mod client_proof;
pub mod clock;
pub mod database_id;
#[cfg(feature = "database")]
pub mod db;
pub mod device;
pub mod email;
pub mod environment;
pub mod error;
pub mod functions;
pub mod http;
#[cfg(feature = "tokens")]
pub mod jwt;
pub mod languages;
#[cfg(feature = "database")]
pub mod limits;
pub mod log;
pub mod mail;
pub mod new_password;
#[cfg(feature = "database")]
pub mod nudge;
#[cfg(feature = "database")]
pub mod one_time_key;
#[cfg(feature = "database")]
pub mod one_time_secret;
mod origin;
#[cfg(all(feature = "passwords", feature = "tokens"))]
pub mod own_password;
#[cfg(feature = "passwords")]
pub mod password;
#[cfg(feature = "database")]
pub mod presented_secret;
#[cfg(feature = "database")]
pub mod random;
#[cfg(feature = "tokens")]
pub mod refresh_token;
#[cfg(feature = "tokens")]
pub mod renewals;
pub mod role;
pub mod routes;
pub mod rule;
pub mod secret;
pub mod secret_text;
#[cfg(feature = "database")]
pub mod secrets_manager;
#[cfg(feature = "tokens")]
pub mod session_cookie;
pub mod session_id;
#[cfg(feature = "sign-in")]
pub mod sign_in;
pub mod token_endpoint;
pub mod token_key;
pub mod user_id;
pub mod username;
#[cfg(feature = "verification")]
pub mod verifier;
pub mod violation;

pub use caller::Caller;
#[cfg(feature = "database")]
pub use client_cookie::ClientCookie;
pub use client_id::ClientId;
pub use clock::{Clock, NumericDate};
pub use database_id::DatabaseId;
pub use device::Device;
pub use email::{AskedEmail, Email, NewEmail};
pub use environment::Environment;
pub use error::Error;
pub use languages::Languages;
pub use new_password::NewPassword;
#[cfg(feature = "database")]
pub use nudge::Nudge;
#[cfg(feature = "database")]
pub use one_time_key::OneTimeKey;
#[cfg(feature = "database")]
pub use one_time_secret::{Code, Link};
#[cfg(feature = "database")]
pub use random::Random;
#[cfg(feature = "tokens")]
pub use refresh_token::{RefreshToken, Salt};
#[cfg(feature = "tokens")]
pub use renewals::Renewals;
pub use role::Role;
pub use rule::Rule;
pub use secret::Secret;
#[cfg(feature = "tokens")]
pub use session_cookie::SessionCookie;
pub use session_id::SessionId;
#[cfg(feature = "sign-in")]
pub use sign_in::SignIn;
pub use token_endpoint::TokenEndpoint;
pub use token_key::TokenKey;
pub use user_id::UserId;
pub use username::{NewUsername, Username};
