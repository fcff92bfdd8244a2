//! PostgreSQL. This module knows nothing of HTTP: [`crate::error`] maps its errors to answers.

#[cfg(feature = "tokens")]
mod accepted_keys;
#[cfg(all(feature = "passwords", feature = "tokens"))]
pub mod accounts;
pub mod callers;
mod config;
mod database;
pub mod database_identity;
mod error;
mod group;
mod iam;
#[cfg(test)]
mod iam_login;
pub mod limits;
pub mod locks;
pub mod mails;
mod mark;
pub mod notice;
pub mod one_time_secrets;
pub mod operated;
pub mod outbox;
#[cfg(feature = "tokens")]
pub mod own_sessions;
mod parts;
mod pool;
pub mod roles;
#[cfg(feature = "tokens")]
pub mod sessions;
mod settings;
pub mod sign_ins;
#[cfg(feature = "tokens")]
pub mod sign_outs;
pub mod signing_keys;
mod sql;
mod tls;
pub mod users;

#[cfg(feature = "tokens")]
pub use accepted_keys::SigningKeys;
pub use database::Database;
pub use error::Error;
pub use group::Group;
pub use settings::Settings;
pub use sql::{Parameter, Privilege, Routine, Sql};
