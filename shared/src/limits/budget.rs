//! How many attempts a key has.

/// Attempts at once, and the pace at which they come back: the generic cell rate algorithm (ITU-T I.371),
/// which is exact over any 24 hours and needs one time for each key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    burst: i32,
    /// Whole microseconds, which PostgreSQL's intervals keep exactly.
    every_micros: i64,
}

const DAY_MICROS: i64 = 86_400_000_000;

impl Budget {
    /// At most `attempts` in any 24 hours, and at most `burst` of them at once, which are fewer.
    pub fn per_day(attempts: u32, burst: u32) -> Self {
        let (attempts, burst) =
            (i64::from(attempts), burst.clamp(1, attempts.saturating_sub(1).max(1)));
        let refilled = (attempts - i64::from(burst)).max(1);
        let every_micros = DAY_MICROS / refilled + i64::from(DAY_MICROS % refilled > 0);
        Self { burst: i32::try_from(burst).unwrap_or(i32::MAX), every_micros }
    }

    /// The attempts at once.
    pub const fn burst(self) -> i32 {
        self.burst
    }

    /// The seconds after which one attempt comes back.
    #[expect(clippy::cast_precision_loss, reason = "a day in microseconds has 37 bits")]
    pub const fn every(self) -> f64 {
        self.every_micros as f64 / 1e6
    }

    /// Charges an attempt at `now` to a key whose attempts are spent until `spent_until`, and returns until
    /// when they are then; or how long the caller has to wait. All in microseconds since 1970.
    pub const fn charge(self, spent_until: Option<i64>, now: i64) -> Result<i64, i64> {
        let spent_until = match spent_until {
            Some(spent_until) if spent_until > now => spent_until,
            _ => now,
        };
        let slack = self.every_micros.saturating_mul((self.burst - 1) as i64);
        let wait = spent_until.saturating_sub(now).saturating_sub(slack);
        if wait > 0 { Err(wait) } else { Ok(spent_until.saturating_add(self.every_micros)) }
    }

    /// Until when the attempts of a key are spent without what is left at `now` of the charge that made
    /// it `charged_until`. Of what others were charged since, it takes at most the time between the two.
    pub fn give_back(self, spent_until: i64, charged_until: i64, now: i64) -> i64 {
        spent_until - charged_until.saturating_sub(now).clamp(0, self.every_micros)
    }
}
