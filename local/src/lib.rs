//! Latchkey on one machine: API Gateway and PostgreSQL in the place of AWS, the functions
//! themselves unchanged, and the operator's verbs.

mod arguments;
mod aws;
mod containers;
mod database;
mod functions;
mod gateway;
mod json_array;
mod lambda;
mod migration;
mod operator;
mod printable;
mod project;
mod runner;
mod server;
mod settings;
mod setup;
mod signing_key;
mod start_page;
pub mod template;
mod unreadable_list;
mod user_list;
mod waiting;

pub use arguments::{Arguments, Reading};
pub use runner::{Error, run};
