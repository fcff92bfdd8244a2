//! Mails: the requests for them, what they say, and what their secrets do.

pub(crate) mod mailbox;
mod requests;

use crate::check::Check;

/// The checks that may run side by side.
pub(crate) fn checks() -> Vec<Check> {
    [requests::checks()].into_iter().flatten().collect()
}

/// The route that asks for a reset.
pub(crate) const FORGOT: &str = "/api/auth/forgot-password";
/// The route that asks for a verification.
pub(crate) const REQUEST_VERIFY: &str = "/api/auth/request-verify-token";
