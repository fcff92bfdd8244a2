//! What an operator does to a user of the table `users`, each in one transaction that begins with
//! [`FIND`].

use super::sql::Sql;

/// Finds the user by name or id, and locks the row.
pub const FIND: Sql = Sql::for_owner(
    "SELECT id, username, \
         to_char(disabled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS disabled_at \
     FROM users WHERE username::text = $1 OR id = $2 FOR UPDATE",
);

/// Refuses sign-ins under way, and tokens without a session.
pub const NEXT_EPOCH: Sql =
    Sql::for_owner("UPDATE users SET session_epoch = session_epoch + 1 WHERE id = $1");

/// Ends all sessions, and counts those that weren't over.
pub const END: Sql = Sql::for_owner(
    "WITH gone AS ( \
         DELETE FROM sign_ins WHERE user_id = $1 \
         RETURNING is_live(reused_at, expires_at, used_at, idle_seconds, to_timestamp($2)) AS was_live \
     ) \
     SELECT count(*) FILTER (WHERE was_live) AS ended FROM gone",
);

/// Disables the user, unless that has happened before.
pub const DISABLE: Sql = Sql::for_owner(
    "UPDATE users SET disabled_at = coalesce(disabled_at, to_timestamp($2)) WHERE id = $1 \
     RETURNING to_char(disabled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') \
         AS disabled_at",
);

/// Enables the user.
pub const ENABLE: Sql = Sql::for_owner("UPDATE users SET disabled_at = NULL WHERE id = $1");

/// Deletes the user.
pub const DELETE: Sql = Sql::for_owner("DELETE FROM users WHERE id = $1 RETURNING id");
