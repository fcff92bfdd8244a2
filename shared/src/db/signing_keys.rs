//! The table `signing_keys`.

use super::sql::{Privilege, Sql};

/// The keys that tokens may be signed with.
pub(crate) const LIST_ACCEPTED: Sql = Sql::new(
    "SELECT kid, jwk FROM signing_keys \
     WHERE accepted_until IS NULL OR accepted_until > to_timestamp($1) \
     ORDER BY signs_from DESC NULLS LAST, kid",
    &[Privilege::Select("signing_keys", &["kid", "jwk", "signs_from", "accepted_until"])],
);

/// Publishes the secret's keys, the first one for signing. The other keys are retired: accepted until
/// an end, or no longer if they never signed.
pub const PUBLISH: Sql = Sql::for_owner(
    "WITH named AS ( \
         SELECT kid, jwk, position = 1 AS is_current \
         FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n (kid, jwk, position) \
     ), published AS ( \
         INSERT INTO signing_keys AS k (kid, jwk, published_at, signs_from) \
         SELECT kid, jwk, to_timestamp($3), CASE WHEN is_current THEN to_timestamp($3) END \
         FROM named \
         ON CONFLICT (kid) DO UPDATE SET accepted_until = NULL, published_at = CASE \
             WHEN k.accepted_until <= EXCLUDED.published_at THEN EXCLUDED.published_at \
             ELSE k.published_at END, signs_from = CASE \
             WHEN EXCLUDED.signs_from IS NULL THEN k.signs_from \
             WHEN k.signs_from >= (SELECT max(signs_from) FROM signing_keys) THEN k.signs_from \
             ELSE EXCLUDED.signs_from END \
     ), retired AS ( \
         UPDATE signing_keys SET accepted_until = \
             to_timestamp(CASE WHEN signs_from IS NULL THEN $3 ELSE $4 END) \
         WHERE accepted_until IS NULL AND kid NOT IN (SELECT kid FROM named) \
         RETURNING kid \
     ) \
     SELECT kid FROM retired",
);

/// Ends the acceptance of a key at once.
pub const WITHDRAW: Sql = Sql::for_owner(
    "UPDATE signing_keys SET accepted_until = LEAST(accepted_until, to_timestamp($2)) \
     WHERE kid = $1 RETURNING kid",
);

/// The time of publication of a key that isn't retired.
pub const PUBLISHED_AT: Sql = Sql::for_owner(
    "SELECT extract(epoch FROM published_at)::int8 AS published_at FROM signing_keys \
     WHERE kid = $1 AND accepted_until IS NULL",
);
