//! Latchkey on one machine: API Gateway and PostgreSQL instead of AWS, the functions
//! themselves unchanged, and the operator's verbs.

mod arguments;
mod aws;
mod containers;
mod database;
mod error;
mod functions;
mod gateway;
mod invocation;
mod lambda;
mod lambda_endpoint;
mod list;
mod mails;
mod migration;
mod one_time_key;
mod operator;
mod own_functions;
mod printable;
mod project;
mod role_list;
mod runner;
mod server;
mod settings;
mod setup;
mod signing_key;
mod start_page;
pub mod template;
mod waiting;

pub use arguments::{Arguments, Reading};
pub use error::Error;
pub use runner::run;
