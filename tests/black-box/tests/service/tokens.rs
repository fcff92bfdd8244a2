//! About a thousand forged tokens, each of which must get 401.

mod claims;
mod credentials;
mod encoding;
mod genuine;
mod headers;
mod json;
mod keys;
pub(crate) mod legacy;
mod rsa;
mod sessions;
mod signature;
mod subjects;

use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::check::Check;
use crate::expectation::NO_CREDENTIALS;
use crate::jws::Draft;
use crate::kind::Ability;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    [
        genuine::checks(),
        signature::checks(),
        rsa::checks(),
        encoding::checks(),
        json::checks(),
        headers::checks(),
        keys::checks(),
        legacy::checks(),
        claims::checks(),
        sessions::checks(),
        subjects::checks(),
        credentials::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The number of forgeries sent.
pub(crate) static SENT: AtomicUsize = AtomicUsize::new(0);

/// Forged tokens, each with its flaw.
#[derive(Default)]
struct Forgeries(Vec<(String, String)>);

impl Forgeries {
    fn add(&mut self, flaw: impl Into<String>, token: impl Into<String>) {
        self.0.push((flaw.into(), token.into()));
    }

    /// Sends each to an address that any valid token opens, and asserts 401 with the same text; and to
    /// introspection, where it is on.
    #[track_caller]
    fn are_refused(&self, target: &Target) {
        let mut faults = String::new();
        let own_words = target.lacks(Ability::GatewayWords).is_none();
        for (flaw, token) in &self.0 {
            let answer = target.get_as(token, "/api/auth/users/me");
            SENT.fetch_add(1, Ordering::Relaxed);
            if answer.status != 401 || own_words && !answer.text().contains(NO_CREDENTIALS) {
                let _ = writeln!(faults, "{flaw}: {} {}", answer.status, answer.text());
            }
            if !token.is_empty() && target.finds_active(token) == Some(true) {
                let _ = writeln!(faults, "{flaw}: active by introspection");
            }
        }
        assert!(faults.is_empty(), "of {} forgeries:\n{faults}", self.0.len());
    }
}

/// An existing user's token, in its parts.
#[track_caller]
fn draft(target: &Target) -> Draft {
    Draft::of(&target.ada().token)
}

/// A token signed just now, so that its `iat` is the service's present time.
#[track_caller]
fn fresh_draft(target: &Target) -> Draft {
    Draft::of(&target.token_of(&target.ada().person))
}
