//! V1's index for the sign-up's lookup of an e-mail address.

use super::catalog::{Index, Table};
use super::step::{Step, Work};

pub(super) const NAME: &str = "users_mailbox_idx";

const COLUMNS: &str = "(left(email::text, strpos(email::text, '@'::text)) \
                       || lower(substr(email::text, strpos(email::text, '@'::text) + 1)))";

/// The definition as PostgreSQL's catalog has it.
const DEFINITION: &str = "\
    USING btree (((\"left\"(email, strpos(email, '@'::text)) \
    || lower(substr(email, (strpos(email, '@'::text) + 1))))))";

/// Whether the table has the index, valid or left invalid by an interrupted run.
pub(super) fn is_in(users: &Table) -> bool {
    users.index(NAME).is_some_and(is_ours)
}

/// The step that creates the index, unless it is there and valid.
pub(super) fn step(users: &Table) -> Option<Step> {
    let is_there = users.index(NAME).is_some_and(|index| index.valid && is_ours(index));
    let work = Work::Index { unique: false, name: NAME, table: "users", columns: COLUMNS };
    let words = "find addresses without the case of their domain, by an index";
    (!is_there).then(|| Step::new(words, vec![work]))
}

fn is_ours(index: &Index) -> bool {
    // The catalog omits the cast if the column is already text.
    !index.unique && index.definition.replace("(email)::text", "email") == DEFINITION
}
