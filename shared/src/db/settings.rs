//! Where the database is, and who we are there.

use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::environment::Environment;
use crate::secret::Secret;

/// How long a connect may take.
pub(super) const CONNECT_DEADLINE: Duration = Duration::from_secs(3);

/// How the database is reached, before anything is connected.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(super) place: Place,
    pub(super) authorities: Option<Vec<u8>>,
    pub(super) pool_size: usize,
}

/// Where the login comes from.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// Settings that hold all of it.
    Known(Box<Config>),
    /// A secret as RDS writes it; `defaults` fill in what it lacks.
    Secret { arn: String, defaults: Parts },
}

/// The parts of a login, each from its own setting.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    host: Option<String>,
    port: Option<u16>,
    name: Option<String>,
    user: Option<String>,
    password: Option<Secret<String>>,
}

/// A secret of RDS.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html>
#[derive(Deserialize)]
struct RdsSecret {
    username: Option<String>,
    password: Option<String>,
    host: Option<String>,
    port: Option<u16>,
    dbname: Option<String>,
}

impl Settings {
    /// Reads `DATABASE_URL`, or else `DATABASE_SECRET_ARN` with `DATABASE_HOST`, `_PORT`,
    /// `_NAME`, `_USER` and `_PASSWORD` beside it, or else those alone; `DATABASE_CA`, a PEM or a
    /// file that holds one; `DATABASE_POOL_SIZE`, connections per process.
    pub fn from_env(env: &mut Environment) -> Self {
        let url = env.secret("DATABASE_URL");
        let arn = env.text("DATABASE_SECRET_ARN");
        let parts = Parts::from_env(env);
        let place = match (url, arn) {
            (Some(url), _) => Place::Known(Box::new(from_url(&url).unwrap_or_else(|rule| {
                env.refuse("DATABASE_URL", rule);
                Config::new()
            }))),
            (None, Some(arn)) => Place::Secret { arn, defaults: parts },
            (None, None) => Place::Known(Box::new(parts.config().unwrap_or_else(|missing| {
                env.refuse(missing, "must be set, or DATABASE_URL or DATABASE_SECRET_ARN");
                Config::new()
            }))),
        };
        let authorities = authorities(env);
        let pool_size = env.number("DATABASE_POOL_SIZE", 1, 1..=100) as usize;
        Self { place, authorities, pool_size }
    }
}

impl Parts {
    fn from_env(env: &mut Environment) -> Self {
        let rule = "must be a port, 1 to 65535";
        let port = |text: &str| text.parse().ok().filter(|port| *port > 0).map(Some);
        Self {
            host: env.text("DATABASE_HOST"),
            port: env.parsed("DATABASE_PORT", None, rule, port),
            name: env.text("DATABASE_NAME"),
            user: env.text("DATABASE_USER"),
            password: env.secret("DATABASE_PASSWORD"),
        }
    }

    /// The login of a secret, with these parts where the secret has none. `None` if the two
    /// together lack something.
    pub(super) fn with_secret(&self, secret: &Secret<String>) -> Option<Config> {
        let secret: RdsSecret = serde_json::from_str(secret.expose()).ok()?;
        let parts = Self {
            host: secret.host.or_else(|| self.host.clone()),
            port: secret.port.or(self.port),
            name: secret.dbname.or_else(|| self.name.clone()),
            user: secret.username.or_else(|| self.user.clone()),
            password: secret.password.map(Secret::new).or_else(|| self.password.clone()),
        };
        parts.config().ok()
    }

    /// The login, or the name of the setting that it lacks.
    fn config(&self) -> Result<Config, &'static str> {
        let mut config = Config::new();
        config.host(self.host.as_ref().ok_or("DATABASE_HOST")?);
        config.dbname(self.name.as_ref().ok_or("DATABASE_NAME")?);
        config.user(self.user.as_ref().ok_or("DATABASE_USER")?);
        config.port(self.port.unwrap_or(5432));
        if let Some(password) = &self.password {
            config.password(password.expose());
        }
        prepare(&mut config);
        Ok(config)
    }
}

fn from_url(url: &Secret<String>) -> Result<Config, &'static str> {
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

fn prepare(config: &mut Config) {
    // A connection that a firewall or a freeze has cut in silence is found out well before the
    // statement's deadline, and the statement sent again.
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

fn authorities(env: &mut Environment) -> Option<Vec<u8>> {
    let text = env.text("DATABASE_CA")?;
    let bundle = if text.starts_with("-----BEGIN") {
        Some(text.into_bytes())
    } else {
        std::fs::read(text).ok()
    };
    if bundle.as_ref().is_none_or(|bundle| super::tls::connector(Some(bundle)).is_none()) {
        env.refuse("DATABASE_CA", "must be a PEM of certificates, or a file that holds one");
    }
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(pairs: &[(&str, &str)]) -> Result<Config, String> {
        let mut env = pairs.iter().copied().collect();
        let settings = Settings::from_env(&mut env);
        env.check().map_err(|invalid| invalid.to_string())?;
        match settings.place {
            Place::Known(config) => Ok(*config),
            Place::Secret { .. } => Err("a secret".into()),
        }
    }

    fn of_url(url: &str) -> Result<Config, String> {
        known(&[("DATABASE_URL", url)])
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
    fn the_seeds_settings_are_all_honoured() {
        let config = known(&[
            ("DATABASE_HOST", "127.0.0.1"),
            ("DATABASE_NAME", "n"),
            ("DATABASE_USER", "u"),
            ("DATABASE_PASSWORD", "p"),
            ("DATABASE_PORT", "5433"),
        ])
        .unwrap();
        assert_eq!(config.get_ports(), [5433]);
        assert_eq!(config.get_password(), Some(&b"p"[..]));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(known(&[]).unwrap_err().contains("DATABASE_HOST must be set"));
        assert!(known(&[("DATABASE_URL", "mysql://x")]).unwrap_err().contains("DATABASE_URL must"));
    }

    #[test]
    fn a_secret_of_rds_fills_a_login_and_settings_fill_what_it_lacks() {
        let defaults = Parts { name: Some("n".into()), ..Parts::default() };
        let secret = |text: &str| defaults.with_secret(&Secret::new(text.into()));
        let whole = r#"{"username":"u","password":"p","host":"db.example.com","port":5433}"#;
        let config = secret(whole).unwrap();
        assert_eq!((config.get_dbname(), config.get_ports()), (Some("n"), &[5433][..]));
        assert_eq!(config.get_ssl_mode(), SslMode::Require);
        assert!(secret(r#"{"username":"u","password":"p"}"#).is_none());
        assert!(secret("hunter2").is_none());
    }
}
