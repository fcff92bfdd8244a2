//! Mails: the requests for them, what they say, and what their secrets do.

mod bodies;
mod change;
mod codes;
pub(crate) mod mailbox;
mod races;
mod requests;
mod reset;
mod scanners;
mod uses;
mod verification;
mod void;

use crate::check::Check;
pub(crate) use uses::{CHANGE, RESET, VERIFY};

/// The checks that may run side by side.
pub(crate) fn checks() -> Vec<Check> {
    let all = [
        requests::checks(),
        reset::checks(),
        codes::checks(),
        verification::checks(),
        change::checks(),
        races::checks(),
        void::checks(),
        bodies::checks(),
        scanners::checks(),
    ];
    all.into_iter().flatten().collect()
}

/// The route that asks for a reset.
pub(crate) const FORGOT: &str = "/api/auth/forgot-password";
/// The route that asks for a verification.
pub(crate) const REQUEST_VERIFY: &str = "/api/auth/request-verify-token";
