//! AWS clients: their configuration, and credentials.

mod config;
mod credentials;
mod http_client;
mod signed;

pub(crate) use config::config;
#[cfg(test)]
pub(crate) use config::config_of;
pub use config::{Loader, install};
pub use credentials::AwsCredentials;
pub use signed::{Answer, Service, SignedCalls};
