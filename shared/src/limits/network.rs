//! The network that a request came from.

use std::net::IpAddr;

use ipnet::IpNet;

use super::budget::Budget;
use super::charges::Charge;
use super::cidr;
use super::key::{Key, Kind};
use crate::environment::Environment;
use crate::http::{Request, TrustedProxies};

/// Finds a request's network, by `TRUSTED_PROXIES` and `UNLIMITED_NETWORKS`.
#[derive(Debug, Clone, Default)]
pub struct Networks {
    proxies: TrustedProxies,
    unlimited: Vec<IpNet>,
}

/// The rule of the setting, in the words of the template's parameter.
const RULE: &str = "must be addresses or networks in CIDR notation, with commas and no spaces between, \
                    such as 203.0.113.0/24,2001:db8::/48. A network has no bits after its prefix";

impl Networks {
    /// Reads the settings.
    pub fn from_env(env: &mut Environment) -> Self {
        let unlimited = env.parsed("UNLIMITED_NETWORKS", Vec::new(), RULE, |text| {
            text.split(',').map(cidr::parse).collect()
        });
        Self { proxies: TrustedProxies::from_env(env), unlimited }
    }

    /// The network of a request.
    pub fn of(&self, request: &Request) -> Network {
        let network = Network::new(self.proxies.client_address(request));
        let is_in = |range: &IpNet| network.address.is_some_and(|it| range.contains(&it));
        Network { is_unlimited: self.unlimited.iter().any(is_in), ..network }
    }
}

/// The network that a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// The client's address; all requests without a known one are one network, which is never unlimited.
    address: Option<IpAddr>,
    /// Whether it is one of `UNLIMITED_NETWORKS`, such as a team's own server that signs users in: its
    /// attempts count for the account alone.
    pub is_unlimited: bool,
}

impl Network {
    /// The network of an address. An IPv4 address that is written as one of IPv6 (RFC 4291 §2.5.5.2)
    /// counts as IPv4.
    pub fn new(address: Option<IpAddr>) -> Self {
        Self { address: address.map(|address| address.to_canonical()), is_unlimited: false }
    }

    /// The client's address, if it is known.
    pub const fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// What belongs to one customer: an IPv4 address, or a /64 of IPv6.
    pub fn narrow(&self) -> Vec<u8> {
        match self.address {
            None => Vec::new(),
            Some(IpAddr::V4(address)) => address.octets().to_vec(),
            Some(IpAddr::V6(address)) => address.octets()[..8].to_vec(),
        }
    }

    /// The /48 of IPv6, which costs nothing to have.
    pub fn wide(&self) -> Option<Vec<u8>> {
        match self.address {
            None | Some(IpAddr::V4(_)) => None,
            Some(IpAddr::V6(address)) => Some(address.octets()[..6].to_vec()),
        }
    }

