//! The verbs on one user but for roles.

use clap::{Args, Subcommand};

/// What happens to a user.
#[derive(Debug, Subcommand)]
pub(crate) enum UserVerb {
    /// End all sessions of a user, and all tokens
    #[command(after_help = AFTER_SIGN_OUT)]
    SignOut(Subject),
    /// The same, and refuse the user's sign-ins
    #[command(after_help = AFTER_DISABLE)]
    Disable(Subject),
    /// Let a disabled user sign in again
    #[command(after_help = AFTER_ENABLE)]
    Enable(Subject),
    /// Delete a user, with roles and sessions
    #[command(after_help = AFTER_DELETE)]
    Delete(Subject),
}

/// The user.
#[derive(Debug, Args)]
pub(crate) struct Subject {
    /// The user's name, exactly as `list` shows it
    #[arg(required_unless_present = "id", conflicts_with = "id")]
    pub(crate) username: Option<String>,
    /// The user's id instead of the name
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) id: Option<i32>,
}

const AFTER_SIGN_OUT: &str = "\
It prints how many sessions have ended. Tokens of sessions are refused at once by
the account's own routes, elsewhere within AuthorizerCacheSeconds, 60 by
default. The user may sign in again.

Examples:
  cargo run -- sign-out ada
  cargo run -- sign-out --id 7";

const AFTER_DISABLE: &str = "\
A sign-in is then answered like a wrong password. `list` shows who is disabled.
Disabling a user twice succeeds, and keeps the first time.

Example:
  cargo run -- disable ada";

const AFTER_ENABLE: &str = "\
The sessions of before stay ended. Enabling a user who isn't disabled succeeds.

Example:
  cargo run -- enable ada";

const AFTER_DELETE: &str = "\
It can't be undone, and the id is never used again. If rows of a table of yours
refer to the user, nothing is changed.

Example:
  cargo run -- delete ada";
