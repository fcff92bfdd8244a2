//! Ranges of addresses in CIDR notation.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// Parses `203.0.113.0/24`, `2001:db8::/32`, or an address alone. `None` if the address has bits after
/// the prefix. A range of IPv4 that is written as one of IPv6 (RFC 4291 §2.5.5.2) is one of IPv4.
pub(super) fn parse(text: &str) -> Option<IpNet> {
    let range = match text.parse::<IpAddr>() {
        Ok(address) => address.into(),
        Err(_) => text.parse().ok()?,
    };
    let range = match range {
        IpNet::V6(of_v6) => match of_v6.addr().to_ipv4_mapped() {
            Some(address) => {
                Ipv4Net::new(address, of_v6.prefix_len().checked_sub(96)?).ok()?.into()
            }
            None => range,
        },
        IpNet::V4(_) => range,
    };
    (range.trunc() == range).then_some(range)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn width(address: IpAddr) -> u32 {
        if address.is_ipv4() { 32 } else { 128 }
    }

    fn contains(range: &str, address: &str) -> bool {
        parse(range).unwrap().contains(&address.parse::<IpAddr>().unwrap().to_canonical())
    }

    #[test]
    fn a_range_has_the_addresses_with_its_prefix_and_no_others() {
        for (range, inside, outside) in [
            ("203.0.113.0/24", ["203.0.113.0", "203.0.113.255"], ["203.0.112.255", "203.0.114.0"]),
            ("203.0.113.7", ["203.0.113.7", "::ffff:203.0.113.7"], ["203.0.113.6", "203.0.113.8"]),
            ("203.0.113.7/32", ["203.0.113.7"; 2], ["203.0.113.6", "::203.0.113.7"]),
            ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::", "2001:db8::1"]),
            ("128.0.0.0/1", ["128.0.0.0", "255.0.0.1"], ["127.255.255.255", "::1"]),
            ("::ffff:203.0.113.0/120", ["203.0.113.0", "203.0.113.255"], ["203.0.114.0", "::"]),
            ("::ffff:0.0.0.0/96", ["203.0.113.0", "::ffff:1.2.3.4"], ["::1", "2001:db8::"]),
            ("2001:db8::/32", ["2001:db8::", "2001:db8:ffff::1"], ["2001:db9::", "203.0.113.7"]),
            ("2001:DB8::1", ["2001:db8::1", "2001:db8:0::0:1"], ["2001:db8::2", "2001:db8::"]),
            ("::/0", ["::", "2001:db8::1"], ["0.0.0.0", "::ffff:1.2.3.4"]),
        ] {
            assert!(inside.iter().all(|address| contains(range, address)), "{range}");
            assert!(!outside.iter().any(|address| contains(range, address)), "{range}");
        }
    }

    #[test]
    fn what_is_no_range_or_has_bits_after_its_prefix_is_refused() {
        for text in [
            "",
            "/",
            "/24",
            "203.0.113.0/",
            "203.0.113.0/33",
            "203.0.113.0/+24",
            "203.0.113.0/024",
            "203.0.113.0/-1",
            "203.0.113.0/24/24",
            "203.0.113.0/4294967296",
            "203.0.113.0/255.255.255.0",
            "203.0.113.0 /24",
            " 203.0.113.0",
            "203.0.113",
            "203.0.113.07",
            "203.0.113.7/24",
            "203.0.113.1/31",
            "203.0.113.7:80",
            "1.0.0.0/0",
            "2001:db8::/129",
            "2001:db8::1/64",
            "8000::/0",
            "[2001:db8::]/32",
            "fe80::1%eth0",
            "fe80::%1/64",
            "::ffff:203.0.113.0/24",
            "::ffff:203.0.113.1/120",
            "::ffff:0.0.0.0/95",
            "localhost",
            "*",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_range_around_an_address_has_it_and_not_the_one_beside(address: IpAddr, bits in 1..=128_u32) {
            let address = address.to_canonical();
            let bits = 1 + (bits - 1) % width(address);
            let shift = width(address) - bits;
            let (first, beside): (IpAddr, IpAddr) = match address {
                IpAddr::V4(address) => {
                    let first = address.to_bits() >> shift << shift;
                    (IpAddr::V4(first.into()), IpAddr::V4((address.to_bits() ^ 1 << shift).into()))
                }
                IpAddr::V6(address) => {
                    let first = address.to_bits() >> shift << shift;
                    (IpAddr::V6(first.into()), IpAddr::V6((address.to_bits() ^ 1 << shift).into()))
                }
            };
            // One bit away from an address of IPv6 can be one that counts as IPv4.
            prop_assume!(first.to_canonical() == first && beside.to_canonical() == beside);
            let range = parse(&format!("{first}/{bits}")).unwrap();
            prop_assert!(range.contains(&address));
            prop_assert!(!range.contains(&beside));
            prop_assert_eq!(parse(&format!("{address}/{bits}")).is_some(), address == first);
        }

        #[test]
        fn no_text_makes_a_range_panic(text in "[0-9a-f:./%+ ]{0,30}", address: IpAddr) {
            let range = parse(&text);
            prop_assert!(range.is_none_or(|range| range.contains(&range.addr())));
            let _ = range.is_some_and(|range| range.contains(&address));
        }
    }
}
