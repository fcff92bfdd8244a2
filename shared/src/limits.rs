//! Limits on attempts: how often a name may be guessed, and how often a network may try.
//!
//! The database counts, in the statement that reads what an attempt is after (`migrations/V13`). Each kind of
//! attempt has a type that names its keys and budgets: [`Guesses`], [`OwnGuesses`], [`Signups`].

mod budget;
mod charges;
mod cidr;
mod guesses;
#[cfg(feature = "sign-in")]
mod in_process;
mod key;
mod mail_requests;
mod network;
pub mod notices;
mod one_time_attempts;
mod signups;
mod verdict;

pub use budget::Budget;
pub use charges::{Charge, Charges};
pub use guesses::{Guesses, OwnGuesses};
#[cfg(feature = "sign-in")]
pub use in_process::InProcess;
pub use key::{Key, Kind};
pub use mail_requests::MailRequests;
pub use network::{Network, Networks};
pub use one_time_attempts::OneTimeAttempts;
pub use signups::Signups;
pub use verdict::{Over, Refund};

#[cfg(test)]
mod tests;
