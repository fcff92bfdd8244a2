//! A login from single settings.

use serde::Deserialize;
use tokio_postgres::Config;

use super::config::prepare;
use crate::environment::Environment;
use crate::secret::Secret;

/// The parts of a login, each from its own setting.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    host: Option<String>,
    port: Option<u16>,
    name: Option<String>,
    user: Option<String>,
    pub(super) password: Option<Secret<String>>,
}

/// The content of an RDS secret.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html>
#[derive(Deserialize)]
struct RdsSecret {
    username: Option<String>,
    password: Option<String>,
    host: Option<String>,
    port: Option<u16>,
    dbname: Option<String>,
}

impl Parts {
    /// Reads `DATABASE_HOST`, `_PORT`, `_NAME`, `_USER` and `_PASSWORD`.
    pub(super) fn from_env(env: &mut Environment) -> Self {
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

    /// The login of a secret, with these parts as defaults. `None` if a part is still missing.
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

    /// The login. Fails with the names of the missing settings.
    pub(super) fn config(&self) -> Result<Config, Vec<&'static str>> {
        let (Some(host), Some(name), Some(user)) = (&self.host, &self.name, &self.user) else {
            let parts = [&self.host, &self.name, &self.user];
            let names = ["DATABASE_HOST", "DATABASE_NAME", "DATABASE_USER"];
            let missing = names.into_iter().zip(parts).filter(|(_, part)| part.is_none());
            return Err(missing.map(|(setting, _)| setting).collect());
        };
        let mut config = Config::new();
        config.host(host).dbname(name).user(user);
        config.port(self.port.unwrap_or(5432));
        if let Some(password) = &self.password {
            config.password(password.expose());
        }
        prepare(&mut config);
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::SslMode;

    use super::*;

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
