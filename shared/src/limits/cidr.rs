//! A range of addresses in CIDR notation.

use std::net::IpAddr;

/// The addresses with this prefix, of IPv4 or of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cidr {
    first: IpAddr,
    prefix_bits: u32,
}

impl Cidr {
    /// Parses `203.0.113.0/24`, `2001:db8::/32`, or an address alone. `None` if the address has bits after
    /// the prefix. A range of IPv4 that is written as one of IPv6 (RFC 4291 §2.5.5.2) is one of IPv4.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix_bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(number(bits)?)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().ok()?;
        let prefix_bits = prefix_bits.unwrap_or_else(|| bits_of(written));
        let bits_after = bits_of(written).checked_sub(prefix_bits)?;
        let first = written.to_canonical();
        let prefix_bits = bits_of(first).checked_sub(bits_after)?;
        (trailing_zeros(first) >= bits_after).then_some(Self { first, prefix_bits })
    }

    /// Whether an address, in its canonical form, is one of them.
    pub(super) fn contains(self, address: IpAddr) -> bool {
        let equal_bits = match (self.first, address) {
            (IpAddr::V4(one), IpAddr::V4(other)) => {
                (one.to_bits() ^ other.to_bits()).leading_zeros()
            }
            (IpAddr::V6(one), IpAddr::V6(other)) => {
                (one.to_bits() ^ other.to_bits()).leading_zeros()
            }
            _ => return false,
        };
        equal_bits >= self.prefix_bits
    }
}

/// Digits without a sign or a leading zero.
fn number(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

const fn bits_of(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

const fn trailing_zeros(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(address) => address.to_bits().trailing_zeros(),
        IpAddr::V6(address) => address.to_bits().trailing_zeros(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn contains(range: &str, address: &str) -> bool {
        Cidr::parse(range).unwrap().contains(address.parse::<IpAddr>().unwrap().to_canonical())
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
            assert_eq!(Cidr::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_range_around_an_address_has_it_and_not_the_one_beside(address: IpAddr, bits in 1..=128_u32) {
            let address = address.to_canonical();
            let bits = 1 + (bits - 1) % bits_of(address);
            let shift = bits_of(address) - bits;
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
            let range = Cidr::parse(&format!("{first}/{bits}")).unwrap();
            prop_assert!(range.contains(address));
            prop_assert!(!range.contains(beside));
            prop_assert_eq!(Cidr::parse(&format!("{address}/{bits}")).is_some(), address == first);
        }

        #[test]
        fn no_text_makes_a_range_panic(text in "[0-9a-f:./%+ ]{0,30}", address: IpAddr) {
            let range = Cidr::parse(&text);
            prop_assert!(range.is_none_or(|range| range.contains(range.first)));
            let _ = range.is_some_and(|range| range.contains(address));
        }
    }
}
