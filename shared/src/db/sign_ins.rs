//! The table `sign_ins`, through the SQL functions of `migrations/V8__session_functions.sql`,
//! `V9__own_sessions.sql` and `V11__sign_out.sql`.

use super::limits::GIVE_BACK;
use super::mails::NOTIFY_NEW_CLIENT;
use super::sql::{Privilege, Routine, Sql};

/// Starts a session, unless the user is disabled or all their sessions have ended since the epoch was
/// read. If it starts, the charge of the attempt is given back, and the user is notified of a new client,
/// unless the languages are NULL.
pub const START: Sql = Sql::new(
    "SELECT s.has_started, \
         CASE WHEN s.has_started THEN give_back($13, $14, $15, to_timestamp($8)) END, \
         CASE WHEN s.has_started AND $16::text IS NOT NULL \
             THEN notify_new_client($2, $16, $17, $18, $19, to_timestamp($8)) END \
     FROM start_session($1, $2, $3, $4, $5, $6, $7, to_timestamp($8), to_timestamp($9), $10, \
         $11, $12) AS s (has_started)",
    &[
        Privilege::Execute(Routine::of_owner(
            "start_session",
            "uuid, int, int, text, text, bytea, bytea, timestamptz, timestamptz, int, text, text",
        )),
        Privilege::Execute(GIVE_BACK),
        Privilege::Execute(NOTIFY_NEW_CLIENT),
    ],
);

/// Exchanges a refresh token.
pub const REFRESH: Sql = Sql::new(
    "SELECT outcome, user_id, client_id, generation, salt, \
         floor(extract(epoch FROM expires_at))::int8 AS expires_at, kids, database_id, roles \
     FROM refresh_session($1, $2, $3, $4, $5, to_timestamp($6), make_interval(secs => $7), $8, $9)",
    &[Privilege::Execute(Routine::of_owner(
        "refresh_session",
        "uuid, bytea, bytea, bytea, bytea, timestamptz, interval, text, text",
    ))],
);

/// Signs out by an access token and by refresh tokens.
pub const SIGN_OUT: Sql = Sql::new(
    "SELECT is_accepted, ended_user_id, ended_session_id \
     FROM sign_out($1, $2, $3, $4, $5, to_timestamp($6), $7, $8, $9, $10, to_timestamp($11))",
    &[Privilege::Execute(Routine::of_owner(
        "sign_out",
        "int, uuid, bytea, text, text, timestamptz, uuid, bytea, uuid, bytea, timestamptz",
    ))],
);

/// The caller's sessions.
pub const LIST: Sql = Sql::new(
    "SELECT list_sessions($1, $2, $3, to_timestamp($4))::text",
    &[Privilege::Execute(Routine::of_owner("list_sessions", "int, uuid, bytea, timestamptz"))],
);

/// Ends one of them.
pub const REVOKE: Sql = Sql::new(
    "SELECT revoke_session($1, $2, $3, $6, to_timestamp($4), $5)",
    &[Privilege::Execute(Routine::of_owner(
        "revoke_session",
        "int, uuid, bytea, uuid, timestamptz, bytea",
    ))],
);

/// Ends all of them, or all but the caller's own.
pub const END_ALL: Sql = Sql::new(
    "SELECT end_sessions($1, $2, $3, $6, to_timestamp($4), $5)",
    &[Privilege::Execute(Routine::of_owner(
        "end_sessions",
        "int, uuid, bytea, boolean, timestamptz, bytea",
    ))],
);

/// Ends the caller's token, which has no session.
pub const END_OWN_TOKEN: Sql = Sql::new(
    "SELECT end_own_token($1, $2, to_timestamp($3), to_timestamp($4), $5)",
    &[Privilege::Execute(Routine::of_owner(
        "end_own_token",
        "int, bytea, timestamptz, timestamptz, bytea",
    ))],
);

/// The functions that these and others call. Nobody but their owner may.
pub const HELPERS: [Routine; 5] = [
    Routine::of_owner("is_live", "timestamptz, timestamptz, timestamptz, int, timestamptz"),
    Routine::of_owner("is_signed_in", "int, uuid, bytea, timestamptz"),
    Routine::of_owner("find_issuer", ""),
    Routine::of_owner("end_token", "bytea, timestamptz, timestamptz"),
    Routine::of_owner("note_ended", "bytea, int, timestamptz"),
];
