//! Parses and completes tokio-postgres's configuration of a login.

use std::borrow::Cow;
use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::secret::Secret;

/// The login in a URL. Fails with the rule that the URL breaks.
pub(super) fn from_url(url: &Secret<String>) -> Result<Config, Cow<'static, str>> {
    // tokio-postgres doesn't know verify-ca and verify-full; here, `require` verifies as they do.
    let url = url.expose().replace("sslmode=verify-full", "sslmode=require");
    let url = url.replace("sslmode=verify-ca", "sslmode=require");
    let mut config: Config = url.parse().map_err(|error| rule(&url, &error))?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err("must name a host".into());
    }
    if config.get_user().is_none() {
        return Err("must name a user".into());
    }
    if config.get_ssl_mode() == SslMode::Disable && !is_local(&config) {
        return Err("must not have sslmode=disable where the host is another machine".into());
    }
    prepare(&mut config);
    Ok(config)
}

/// The rule that a URL breaks. It names a parameter, and never text that may be part of the password.
fn rule(url: &str, error: &tokio_postgres::Error) -> Cow<'static, str> {
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    let named = |before| cause.strip_prefix(before)?.strip_suffix('`');
    if let Some(name) = named("invalid value for option `") {
        return format!("must have another value for {name}").into();
    }
    match named("unknown option `") {
        Some(name) if is_parameter(url, name) => {
            format!("must not have the parameter {name}, which isn't known here").into()
        }
        _ => "must be a URL such as postgresql://user:password@host:5432/name".into(),
    }
}

/// Whether this is a parameter's name after the host. A `?` in a password that isn't
/// percent-encoded looks like the start of one, but an `@` follows it.
fn is_parameter(url: &str, name: &str) -> bool {
    let is_url = url.starts_with("postgres://") || url.starts_with("postgresql://");
    let is_behind = url.rsplit_once('?').is_some_and(|(_, behind)| !behind.contains('@'));
    let of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    is_url && is_behind && name.len() <= 63 && name.bytes().all(of_name)
}

/// Sets the options that every connection has.
pub(super) fn prepare(config: &mut Config) {
    // These detect a connection that a firewall or a freeze has cut silently early enough to send
    // the statement again before the deadline.
    config
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

    fn of_url(url: &str) -> Result<Config, Cow<'static, str>> {
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

    #[test]
    fn a_bad_parameter_is_named_and_nothing_of_a_password_is() {
        for (url, words) in [
            ("postgresql://u:hunter2@h/n?schema=hunter2", "the parameter schema,"),
            ("postgres://u:hunter2@h?sslmode=require&sslrootcert=hunter2", "sslrootcert,"),
            ("postgresql://u:hunter2@h/n?pgbouncer=hunter2&schema=x", "the parameter pgbouncer,"),
            ("postgresql://u:hunter2?x=y@h/n?connection_limit=hunter2", "connection_limit,"),
            ("postgresql://u:hunter2@h/n?sslmode=hunter2", "another value for sslmode"),
            ("postgresql://u:hunter2@h/n?connect_timeout=hunter2", "value for connect_timeout"),
            ("postgresql://u:hunter2@h:hunter2/n", "another value for port"),
            ("postgresql://u:a@b?hunter2=x@h/n", "must be a URL"),
            ("postgresql://u:a@b?hunter2@h/n?schema=x", "must be a URL"),
            ("postgresql://u:p@h/n?hunter2%20x=y", "must be a URL"),
            ("postgresql://u:p@h/n?hunter2", "must be a URL"),
            ("host=h user=u password=a hunter2=b", "must be a URL"),
            ("mysql://u:hunter2@h/n", "must be a URL"),
        ] {
            let rule = of_url(url).unwrap_err();
            assert!(rule.contains(words) && !rule.contains("hunter2"), "{url}: {rule}");
        }
    }
}
