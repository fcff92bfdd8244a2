//! The table `users`, through the SQL functions of `migrations/V6__sign_in_and_sign_up.sql`.

use super::sql::{Privilege, Routine, Sql};

/// The user with this name, the signing keys and the identity of the database, in one row.
pub(crate) const FIND_FOR_SIGNIN: Sql = Sql::new(
    "SELECT id, password, hashed_by, kids, database_id FROM find_for_signin($1)",
    &[Privilege::Execute(Routine { name: "find_for_signin", arguments: "text", needs: &[] })],
);

/// Inserts a user with the role `ROLE_USER`, or reports the conflict. May be sent twice.
pub const INSERT: Sql = Sql::new(
    "SELECT id, username_taken, refused FROM sign_up($1, $2, $3, $4)",
    &[Privilege::Execute(Routine {
        name: "sign_up",
        arguments: "text, text, text, text",
        needs: &[],
    })],
);

/// Replaces a hash unless it has changed since it was read.
pub(crate) const REPLACE_PASSWORD: Sql = Sql::new(
    "SELECT FROM replace_password($1, $2, $3)",
    &[Privilege::Execute(Routine {
        name: "replace_password",
        arguments: "int, text, text",
        needs: &[],
    })],
);
