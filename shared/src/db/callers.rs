//! The authorizer's queries: the SQL function `find_caller` over the tables `users`,
//! `users_to_roles`, `roles`, `signing_keys` and `database_identity`.

use super::sql::{Privilege, Routine, Sql};

/// The user with all roles, whether the key is accepted (false from its withdrawal on), and the
/// identity of the database.
pub const FIND: Sql = Sql::new(
    "SELECT find_caller($1, $2, to_timestamp($3))::text",
    &[Privilege::Execute(FIND_CALLER)],
);

/// The function, which runs with the privileges of its caller.
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

/// What [`FIND`] finds, and whether the token signs its user in.
pub const AUTHORIZE: Sql = Sql::new(
    "SELECT authorize($1, $2, $3, $4, $5, to_timestamp($6))::text",
    &[Privilege::Execute(Routine::of_owner(
        "authorize",
        "int, uuid, int, bytea, text, timestamptz",
    ))],
);

/// The user with this name, with all roles, if the account existed at the adoption of the legacy
/// app's database. A database that wasn't adopted has no row in `adoption`: no user is found.
pub const FIND_ADOPTED: Sql = Sql::new(
    "SELECT find_caller(u.id, '', now())::text \
     FROM adoption AS a JOIN users AS u ON u.id <= a.last_user_id WHERE u.username = $1",
    &[
        Privilege::Execute(FIND_CALLER),
        Privilege::Select("users", &["id", "username"]),
        Privilege::Select("adoption", &["last_user_id"]),
    ],
);
