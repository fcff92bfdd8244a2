//! The limits on sign-ups.

use super::charges::Charges;
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
        network.charges(PURPOSE, self.0, 10).collect()
    }
}
