//! The errors of the operator's verbs.

use std::fmt;

use shared::{Role, db};

/// Why a request was refused. Its text is the function error's `errorMessage`.
#[derive(Debug)]
pub enum Refusal {
    /// The event has no known form.
    NoSuchRequest,
    /// `limit` is out of range.
    BadLimit,
    /// `connection_limit` is out of range.
    BadConnectionLimit,
    /// There is no user with that name or id.
    NoSuchUser,
    /// The user isn't deleted, for this reason.
    UserKept(String),
    /// The name breaks [`Role::RULE`].
    BadRole,
    /// There is no role with that name.
    NoSuchRole,
    /// The legacy app's roles can't be removed.
    BuiltInRole,
    /// A role isn't removed while users have it.
    RoleHeld {
        /// How many.
        users: i64,
    },
    /// The user has so many roles that another one isn't granted.
    TooManyRoles,
    /// The signing key can't be used, for this reason.
    SigningKey(String),
    /// The secret has no second key to promote.
    NoNewKey,
    /// The new key isn't in `signing_keys` yet.
    KeyNotPublished,
    /// A cache may still hold a key set without the new key.
    KeyTooYoung {
        /// The seconds until no cache can.
        wait: i64,
    },
    /// The secret still holds the key that is to be withdrawn.
    KeyInUse,
    /// No key has that `kid`.
    NoSuchKey,
    /// A migration failed, for this reason.
    Migration(String),
    /// Something that isn't ours has a name that migrations need, a sentence each.
    InTheWay(Vec<String>),
    /// The logins can't be made, for this reason.
    Logins(String),
    /// The legacy app's database can't be adopted.
    #[cfg(feature = "legacy")]
    Adoption(legacy::adoption::Error),
    /// The database failed.
    Database(db::Error),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchRequest => f.write_str(
                "The event must be one of {\"verb\":\"migrate\"}, optionally with \"check\", \
                 \"new_database_id\" or \"new_proof_key\"; {\"verb\":\"logins\"}, optionally with \"iam\" and \
                 \"connection_limit\"; {\"verb\":\"check_promotion\"}; \
                 {\"verb\":\"withdraw_key\",\"kid\":\"…\"}; \
                 {\"verb\":\"grant\",\"username\":\"…\",\"role\":\"ROLE_…\"}, or \"id\" instead of \
                 \"username\"; the same with \"revoke\"; \
                 {\"verb\":\"sign_out\",\"username\":\"…\"}, or \"id\"; the same with \
                 \"disable\", \"enable\", \"delete\"; {\"verb\":\"list\"}, optionally with \
                 \"unreadable\", \"after\" and \"limit\"; {\"verb\":\"add_role\",\"role\":\"ROLE_…\"}; \
                 {\"verb\":\"remove_role\",\"role\":\"ROLE_…\"}, optionally with \"revoke\"; \
                 {\"verb\":\"list_roles\"}.",
            ),
            Self::BadLimit => f.write_str("`limit` must be from 1 to 1000."),
            Self::BadConnectionLimit => {
                f.write_str("`connection_limit` must be from 1 to 1000000.")
            }
            Self::NoSuchUser => f.write_str(
                "No user has that name or id; names are compared exactly, and `list` shows both.",
            ),
            Self::UserKept(cause) => {
                write!(f, "The user can't be deleted, and nothing was changed: {cause}.")
            }
            Self::BadRole => f.write_str(Role::RULE),
            Self::NoSuchRole => f.write_str(
                "No role has that name; names are compared exactly, and `role list` shows them.",
            ),
            Self::BuiltInRole => {
                f.write_str("ROLE_USER, ROLE_MODERATOR and ROLE_ADMIN can't be removed.")
            }
            Self::RoleHeld { users } => write!(
                f,
                "Users that have this role: {users}. Revoke it from them first, or let the removal \
                 do so: `--revoke`, in the event \"revoke\":true."
            ),
            Self::TooManyRoles => write!(
                f,
                "The names of the user's roles would have more than {} bytes: revoke one first.",
                Role::MAX_BYTES_OF_A_USER
            ),
            Self::SigningKey(cause) => write!(f, "The signing key can't be used: {cause}."),
            Self::NoNewKey => f.write_str("There is no new key: add one first."),
            Self::KeyNotPublished => f.write_str(
                "The new key isn't published, so no service could verify its tokens: migrate \
                 first.",
            ),
            Self::KeyTooYoung { wait } => write!(
                f,
                "Other services may still cache the public keys without the new one: promote it in \
                 {wait} s."
            ),
            Self::KeyInUse => f.write_str(
                "The secret still names that key: promote another first, or withdraw the new one.",
            ),
            Self::NoSuchKey => f.write_str("No signing key has that kid."),
            Self::Migration(cause) => write!(f, "The migration stopped: {cause}."),
            Self::InTheWay(obstacles) => write!(
                f,
                "This database can't be migrated yet, and nothing was changed: {}.",
                obstacles.join("; ")
            ),
            Self::Logins(cause) => write!(f, "The logins can't be made: {cause}."),
            #[cfg(feature = "legacy")]
            Self::Adoption(error) => error.fmt(f),
            Self::Database(error) => write!(f, "The request failed: {error}."),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<db::Error> for Refusal {
    fn from(error: db::Error) -> Self {
        Self::Database(error)
    }
}

impl From<tokio_postgres::Error> for Refusal {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}

#[cfg(feature = "legacy")]
impl From<legacy::adoption::Error> for Refusal {
    fn from(error: legacy::adoption::Error) -> Self {
        Self::Adoption(error)
    }
}

impl From<Refusal> for lambda_runtime::Diagnostic {
    fn from(refusal: Refusal) -> Self {
        Self { error_type: "Refusal".into(), error_message: refusal.to_string() }
    }
}
