//! A login as tokio-postgres has it.

use std::net::IpAddr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::connector::CONNECT_DEADLINE;
use crate::secret::Secret;

/// The login that a URL holds, or what it must be.
pub(super) fn from_url(url: &Secret<String>) -> Result<Config, &'static str> {
    // tokio-postgres knows no verify-ca or verify-full; what it calls `require` is that here.
    let url = url.expose().replace("sslmode=verify-full", "sslmode=require");
    let url = url.replace("sslmode=verify-ca", "sslmode=require");
    let mut config: Config = url
        .parse()
        .map_err(|_| "must be a URL such as postgresql://user:password@host:5432/name")?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err("must name a host");
    }
    if config.get_user().is_none() {
        return Err("must name a user");
    }
    if config.get_ssl_mode() == SslMode::Disable && !is_local(&config) {
        return Err("must not have sslmode=disable where the host is another machine");
    }
    prepare(&mut config);
    Ok(config)
}

/// Adds what every connection of ours has.
pub(super) fn prepare(config: &mut Config) {
    // A connection that a firewall or a freeze has cut in silence is found out well before the
    // deadline, and the statement sent again.
    config
        .connect_timeout(CONNECT_DEADLINE)
        .keepalives_idle(Duration::from_secs(30))
        .keepalives_interval(Duration::from_secs(2))
        .keepalives_retries(2)
        .tcp_user_timeout(Duration::from_secs(2));
    if config.get_application_name().is_none() {
        config.application_name("latchkey");
    }
    if !is_local(config) {
        config.ssl_mode(SslMode::Require);
    }
}

/// Whether every host is this machine: a socket or a loopback address.
fn is_local(config: &Config) -> bool {
    let hosts = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    hosts && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_url(url: &str) -> Result<Config, &'static str> {
        from_url(&Secret::new(url.into()))
    }

    #[test]
    fn another_machine_is_reached_over_verified_tls_or_not_at_all() {
        for url in [
            "postgresql://u:p@db.example.com/n",
            "postgresql://u:p@db.example.com/n?sslmode=prefer",
            "postgresql://u:p@db.example.com/n?sslmode=verify-full",
        ] {
            assert_eq!(of_url(url).unwrap().get_ssl_mode(), SslMode::Require, "{url}");
        }
        let refused =
            of_url("postgresql://u:hunter2@db.example.com/n?sslmode=disable").unwrap_err();
        assert!(refused.contains("sslmode=disable") && !refused.contains("hunter2"));
        let mixed = "postgresql://u@127.0.0.1,db.example.com/n?sslmode=disable";
        assert!(of_url(mixed).is_err());
        assert!(of_url("postgresql://u@127.0.0.1/n?sslmode=disable").is_ok());
        assert!(of_url("postgresql:///n?host=/run/postgresql&user=u").is_ok());
    }
}
