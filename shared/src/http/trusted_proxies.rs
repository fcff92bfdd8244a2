//! The client's address: the one that API Gateway saw, or the one that an operator's own proxies report.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicI64, Ordering};

use lambda_http::http::{HeaderMap, HeaderName};

use super::request::Request;
use crate::clock::{Clock, NumericDate};
use crate::environment::Environment;
use crate::log;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// `TRUSTED_PROXIES`: how many proxies of the operator's own are in front of API Gateway, 0 to 3. It is
/// the one way to a client's address.
///
/// Without any, `X-Forwarded-For` counts for nothing: each client may write it. It is right only if
/// nobody reaches API Gateway around the proxies.
#[derive(Debug, Clone, Copy, Default)]
pub struct TrustedProxies(u32);

/// When this process last reported that the last entry isn't API Gateway's.
static REPORTED_AT: AtomicI64 = AtomicI64::new(i64::MIN);

/// The seconds between two such reports.
const REPORTED_EVERY: i64 = 60;

impl TrustedProxies {
    /// Reads the setting.
    pub fn from_env(env: &mut Environment) -> Self {
        Self(env.number("TRUSTED_PROXIES", 0, 0..=3))
    }

    /// The address of a request's client, an IPv4 address always as such, even if it is written as one of
    /// IPv6 (RFC 4291 §2.5.5.2). `None` if API Gateway's own is missing or unreadable.
    ///
    /// API Gateway and each proxy add the address that they see to the end of `X-Forwarded-For`. With `n`
    /// proxies, the client is the (n+1)-th from the right over all values of the header. API Gateway's
    /// address counts if there are fewer, if the entry is no address, and if the last entry isn't that
    /// address, since the entries are then other ones than expected: all clients of a proxy are one then,
    /// so the log has it, once a minute.
    pub fn client_address(self, request: &Request) -> Option<IpAddr> {
        let source_ip = request.source_ip?.to_canonical();
        Some(self.forwarded(source_ip, &request.headers).unwrap_or(source_ip))
    }

    fn forwarded(self, source_ip: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        let before_the_last = usize::try_from(self.0.checked_sub(1)?).ok()?;
        let values = headers.get_all(X_FORWARDED_FOR).iter().rev();
        let values = values.map(|value| value.to_str().unwrap_or_default());
        let mut entries = values.flat_map(|value| value.rsplit(',')).map(forwarded_address);
        if entries.next().flatten() != Some(source_ip) {
            if is_due(&REPORTED_AT, Clock::System.now()) {
                log::notice(None, "forwarded_for_without_source_ip", None);
            }
            return None;
        }
        entries.nth(before_the_last).flatten()
    }
}

/// Whether so long has passed since the last report, which is then now.
fn is_due(reported_at: &AtomicI64, now: NumericDate) -> bool {
    let now = now.seconds();
    let due = |at: i64| (now.saturating_sub(at).saturating_abs() >= REPORTED_EVERY).then_some(now);
    reported_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, due).is_ok()
}

/// An address with or without a port, and one of IPv6 with or without brackets. With a zone (RFC 4007),
/// it is of a link of the proxy's, and `None`.
fn forwarded_address(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim_matches(' ');
    if entry.contains('%') {
        return None;
    }
    let in_brackets = || entry.strip_prefix('[')?.strip_suffix(']')?.parse().map(IpAddr::V6).ok();
    let with_port = || entry.parse::<SocketAddr>().map(|it| it.ip()).ok();
    let address = entry.parse().ok().or_else(with_port).or_else(in_brackets);
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests;
