//! The settings of the connection to the database.

use std::time::Duration;

use rustls::RootCertStore;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::config::from_url;
use super::iam::RdsEndpoint;
use super::parts::Parts;
use super::tls;
use crate::environment::Environment;
use crate::secret::Secret;

/// The longest timeout of a connect: API Gateway waits 29 seconds for an answer.
const MAX_CONNECT_SECONDS: u32 = 25;

/// The login, the trusted authorities and the timeout of a connection.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(super) login: LoginSource,
    pub(super) authorities: Option<RootCertStore>,
    pub(super) connect_within: Duration,
}

/// The source of the login.
#[derive(Debug, Clone)]
pub(super) enum LoginSource {
    /// Settings with the whole login.
    Known(Box<Config>),
    /// Settings without a password: each connect uses a new token.
    Iam(Box<Config>, RdsEndpoint),
    /// A secret as RDS writes it, with `defaults` for missing parts.
    Secret { arn: String, defaults: Parts },
}

impl Settings {
    /// Reads `DATABASE_URL`, or else `DATABASE_SECRET_ARN` with `DATABASE_HOST`, `_PORT`,
    /// `_NAME`, `_USER` and `_PASSWORD` as its defaults, or else those alone; `DATABASE_AUTH`, by
    /// which a token for `AWS_REGION` replaces the password; `DATABASE_CA`, a PEM or the name of its
    /// file; `DATABASE_CONNECT_SECONDS`, the timeout of a connect.
    pub fn from_env(env: &mut Environment) -> Self {
        let url = env.secret("DATABASE_URL");
        let arn = env.text("DATABASE_SECRET_ARN");
        let parts = Parts::from_env(env);
        let region = env.text("AWS_REGION");
        let iam =
            env.parsed("DATABASE_AUTH", false, "must be password or iam", |text| match text {
                "password" => Some(false),
                "iam" => Some(true),
                _ => None,
            });
        let login = if iam {
            LoginSource::of_iam(env, url.as_ref(), arn.as_deref(), &parts, region)
        } else {
            LoginSource::of_password(env, url.as_ref(), arn, parts)
        };
        let authorities = authorities(env);
        let connect_within = env.number("DATABASE_CONNECT_SECONDS", 3, 1..=MAX_CONNECT_SECONDS);
        let connect_within = Duration::from_secs(connect_within.into());
        Self { login, authorities, connect_within }
    }

    /// Limits the connect so that a function with this timeout answers before it ends: a query takes
    /// up to two seconds more than its connect.
    #[must_use]
    pub fn for_timeout(self, seconds: u64) -> Self {
        let most = Duration::from_secs(seconds.saturating_sub(3));
        Self { connect_within: self.connect_within.min(most), ..self }
    }

    /// Allows a connect a minute: an operator can wait for a database to resume.
    #[must_use]
    pub fn for_an_operator(self) -> Self {
        Self { connect_within: Duration::from_mins(1), ..self }
    }
}

impl LoginSource {
    fn of_password(
        env: &mut Environment,
        url: Option<&Secret<String>>,
        arn: Option<String>,
        parts: Parts,
    ) -> Self {
        match (url, arn) {
            (Some(url), _) => Self::Known(Box::new(of_url(env, url))),
            (None, Some(arn)) => Self::Secret { arn, defaults: parts },
            (None, None) => {
                let or = "must be set, or DATABASE_URL or DATABASE_SECRET_ARN";
                Self::Known(Box::new(of_parts(env, &parts, or)))
            }
        }
    }

    fn of_iam(
        env: &mut Environment,
        url: Option<&Secret<String>>,
        arn: Option<&str>,
        parts: &Parts,
        region: Option<String>,
    ) -> Self {
        if arn.is_some() {
            env.refuse("DATABASE_SECRET_ARN", "must not be set where DATABASE_AUTH is iam");
        }
        if parts.password.is_some() {
            env.refuse("DATABASE_PASSWORD", "must not be set where DATABASE_AUTH is iam");
        }
        let (setting, config) = match url {
            Some(url) => ("DATABASE_URL", of_url(env, url)),
            None => ("DATABASE_HOST", of_parts(env, parts, "must be set, or DATABASE_URL")),
        };
        if url.is_some() && config.get_password().is_some() {
            env.refuse(setting, "must hold no password where DATABASE_AUTH is iam");
        }
        if region.is_none() {
            env.refuse("AWS_REGION", "must be set where DATABASE_AUTH is iam");
        }
        let endpoint = endpoint(&config, region.unwrap_or_default());
        // A login that lacks a part has been refused already.
        if endpoint.is_none() && config.get_user().is_some() {
            env.refuse(setting, "must name one host by its name where DATABASE_AUTH is iam");
        }
        match endpoint {
            Some(endpoint) => Self::Iam(Box::new(config), endpoint),
            None => Self::Known(Box::new(config)),
        }
    }
}

fn of_url(env: &mut Environment, url: &Secret<String>) -> Config {
    from_url(url).unwrap_or_else(|rule| {
        env.refuse("DATABASE_URL", &rule);
        Config::new()
    })
}