    /// What an attempt by it is charged to, at most so many in any 24 hours and `1 / share` of them at once,
    /// and four times as many for a /48 of IPv6. Nothing without a limit, or if the network is unlimited.
    pub fn charges(
        &self,
        purpose: &str,
        attempts: Option<u32>,
        share: u32,
    ) -> impl Iterator<Item = Charge> + use<> {
        let charge = |kind, value: &[u8], attempts: u32| Charge {
            kind,
            key: Key::new(purpose, kind, &[value]),
            budget: Budget::per_day(attempts, attempts / share),
        };
        let attempts = attempts.filter(|_| !self.is_unlimited);
        let narrow = attempts.map(|attempts| charge(Kind::Network, &self.narrow(), attempts));
        let wide = attempts.zip(self.wide());
        let wide = wide.map(|(attempts, wide)| charge(Kind::WideNetwork, &wide, 4 * attempts));
        narrow.into_iter().chain(wide)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::functions::ContentRoute;

    fn networks(settings: &[(&str, &str)]) -> Result<Networks, String> {
        let mut env: Environment = settings.iter().copied().collect();
        let networks = Networks::from_env(&mut env);
        env.check().map(|()| networks).map_err(|invalid| invalid.to_string())
    }

    fn of(networks: &Networks, source_ip: &str, forwarded: &str) -> Network {
        let event = json!({
            "resource": "/", "httpMethod": "GET", "headers": { "X-Forwarded-For": forwarded },
            "requestContext": { "identity": { "sourceIp": source_ip } },
        });
        let mut event = serde_json::from_value(event).unwrap();
        networks.of(&Request::of::<ContentRoute>(&mut event).unwrap().1)
    }

    fn at(address: &str) -> Network {
        of(&Networks::default(), address, "")
    }

    #[test]
    fn one_customer_is_one_network_however_the_address_is_written() {
        for (one, other) in [
            ("1.2.3.4", "::ffff:1.2.3.4"),
            ("1.2.3.4", "::ffff:102:304"),
            ("2001:db8::1", "2001:db8:0:0::2"),
            ("2001:db8::", "2001:DB8:0:0:ffff:ffff:ffff:ffff"),
        ] {
            assert_eq!(at(one).narrow(), at(other).narrow(), "{one} {other}");
            assert_eq!(at(one).wide(), at(other).wide(), "{one} {other}");
        }
        for (one, other) in [
            ("1.2.3.4", "1.2.3.5"),
            ("127.0.0.1", "127.1.2.3"),
            ("1.2.3.4", "::1.2.3.4"),
            ("2001:db8::1", "2001:db8:0:1::1"),
            ("1.2.3.4", "unknown"),
            ("0.0.0.0", "unknown"),
            ("::", "unknown"),
            ("0.0.0.0", "::"),
        ] {
            assert_ne!(at(one).narrow(), at(other).narrow(), "{one} {other}");
        }
    }

    #[test]
    fn a_48_of_ipv6_is_one_wide_network_and_ipv4_has_none() {
        assert_eq!(at("2001:db8:1::1").wide(), at("2001:db8:1:ffff::1").wide());
        assert_ne!(at("2001:db8:1::1").wide(), at("2001:db8:2::1").wide());
        assert!(at("2001:db8:1::1").wide().is_some());
        for address in ["1.2.3.4", "::ffff:1.2.3.4", "unknown"] {
            assert_eq!(at(address).wide(), None, "{address}");
        }
    }

    #[test]
    fn without_proxies_a_changing_header_changes_nothing() {
        for forwarded in ["", "203.0.113.1", "203.0.113.1, 198.51.100.9", "::1", "x"] {
            assert_eq!(of(&Networks::default(), "198.51.100.9", forwarded), at("198.51.100.9"));
        }
    }

    #[test]
    fn a_network_of_the_setting_is_unlimited_and_no_other() {
        let list = "203.0.113.0/24,198.51.100.7,2001:db8:1::/48,::ffff:192.0.2.0/127";
        let networks = networks(&[("UNLIMITED_NETWORKS", list)]).unwrap();
        for (address, is_unlimited) in [
            ("203.0.113.255", true),
            ("::ffff:203.0.113.1", true),
            ("203.0.114.1", false),
            ("198.51.100.7", true),
            ("198.51.100.8", false),
            ("2001:db8:1:ffff::1", true),
            ("2001:db8:2::1", false),
            ("192.0.2.1", true),
            ("192.0.2.2", false),
            ("", false),
            ("test-invoke-source-ip", false),
        ] {
            assert_eq!(of(&networks, address, "").is_unlimited, is_unlimited, "{address}");
        }
    }

    #[test]
    fn what_is_unlimited_is_the_clients_address_and_never_the_unknown() {
        let all = ("UNLIMITED_NETWORKS", "0.0.0.0/0,::/0");
        let networks = |settings: &[(&str, &str)]| self::networks(settings).unwrap();
        for address in ["", "unknown"] {
            assert!(!of(&networks(&[all]), address, "").is_unlimited);
        }
        let behind = networks(&[("UNLIMITED_NETWORKS", "203.0.113.7"), ("TRUSTED_PROXIES", "1")]);
        let forwarded = "203.0.113.7, 198.51.100.9";
        assert!(of(&behind, "198.51.100.9", forwarded).is_unlimited);
        assert_eq!(of(&behind, "198.51.100.9", forwarded).address(), "203.0.113.7".parse().ok());
        assert!(!of(&behind, "198.51.100.9", "203.0.113.7").is_unlimited);
        let direct = networks(&[("UNLIMITED_NETWORKS", "203.0.113.7")]);
        assert!(!of(&direct, "198.51.100.9", forwarded).is_unlimited);
    }

    #[test]
    fn a_bad_list_ends_the_start_with_one_sentence_without_the_value() {
        for list in ["203.0.113.7/24", "203.0.113.0/24, ::1", "203.0.113.0/24,", ",", "off", "x"] {
            let sentence = networks(&[("UNLIMITED_NETWORKS", list)]).unwrap_err();
            assert_eq!(sentence, format!("bad settings: UNLIMITED_NETWORKS {RULE}"), "{list}");
        }
        assert!(networks(&[("UNLIMITED_NETWORKS", "")]).unwrap().unlimited.is_empty());
    }
}
