//! How an attempt was counted.

use super::charges::{Charge, Charges};
use super::key::Kind;
use crate::error::{Error, RateLimited, SecurityEvent};

/// An attempt that was refused.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Over {
    /// Which key had spent its budget.
    pub by: Kind,
    /// The seconds until it has one attempt again.
    pub wait: f64,
}

impl Over {
    /// The error of a request that guesses no password.
    pub fn refused(self) -> Error {
        Error::RateLimited(self.answered(SecurityEvent::of("excess_rate_limit_exceeded", None)))
    }

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

/// An attempt that was counted: what is given back if the password proves right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refund {
    charges: Charges,
    charged_until: Vec<i64>,
}

impl Refund {
    /// Nothing to give back.
    pub const NONE: Self = Self { charges: Charges::NONE, charged_until: Vec::new() };

    /// What was charged, and until when the attempts of each key were spent then, in microseconds since
    /// 1970.
    pub const fn new(charges: Charges, charged_until: Vec<i64>) -> Self {
        Self { charges, charged_until }
    }

    /// Each charge, and until when the attempts of its key were spent.
    pub fn iter(&self) -> impl Iterator<Item = (&Charge, i64)> {
        self.charges.iter().zip(self.charged_until.iter().copied())
    }
}
