//! The limits on sign-ups.

use super::budget::Budget;
use super::charges::{Charge, Charges};
use super::key::{Key, Kind};
use super::network::Network;
use crate::environment::Environment;

/// `SIGNUPS_PER_NETWORK` in any 24 hours; `None` is `off`.
#[derive(Debug, Clone, Copy)]
pub struct Signups(Option<u32>);

const PURPOSE: &str = "signup";

impl Signups {
    /// Reads the setting.
    pub fn from_env(env: &mut Environment) -> Self {
        Self(env.number_or_off("SIGNUPS_PER_NETWORK", 400, 20..=1_000_000))
    }

    /// What a sign-up is charged to.
    pub fn of(&self, network: &Network) -> Charges {
        let Some(attempts) = self.0.filter(|_| !network.is_unlimited) else {
            return Charges::default();
        };
        let charge = |kind, value: &[u8], attempts: u32| Charge {
            kind,
            key: Key::new(PURPOSE, kind, &[value]),
            budget: Budget::per_day(attempts, attempts / 10),
        };
        let wide = network.wide().map(|wide| charge(Kind::WideNetwork, &wide, 4 * attempts));
        [Some(charge(Kind::Network, &network.narrow(), attempts)), wide]
            .into_iter()
            .flatten()
            .collect()
    }
}
