//! The tables `mails` and `one_time_secrets`, through the SQL functions of
//! `migrations/V15__outbox_functions.sql`, `V16__one_time_functions.sql` and `V17__notice_functions.sql`.

use super::limits::{FIND_PROOF_SECRET, GIVE_BACK};
use super::sql::{Privilege, Routine, Sql};

/// Counts an attempt, and asks for a mail to an address, whether or not a user has it.
pub const ASK: Sql = Sql::new(
    "SELECT counted, wait, refused_by FROM ask_mail($1, $2, $3, $4, $5, $6, to_timestamp($7))",
    &[Privilege::Execute(Routine::of_owner(
        "ask_mail",
        "text, text, text, bytea[], float8[], int[], timestamptz",
    ))],
);

/// Counts a request, and asks for the mails of a change of address, after the password was verified: `asked`,
/// `signed_out`, `conflict` if the hash is another one, or `refused`. The charge of the guess, which was
/// right, is given back.
pub const ASK_CHANGE: Sql = Sql::new(
    "SELECT c.outcome, c.counted, c.wait, c.refused_by, \
         give_back($11, $12, $13, to_timestamp($10)) \
     FROM ask_email_change($1, $2, $3, $4, $5, $6, $7, $8, $9, to_timestamp($10)) AS c",
    &[
        Privilege::Execute(Routine::of_owner(
            "ask_email_change",
            "int, uuid, bytea, text, text, text, bytea[], float8[], int[], timestamptz",
        )),
        Privilege::Execute(GIVE_BACK),
    ],
);

/// Takes mails that are due.
pub const CLAIM: Sql = Sql::new(
    "SELECT id, kind, address, language, floor(extract(epoch FROM mail_asked_at))::int8 AS asked_at, \
         attempts, user_id, username, email, verified_email, owner_id, owner_email \
     FROM claim_mails(to_timestamp($1), $2)",
    &[Privilege::Execute(Routine::of_owner("claim_mails", "timestamptz, int"))],
);

/// Stores the hashes of a secret before its mail leaves.
pub const STORE_SECRET: Sql = Sql::new(
    "SELECT store_secret($1, $2, $3, $4, $5, to_timestamp($6), to_timestamp($7)) AS is_stored",
    &[Privilege::Execute(Routine::of_owner(
        "store_secret",
        "text, int, text, bytea, bytea, timestamptz, timestamptz",
    ))],
);

/// Removes a mail that was sent or never will be.
pub const FINISH: Sql = Sql::new(
    "SELECT FROM finish_mail($1, to_timestamp($2))",
    &[Privilege::Execute(Routine::of_owner("finish_mail", "bigint, timestamptz"))],
);

/// Counts an attempt, and finds the user whose password a secret may reset.
pub const TRY_RESET: Sql = Sql::new(
    "SELECT counted, wait, refused_by, user_id, username, email \
     FROM try_reset($1, $2, $3, $4, $5, $6, to_timestamp($7))",
    &[Privilege::Execute(Routine::of_owner(
        "try_reset",
        "bytea, bytea, text, bytea[], float8[], int[], timestamptz",
    ))],
);

/// Sets a password by a secret, and reads the secret of client proofs; NULL if another request has used it
/// first.
pub const RESET: Sql = Sql::new(
    "SELECT find_proof_secret() AS proof_secret, \
         reset_password($1, $2, $3, $4, $5, $6, to_timestamp($7)) AS user_id",
    &[
        Privilege::Execute(Routine::of_owner(
            "reset_password",
            "bytea, bytea, text, text, text, bytea, timestamptz",
        )),
        Privilege::Execute(FIND_PROOF_SECRET),
    ],
);

/// Counts an attempt, and proves the mailbox of a secret.
pub const VERIFY: Sql = Sql::new(
    "SELECT counted, wait, refused_by, user_id, username, email, taken \
     FROM verify_email($1, $2, $3, $4, $5, $6, $7, $8, to_timestamp($9))",
    &[Privilege::Execute(Routine::of_owner(
        "verify_email",
        "bytea, bytea, text, bytea[], float8[], int[], text, bytea, timestamptz",
    ))],
);

/// What asks a new user to verify their address.
pub(super) const ASK_NEW_USER: Routine =
    Routine::of_owner("ask_new_user", "int, text, bytea[], float8[], int[], timestamptz");

/// What takes back what mails let their readers do after a new password, and notifies the user of it.
pub(super) const NOTIFY_PASSWORD_CHANGED: Routine = Routine::of_owner(
    "notify_password_changed",
    "int, text, bytea[], float8[], int[], timestamptz",
);

/// What notifies a user of a sign-in by a new client.
pub(super) const NOTIFY_NEW_CLIENT: Routine =
    Routine::of_owner("notify_new_client", "int, text, bytea[], float8[], int[], timestamptz");

/// What says whether a user's address is verified.
pub(super) const HAS_VERIFIED_EMAIL: Routine = Routine::of_owner("has_verified_email", "int");

/// The functions that these call. Nobody but their owner may.
pub const HELPERS: [Routine; 6] = [
    Routine::of_owner("user_state", "int"),
    Routine::of_owner("mailbox", "text"),
    Routine::of_owner("find_by_address", "text"),
    Routine::of_owner("put_mail", "text, int, text, text, timestamptz"),
    Routine::of_owner("void_secrets", "int, text[], bigint"),
    Routine::of_owner("find_secret", "text[], bytea, bytea, text, bytea, timestamptz"),
];
