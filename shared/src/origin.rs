//! The syntax of a web origin.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Schemes with a host that are never the origin of a page.
const NO_PAGES: [&str; 4] = ["file", "ftp", "ws", "wss"];

/// Whether a text is an origin exactly as a browser writes it.
/// <https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin>
pub(crate) fn is_origin(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+.-".contains(c);
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.chars().all(allowed)
        && !NO_PAGES.contains(&scheme);
    let (host, port) = match rest.rfind(':').filter(|_| !rest.ends_with(']')) {
        Some(colon) => (&rest[..colon], Some(&rest[colon + 1..])),
        None => (rest, None),
    };
    is_scheme && is_host(host) && port.is_none_or(|port| is_port(scheme, port))
}

fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return address.parse().is_ok_and(|it: Ipv6Addr| it.to_string() == address);
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    // Browsers parse a name whose last label is a number as an IPv4 address.
    let last = text.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let is_address = last.starts_with("0x") || last.chars().all(|c| c.is_ascii_digit());
    !text.is_empty()
        && text.chars().all(allowed)
        && (!is_address || text.parse::<Ipv4Addr>().is_ok())
}

fn is_port(scheme: &str, text: &str) -> bool {
    let implied = match scheme {
        "http" => "80",
        "https" => "443",
        _ => return false,
    };
    text != implied && text.parse().is_ok_and(|port: u16| port > 0 && port.to_string() == text)
}
