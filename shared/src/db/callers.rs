//! The authorizer's queries, through the SQL function `authorize` of
//! `migrations/V8__session_functions.sql`.

use super::sql::{Privilege, Routine, Sql};

/// The user with all roles, whether the token signs them in, whether the key is accepted (false from
/// its withdrawal on), and the identity of the database. Notes the use of the token's session.
pub const AUTHORIZE: Sql = Sql::new(
    "SELECT authorize($1, $2, $3, $4, $5, to_timestamp($6))::text",
    &[Privilege::Execute(AUTHORIZE_TOKEN)],
);

const AUTHORIZE_TOKEN: Routine =
    Routine::of_owner("authorize", "int, uuid, int, bytea, text, timestamptz");

/// What [`AUTHORIZE`] finds for a token of the legacy app, by its user's name, if the account existed
/// at the adoption of the legacy app's database. A database that wasn't adopted has no row in
/// `adoption`: no user is found.
pub const FIND_ADOPTED: Sql = Sql::new(
    "SELECT authorize(u.id, NULL, NULL, $2, '', to_timestamp($3))::text \
     FROM adoption AS a JOIN users AS u ON u.id <= a.last_user_id WHERE u.username = $1",
    &[
        Privilege::Execute(AUTHORIZE_TOKEN),
        Privilege::Select("users", &["id", "username"]),
        Privilege::Select("adoption", &["last_user_id"]),
    ],
);

/// What the authorizer of the last release asks.
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
