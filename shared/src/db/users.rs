//! The table `users`, through the SQL functions of `migrations/V6__sign_in_and_sign_up.sql` and later
//! ones.

use super::limits::{FIND_PROOF_SECRET, GIVE_BACK};
use super::mails::{ASK_NEW_USER, HAS_VERIFIED_EMAIL, NOTIFY_PASSWORD_CHANGED};
use super::sql::{Privilege, Routine, Sql};

/// The user with this name, the signing keys and the identity of the database, in one row: a statement
/// of the last release.
pub(crate) const FIND_FOR_SIGNIN: Sql = Sql::new(
    "SELECT id, password, hashed_by, kids, database_id, roles FROM find_for_signin($1)",
    &[Privilege::Execute(Routine::of_owner("find_for_signin", "text"))],
);

/// Inserts a user with the role `ROLE_USER`, or reports the conflict, and reads the secret of client
/// proofs. A new user is asked to verify the address, unless the languages are NULL. May be sent twice.
pub const INSERT: Sql = Sql::new(
    "SELECT id, username_taken, refused, find_proof_secret() AS proof_secret, \
         CASE WHEN id IS NOT NULL AND $5::text IS NOT NULL \
             THEN ask_new_user(id, $5, $6, $7, $8, to_timestamp($9)) END \
     FROM sign_up($1, $2, $3, $4)",
    &[
        Privilege::Execute(Routine::of_owner("sign_up", "text, text, text, text")),
        Privilege::Execute(ASK_NEW_USER),
        Privilege::Execute(FIND_PROOF_SECRET),
    ],
);

/// Replaces a hash unless it has changed since it was read.
pub(crate) const REPLACE_PASSWORD: Sql = Sql::new(
    "SELECT FROM replace_password($1, $2, $3)",
    &[Privilege::Execute(Routine::of_owner("replace_password", "int, text, text"))],
);

/// What a sign-in reads: as `FIND_FOR_SIGNIN`, with the epoch of the user's sessions and whether the
/// user is disabled, the secret of client proofs, and, if `$2`, whether the address is verified.
pub const FIND_CREDENTIALS: Sql = Sql::new(
    "SELECT find_proof_secret() AS proof_secret, \
         id, password, hashed_by, session_epoch, is_disabled, kids, database_id, roles, \
         CASE WHEN $2 THEN has_verified_email(id) END AS has_verified_email \
     FROM find_credentials($1)",
    &[
        Privilege::Execute(Routine::of_owner("find_credentials", "text")),
        Privilege::Execute(FIND_PROOF_SECRET),
        Privilege::Execute(HAS_VERIFIED_EMAIL),
    ],
);

/// Counts an attempt, then reads as [`FIND_CREDENTIALS`]: with a hash only if the attempt was counted.
pub const TRY_CREDENTIALS: Sql = Sql::new(
    "SELECT counted, wait, refused_by, charged_until, proof_secret, \
         id, password, hashed_by, session_epoch, is_disabled, kids, database_id, roles, \
         CASE WHEN $7 THEN has_verified_email(id) END AS has_verified_email \
     FROM try_credentials($1, $2, $3, $4, $5, to_timestamp($6))",
    &[
        Privilege::Execute(Routine::of_owner(
            "try_credentials",
            "text, text, bytea[], float8[], int[], timestamptz",
        )),
        Privilege::Execute(HAS_VERIFIED_EMAIL),
    ],
);

/// Replaces the hash that a signed-in user's old password was verified against, and ends all other
/// sessions: `changed`, `signed_out`, or `conflict` if the hash is another one. If changed, what mails let
/// their readers do is taken back, and the user is notified, unless the languages are NULL.
pub const CHANGE_PASSWORD: Sql = Sql::new(
    "SELECT c.outcome, \
         CASE c.outcome WHEN 'changed' THEN give_back($7, $8, $9, to_timestamp($6)) END, \
         CASE c.outcome WHEN 'changed' \
             THEN notify_password_changed($1, $10, $11, $12, $13, to_timestamp($6)) END \
     FROM change_password($1, $2, $3, $4, $5, to_timestamp($6)) AS c (outcome)",
    &[
        Privilege::Execute(Routine::of_owner(
            "change_password",
            "int, uuid, bytea, text, text, timestamptz",
        )),
        Privilege::Execute(GIVE_BACK),
        Privilege::Execute(NOTIFY_PASSWORD_CHANGED),
    ],
);

/// What the password of a signed-in user is verified against, and the user's names: a statement of the
/// last release.
pub(crate) const FIND_OWN_CREDENTIALS: Sql = Sql::new(
    "SELECT password, hashed_by, username, email \
     FROM find_own_credentials($1, $2, $3, to_timestamp($4))",
    &[Privilege::Execute(Routine::of_owner(
        "find_own_credentials",
        "int, uuid, bytea, timestamptz",
    ))],
);

/// Counts an attempt, and reads what the password of a signed-in user is verified against, with a hash only
/// if the attempt was counted, and the user's names.
pub const TRY_OWN_CREDENTIALS: Sql = Sql::new(
    "SELECT counted, wait, refused_by, charged_until, password, hashed_by, username, email \
     FROM try_own_credentials($1, $2, $3, to_timestamp($4), $5, $6, $7)",
    &[Privilege::Execute(Routine::of_owner(
        "try_own_credentials",
        "int, uuid, bytea, timestamptz, bytea[], float8[], int[]",
    ))],
);

/// Deletes a signed-in user whose password was verified: `deleted`, `signed_out`, `conflict` if the
/// hash is another one, or `in_use` if a table of the team's own needs the user.
pub const DELETE_ACCOUNT: Sql = Sql::new(
    "SELECT delete_account($1, $2, $3, $4, to_timestamp($5)) AS outcome",
    &[Privilege::Execute(Routine::of_owner(
        "delete_account",
        "int, uuid, bytea, text, timestamptz",
    ))],
);
