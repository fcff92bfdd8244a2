//! Who is calling: the function `find_caller` of the database, over the tables `users`,
//! `users_to_roles`, `roles`, `signing_keys` and `database_identity`.

use super::sql::{Privilege, Routine, Sql};

/// The user with all roles, whether the key is accepted (a withdrawn one opens nothing from that
/// moment), and the identity of the database.
pub const FIND: Sql = Sql::new(
    "SELECT find_caller($1, $2, to_timestamp($3))::text",
    &[Privilege::Execute(FIND_CALLER)],
);

/// The function, which runs with the caller's own rights.
const FIND_CALLER: Routine = Routine {
    name: "find_caller",
    arguments: "int, text, timestamptz",
    needs: &[
        Privilege::Select("users", &["id", "username", "email"]),
        Privilege::Select("roles", &["id", "name"]),
        Privilege::Select("users_to_roles", &["user_id", "role_id"]),
        Privilege::Select("signing_keys", &["kid", "accepted_until"]),
        Privilege::Select("database_identity", &["id"]),
    ],
};

/// The user of that name who existed when the legacy app's database became ours, with all roles.
/// A database that never was the legacy app's has no row in `adoption`, and this gives none.
pub const FIND_ADOPTED: Sql = Sql::new(
    "SELECT find_caller(u.id, '', now())::text \
     FROM adoption AS a JOIN users AS u ON u.id <= a.last_user_id WHERE u.username = $1",
    &[
        Privilege::Execute(FIND_CALLER),
        Privilege::Select("users", &["id", "username"]),
        Privilege::Select("adoption", &["last_user_id"]),
    ],
);
