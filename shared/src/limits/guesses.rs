//! The limits on guesses of a password.

use super::budget::Budget;
use super::charges::{Charge, Charges};
use super::key::{Key, Kind};
use super::network::Network;
use crate::environment::Environment;
use crate::user_id::UserId;
use crate::username::Username;

/// `GUESSES_PER_ACCOUNT` and `GUESSES_PER_NETWORK`, each in any 24 hours; `None` is `off`.
#[derive(Debug, Clone, Copy)]
pub struct Guesses {
    per_account: Option<u32>,
    per_network: Option<u32>,
}

const PURPOSE: &str = "guess";

impl Guesses {
    /// Reads the settings.
    pub fn from_env(env: &mut Environment) -> Self {
        let per_account = per_account(env);
        Self { per_account, per_network: per_network(env) }
    }

    /// Whether a client that has signed in before has a budget of its own: not without a limit per
    /// account.
    pub fn know_clients(env: &mut Environment) -> bool {
        per_account(env).is_some()
    }

    /// The key of the account with this normalized name, whether or not there is one.
    ///
    /// The name is the normalized one: otherwise each spelling would have a budget of its own.
    pub fn account(normalized: &str) -> Key {
        Key::new(PURPOSE, Kind::Account, &[normalized.as_bytes()])
    }

    /// What the guess of a client with a proof of this class for this user is charged to.
    pub fn of_client(&self, user_id: UserId, class: u8) -> Charges {
        let id = user_id.get().to_be_bytes();
        let charge = self.per_account.map(|n| Charge {
            kind: Kind::Client,
            key: Key::new(PURPOSE, Kind::Client, &[&id, &[class]]),
            budget: Budget::per_day(n, n / 5),
        });
        charge.into_iter().collect()
    }

    /// What a stranger's guess is charged to.
    pub fn of_stranger(&self, username: &Username, network: &Network) -> Charges {
        let (name, narrow) = (username.normalized(), network.narrow());
        let charge = |kind, value: &[&[u8]], attempts: u32, burst: u32| Charge {
            kind,
            key: Key::new(PURPOSE, kind, value),
            budget: Budget::per_day(attempts, burst),
        };
        let account = self.per_account.map(|n| charge(Kind::Account, &[name.as_bytes()], n, n / 5));
        let per_account = self.per_account.filter(|_| !network.is_unlimited);
        let pair =
            per_account.map(|n| charge(Kind::Pair, &[name.as_bytes(), &narrow], n / 2, n / 10));
        let of_network = network.charges(PURPOSE, self.per_network, 50);
        [account, pair].into_iter().flatten().chain(of_network).collect()
    }
}

/// `GUESSES_PER_ACCOUNT`, for guesses of a password by a user who is signed in; `None` is `off`.
#[derive(Debug, Clone, Copy)]
pub struct OwnGuesses(Option<u32>);

impl OwnGuesses {
    /// Reads the setting.
    pub fn from_env(env: &mut Environment) -> Self {
        Self(per_account(env))
    }

    /// What a guess by a signed-in user of their own password is charged to.
    pub fn of(&self, user_id: UserId) -> Charges {
        let id = user_id.get().to_be_bytes();
        let charge = self.0.map(|n| Charge {
            kind: Kind::Caller,
            key: Key::new(PURPOSE, Kind::Caller, &[&id]),
            budget: Budget::per_day(n, n / 5),
        });
        charge.into_iter().collect()
    }
}

fn per_account(env: &mut Environment) -> Option<u32> {
    env.number_or_off("GUESSES_PER_ACCOUNT", 100, 10..=10_000)
}

/// `GUESSES_PER_NETWORK`.
pub(super) fn per_network(env: &mut Environment) -> Option<u32> {
    env.number_or_off("GUESSES_PER_NETWORK", 3_000, 100..=1_000_000)
}
