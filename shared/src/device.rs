//! The device of a sign-in or a refresh, as far as a user recognizes it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use lambda_http::http::header::USER_AGENT;

use crate::http::Request;

/// The most characters of a `User-Agent` that are kept.
const MAX_CHARACTERS: usize = 128;

/// The client's browser or program, and its network. Neither is ever in a log or an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Device {
    /// The start of `User-Agent`, without control characters: a text of the client's.
    pub user_agent: Option<String>,
    /// The first 24 bits of its IPv4 address, or 48 of IPv6.
    pub ip_prefix: Option<String>,
}

impl Device {
    /// The device that sent a request from this address.
    pub fn of(request: &Request, address: Option<IpAddr>) -> Self {
        let user_agent = request.header(&USER_AGENT).map(printable);
        Self {
            user_agent: user_agent.filter(|text| !text.is_empty()),
            ip_prefix: address.map(prefix),
        }
    }
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_CHARACTERS).collect()
}

/// An IPv4 address that is written as one of IPv6 (RFC 4291 §2.5.5.2) counts as IPv4.
fn prefix(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{}/24", Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::functions::ContentRoute;
    use crate::http::TrustedProxies;

    fn of(headers: &serde_json::Value, source_ip: &serde_json::Value) -> Device {
        let event = json!({
            "resource": "/", "httpMethod": "GET", "multiValueHeaders": headers,
            "requestContext": { "identity": { "sourceIp": source_ip, "userAgent": "other" } },
        });
        let mut event = serde_json::from_value(event).unwrap();
        let request = Request::of::<ContentRoute>(&mut event).unwrap().1;
        Device::of(&request, TrustedProxies::default().client_address(&request))
    }

    fn agent(text: &str) -> Option<String> {
        of(&json!({ "User-Agent": [text] }), &json!(null)).user_agent
    }

    #[test]
    fn the_start_of_a_user_agent_is_kept_without_control_characters() {
        assert_eq!(agent("curl/8").as_deref(), Some("curl/8"));
        assert_eq!(agent(""), None);
        assert_eq!(agent(&"x".repeat(128)), Some("x".repeat(128)));
        assert_eq!(agent(&"x".repeat(129)), Some("x".repeat(128)));
        assert_eq!(of(&json!({}), &json!(null)), Device::default());
        assert_eq!(printable("a\tb\u{7f}\u{85}c"), "abc");
    }

    #[test]
    fn the_prefix_is_of_the_address_that_api_gateway_saw() {
        for (address, prefix) in [
            ("203.0.113.7", "203.0.113.0/24"),
            ("::ffff:203.0.113.7", "203.0.113.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
            ("::1", "::/48"),
        ] {
            let headers = json!({ "X-Forwarded-For": ["198.51.100.1"] });
            let device = of(&headers, &json!(address));
            assert_eq!(device.ip_prefix.as_deref(), Some(prefix), "{address}");
            assert_eq!(of(&headers, &json!(null)).ip_prefix, None);
        }
    }

    proptest! {
        #[test]
        fn a_device_reveals_no_more_than_it_says(text: String, address: IpAddr, other: u8) {
            let device = of(&json!({ "User-Agent": [text] }), &json!(address));
            let kept = device.user_agent.unwrap_or_default();
            prop_assert!(kept.chars().count() <= MAX_CHARACTERS);
            prop_assert!(!kept.contains(|c: char| c.is_control()));
            let neighbour = match address.to_canonical() {
                IpAddr::V4(address) => {
                    let [a, b, c, _] = address.octets();
                    IpAddr::from([a, b, c, other])
                }
                IpAddr::V6(address) => {
                    let mut octets = address.octets();
                    octets[6 + usize::from(other) % 10] = other;
                    octets.into()
                }
            };
            prop_assert_eq!(device.ip_prefix, Some(prefix(neighbour)));
        }
    }
}