fn of_parts(env: &mut Environment, parts: &Parts, or: &str) -> Config {
    parts.config().unwrap_or_else(|missing| {
        for setting in missing {
            env.refuse(setting, or);
        }
        Config::new()
    })
}

/// The endpoint of a login by IAM, which needs exactly one host.
fn endpoint(config: &Config, region: String) -> Option<RdsEndpoint> {
    let [Host::Tcp(host)] = config.get_hosts() else { return None };
    let port = match config.get_ports() {
        [] => 5432,
        [port] => *port,
        _ => return None,
    };
    RdsEndpoint::new(host, port, config.get_user()?, region)
}

fn authorities(env: &mut Environment) -> Option<RootCertStore> {
    let text = env.text("DATABASE_CA")?;
    let bundle = if text.starts_with("-----BEGIN") {
        Some(text.into_bytes())
    } else {
        std::fs::read(text).ok()
    };
    let authorities = bundle.and_then(|bundle| tls::authorities(&bundle));
    if authorities.is_none() {
        env.refuse("DATABASE_CA", "must be a PEM of certificates, or a file that holds one");
    }
    authorities
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(pairs: &[(&str, &str)]) -> Result<Config, String> {
        let mut env = pairs.iter().copied().collect();
        let settings = Settings::from_env(&mut env);
        env.check().map_err(|invalid| invalid.to_string())?;
        match settings.login {
            LoginSource::Known(config) => Ok(*config),
            login => Err(format!("{login:?}")),
        }
    }

    /// The rules that these settings break with `DATABASE_AUTH=iam`.
    fn refused_with_iam(pairs: &[(&str, &str)]) -> Vec<String> {
        let pairs = pairs.iter().copied().chain([("DATABASE_AUTH", "iam")]);
        let mut env = pairs.collect();
        let settings = Settings::from_env(&mut env);
        let Err(invalid) = env.check() else {
            assert!(matches!(settings.login, LoginSource::Iam(..)), "{settings:?}");
            return Vec::new();
        };
        let sentence = invalid.to_string();
        let rules = sentence.strip_prefix("bad settings: ").unwrap();
        rules
            .split("; ")
            .map(|rule| rule.trim_end_matches(" where DATABASE_AUTH is iam").into())
            .collect()
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
    fn a_missing_part_of_a_login_is_named() {
        let all = known(&[]).unwrap_err();
        for setting in ["DATABASE_HOST", "DATABASE_NAME", "DATABASE_USER"] {
            assert!(all.contains(&format!("{setting} must be set, or DATABASE_URL")), "{all}");
        }
        let one = known(&[("DATABASE_HOST", "h"), ("DATABASE_USER", "u")]).unwrap_err();
        assert!(one.contains("DATABASE_NAME") && !one.contains("DATABASE_HOST"), "{one}");
        assert!(known(&[("DATABASE_URL", "mysql://x")]).unwrap_err().contains("DATABASE_URL must"));
    }

    #[test]
    fn only_a_token_may_replace_a_password() {
        let parts = [
            ("DATABASE_HOST", "db.example.com"),
            ("DATABASE_NAME", "n"),
            ("DATABASE_USER", "u"),
            ("AWS_REGION", "eu-central-1"),
        ];
        let with = |pair| refused_with_iam(&[&parts[..], &[pair]].concat());
        assert!(refused_with_iam(&parts).is_empty());
        assert_eq!(with(("DATABASE_PASSWORD", "p")), ["DATABASE_PASSWORD must not be set"]);
        assert_eq!(with(("DATABASE_SECRET_ARN", "arn")), ["DATABASE_SECRET_ARN must not be set"]);
        assert_eq!(
            with(("DATABASE_HOST", "::1")),
            ["DATABASE_HOST must name one host by its name"]
        );
        assert_eq!(
            refused_with_iam(&[]),
            [
                "DATABASE_HOST must be set, or DATABASE_URL",
                "DATABASE_NAME must be set, or DATABASE_URL",
                "DATABASE_USER must be set, or DATABASE_URL",
                "AWS_REGION must be set"
            ]
        );
        assert!(
            known(&[("DATABASE_AUTH", "IAM")]).unwrap_err().contains("must be password or iam")
        );
    }

    #[test]
    fn a_url_names_the_user_and_the_host_of_an_iam_token() {
        let region = ("AWS_REGION", "eu-central-1");
        let with = |url| refused_with_iam(&[region, ("DATABASE_URL", url)]);
        assert!(with("postgresql://u@db.example.com/n").is_empty());
        assert!(with("postgresql://u@db.example.com:5433/n").is_empty());
        let password = ["DATABASE_URL must hold no password"];
        assert_eq!(with("postgresql://u:hunter2@db.example.com/n"), password);
        for url in [
            "postgresql://u@db.example.com,other.example.com/n",
            "postgresql://u@db.example.com:5432,:5433/n",
            "postgresql:///n?host=/run/postgresql&user=u",
        ] {
            assert_eq!(with(url), ["DATABASE_URL must name one host by its name"], "{url}");
        }
        assert_eq!(with("postgresql://db.example.com/n"), ["DATABASE_URL must name a user"]);
    }
}
