//! The verbs of the command `role`.

use clap::Subcommand;

/// A change of the roles that there are, or a list of them.
#[derive(Debug, Subcommand)]
pub(crate) enum RoleVerb {
    /// Make a role, which can then be granted
    Add {
        /// 1 to 64 characters of A-Z, 0-9 and _
        role: String,
    },
    /// Remove a role that no user has; not ROLE_USER, ROLE_MODERATOR, ROLE_ADMIN
    Remove {
        /// The role's name
        role: String,
        /// Take it from all its users first
        #[arg(long)]
        revoke: bool,
    },
    /// List all roles with the number of their users
    List {
        /// Print one JSON array, a role a line: {"name", "users", "is_ignored"}
        #[arg(long)]
        json: bool,
    },
}

/// The text below the options of `role`.
pub(super) const AFTER: &str = "\
A new role opens no route until a route names it. `list` marks a role of an
adopted database as ignored if its name has other characters.

Examples:
  cargo run -- role add ROLE_EDITOR
  cargo run -- role remove ROLE_EDITOR --revoke
  cargo run -- role list";
