//! Latchkey on one machine: API Gateway and PostgreSQL in the place of AWS, the functions
//! themselves unchanged, and the operator's verbs.

mod arguments;
mod database;
mod functions;
mod gateway;
mod lambda;
mod operator;
mod project;
mod runner;
mod server;
mod settings;
mod signing_key;
mod start_page;
mod template;

pub use arguments::{Arguments, Reading};
pub use runner::{Error, run};
