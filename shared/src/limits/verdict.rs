//! How an attempt was counted.

use super::charges::Charges;
use super::key::Kind;
use crate::error::{RateLimited, SecurityEvent};

/// An attempt that was refused.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Over {
    /// Which key had spent its budget.
    pub by: Kind,
    /// The seconds until it has one attempt again.
    pub wait: f64,
}

impl Over {
    /// The error, with this event in the log.
    pub fn answered(self, event: SecurityEvent) -> RateLimited {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "1 to 86,400, whatever the clocks say"
        )]
        let retry_after = self.wait.ceil().clamp(1.0, 86_400.0) as u32;
        RateLimited { retry_after, by: self.by.name(), event }
    }
}

/// An attempt that was counted: what is given back if the password proves right. Nothing, if no key had
/// been tried shortly before, since a single attempt comes back by itself.
pub type Refund = Charges;
