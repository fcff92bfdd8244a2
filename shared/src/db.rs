//! PostgreSQL. It knows no HTTP: it says what happened, [`crate::error`] what that means.

mod database;
mod error;
mod roles;
mod settings;
mod signing_keys;
mod sql;
mod tls;
mod users;

pub use database::{Database, Driver};
pub use error::Error;
pub use roles::{Roles, UserRoles};
pub use settings::Settings;
pub use signing_keys::SigningKeys;
pub use sql::{ALL, Sql};
pub use users::{AuthorizedUser, FoundForSignin, Insert, SigninUser, Users};
