//! The limits on attempts with the links and codes of mails.

use super::budget::Budget;
use super::charges::{Charge, Charges};
use super::guesses;
use super::key::{Key, Kind};
use super::network::Network;
use crate::email::AskedEmail;
use crate::environment::Environment;

/// `GUESSES_PER_NETWORK` in any 24 hours; `None` is `off`. The limit on codes per mailbox is always on.
#[derive(Debug, Clone, Copy)]
pub struct OneTimeAttempts(Option<u32>);

/// Five at once and one more each 12 minutes. A mailbox has a few codes of 40 bits at once, so the six
/// attempts of ten minutes find one with a chance below 1 in 10^10.
fn codes_per_mailbox() -> Budget {
    Budget::per_day(125, 5)
}

const PURPOSE: &str = "one_time";

impl OneTimeAttempts {
    /// Reads the setting.
    pub fn from_env(env: &mut Environment) -> Self {
        Self(guesses::per_network(env))
    }

    /// What an attempt with a link is charged to. A stranger who spends the attempts with codes of a mailbox
    /// leaves its links.
    pub fn of_link(&self, network: &Network) -> Charges {
        network.charges(PURPOSE, self.0, 50).collect()
    }

    /// What an attempt with a code is charged to, whether or not a user has the address.
    pub fn of_code(&self, purpose: &str, address: &AskedEmail, network: &Network) -> Charges {
        let folded = address.folded();
        let value = [purpose.as_bytes(), folded.as_bytes()];
        let per_mailbox = Charge {
            kind: Kind::Mailbox,
            key: Key::new(PURPOSE, Kind::Mailbox, &value),
            budget: codes_per_mailbox(),
        };
        [per_mailbox].into_iter().chain(network.charges(PURPOSE, self.0, 50)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_charged_to_its_mailbox_and_a_link_to_the_network_alone() {
        let attempts = OneTimeAttempts::from_env(&mut Environment::default());
        let network = Network::new(Some("203.0.113.1".parse().unwrap()));
        let of_code = |purpose: &str, address: &str| {
            let address = AskedEmail::parse(address.to_owned()).unwrap();
            attempts.of_code(purpose, &address, &network)
        };
        let kinds = |charges: &Charges| charges.iter().map(|it| it.kind).collect::<Vec<_>>();
        assert_eq!(kinds(&attempts.of_link(&network)), [Kind::Network]);
        assert_eq!(kinds(&of_code("reset", "a@b")), [Kind::Mailbox, Kind::Network]);
        assert_eq!(of_code("reset", "A@B"), of_code("reset", "a@b"));
        assert_ne!(of_code("verify", "a@b"), of_code("reset", "a@b"));
        let budget = of_code("reset", "a@b").iter().next().unwrap().budget;
        assert_eq!((budget.burst(), budget.every()), (5, 720.0));
    }
}
