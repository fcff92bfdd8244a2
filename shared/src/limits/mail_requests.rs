//! The limits on requests for mails.

use super::budget::Budget;
use super::charges::{Charge, Charges};
use super::key::{Key, Kind};
use super::network::Network;
use crate::email::AskedEmail;
use crate::environment::Environment;
use crate::user_id::UserId;

/// `MAILS_PER_NETWORK` in any 24 hours; `None` is `off`. The limit per mailbox is always on.
#[derive(Debug, Clone, Copy)]
pub struct MailRequests(Option<u32>);

const PURPOSE: &str = "mail";

/// Three at once and one more each hour: a link is valid for an hour, so that a stranger who asks all day leaves
/// the owner of the mailbox with one that works.
pub(super) fn per_mailbox() -> Budget {
    Budget::per_day(27, 3)
}

impl MailRequests {
    /// Reads the setting.
    pub fn from_env(env: &mut Environment) -> Self {
        Self(env.number_or_off("MAILS_PER_NETWORK", 250, 25..=1_000_000))
    }

    /// What a request for a mail of this kind is charged to, whether or not a user has the address.
    pub fn of(&self, kind: &str, address: &AskedEmail, network: &Network) -> Charges {
        let of_mailbox = [of_mailbox(kind, address)];
        of_mailbox.into_iter().chain(network.charges(PURPOSE, self.0, 25)).collect()
    }

    /// What a change to an address by a signed-in user is charged to: the user's present mailbox, which is
    /// notified, may be another person's.
    pub fn of_change(&self, user_id: UserId, address: &AskedEmail, network: &Network) -> Charges {
        let by_user = Charge {
            kind: Kind::Caller,
            key: Key::new(PURPOSE, Kind::Caller, &[&user_id.get().to_be_bytes()]),
            budget: per_mailbox(),
        };
        [by_user].into_iter().chain(self.of("change", address, network).iter().copied()).collect()
    }

    /// What the mail to a new user is charged to. Requests to verify the address have a budget of their own:
    /// what is left of it would otherwise reveal a sign-up.
    pub fn of_new_user(address: &AskedEmail) -> Charges {
        [of_mailbox("new_user", address)].into_iter().collect()
    }
}

fn of_mailbox(kind: &str, address: &AskedEmail) -> Charge {
    Charge {
        kind: Kind::Mailbox,
        key: Key::new(PURPOSE, Kind::Mailbox, &[kind.as_bytes(), address.folded().as_bytes()]),
        budget: per_mailbox(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(kind: &str, address: &str, network: &str, setting: &str) -> Vec<(Kind, Key)> {
        let mut env = Environment::from_iter([("MAILS_PER_NETWORK", setting)]);
        let requests = MailRequests::from_env(&mut env);
        let address = AskedEmail::parse(address.to_owned()).unwrap();
        let network = Network::new(Some(network.parse().unwrap()));
        let charges = requests.of(kind, &address, &network);
        charges.iter().map(|charge| (charge.kind, charge.key)).collect()
    }

    #[test]
    fn the_spellings_of_a_mailbox_share_a_budget_for_each_kind() {
        let of = |kind: &str, address: &str| keys(kind, address, "203.0.113.1", "off");
        let ada = of("reset", "ada@bücher.example");
        assert_eq!(ada.len(), 1);
        for same in ["ADA@BÜCHER.Example", "Ada@bu\u{308}cher.example"] {
            assert_eq!(of("reset", same), ada, "{same}");
        }
        for other in ["ad\u{e4}@bücher.example", "\u{212a}ada@bücher.example"] {
            assert_ne!(of("reset", other), ada, "{other}");
        }
        assert_ne!(of("reset", "ı@x.example"), of("reset", "i@x.example"));
        assert_ne!(of("verify", "ada@bücher.example"), ada);
    }

    #[test]
    fn a_mailbox_has_three_mails_at_once_and_one_an_hour() {
        assert_eq!((per_mailbox().burst(), per_mailbox().every()), (3, 3_600.0));
    }

    #[test]
    fn a_network_is_an_address_or_two_prefixes_of_ipv6() {
        let kinds = |network: &str, setting: &str| {
            let keys = keys("reset", "a@b", network, setting);
            keys.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>()
        };
        assert_eq!(kinds("203.0.113.1", ""), [Kind::Mailbox, Kind::Network]);
        assert_eq!(kinds("2001:db8::1", ""), [Kind::Mailbox, Kind::Network, Kind::WideNetwork]);
        assert_eq!(kinds("2001:db8::1", "off"), [Kind::Mailbox]);
    }
}
