//! The network that a request came from.

use std::net::IpAddr;

use crate::http::Request;

/// The network that a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// The client's address; `None` is a network of its own.
    address: Option<IpAddr>,
    /// Whether it is one of `UNLIMITED_NETWORKS`.
    pub is_unlimited: bool,
}

impl Network {
    /// The network of a request.
    pub fn of(request: &Request) -> Self {
        Self::new(request.source_ip)
    }

    /// The network of an address. An IPv4 address that is written as one of IPv6 (RFC 4291 §2.5.5.2)
    /// counts as IPv4.
    pub fn new(address: Option<IpAddr>) -> Self {
        Self { address: address.map(|address| address.to_canonical()), is_unlimited: false }
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
}
