//! The connection pool, created by the first statement.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deadpool::managed;
use tokio_postgres::Config;

use super::connector::Connector;
use super::error::Error;
use super::iam::IamTokens;
use super::settings::{LoginSource, Settings};
use crate::random::Random;
use crate::secrets_manager::{SecretsManager, Stage};

pub(super) type Pool = managed::Pool<Connector>;

/// The pool, and the parts that it is created from.
#[derive(Debug)]
pub(super) struct LazyPool {
    settings: Settings,
    secrets: SecretsManager,
    iam_tokens: IamTokens,
    random: Random,
    pool: Mutex<Option<Pool>>,
}

impl LazyPool {
    /// Connects at the first statement.
    pub(super) fn new(settings: Settings, secrets: SecretsManager, iam_tokens: IamTokens) -> Self {
        let (random, pool) = (Random::System, Mutex::default());
        Self { settings, secrets, iam_tokens, random, pool }
    }

    /// The random source for the pauses between attempts.
    pub(super) fn random(&self) -> &Random {
        &self.random
    }

    /// The pool, if it exists.
    pub(super) fn held(&self) -> Option<Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The pool; the first call creates it.
    pub(super) async fn pool(&self) -> Result<Pool, Error> {
        if let Some(pool) = self.held() {
            return Ok(pool);
        }
        // Boxed, because it is large and runs once, not for each statement.
        Box::pin(async {
            let pool = self.make().await?;
            *self.pool.lock().unwrap_or_else(PoisonError::into_inner) = Some(pool.clone());
            Ok(pool)
        })
        .await
    }

    async fn make(&self) -> Result<Pool, Error> {
        let Settings { login, authorities, connect_within } = &self.settings;
        let (authorities, within) = (authorities.clone(), *connect_within);
        let connector = match login {
            LoginSource::Known(config) => {
                Connector::new(Config::clone(config), authorities, None, within)
            }
            LoginSource::Iam(config, endpoint) => {
                let iam = (endpoint.clone(), self.iam_tokens.clone());
                Connector::new(Config::clone(config), authorities, Some(iam), within)
            }
            LoginSource::Secret { arn, defaults } => {
                let secret = self.secrets.read(arn, Stage::Current).await;
                let secret = secret.map_err(Error::Unreachable)?;
                let secret =
                    secret.ok_or_else(|| Error::Unreachable(format!("no secret {arn}")))?;
                let config = defaults.with_secret(&secret).ok_or_else(|| {
                    Error::Unreachable(format!(
                        "{arn} is no login as RDS writes it, or lacks a part"
                    ))
                })?;
                Connector::new(config, authorities, None, within)
            }
        };
        // A container serves one request at a time.
        Pool::builder(connector?)
            .max_size(1)
            .build()
            .map_err(|error| Error::Failed(error.to_string()))
    }

    /// Discards what may have failed for the same reason: idle connections to the same server, or the
    /// login, if its secret may have changed.
    pub(super) fn forget(&self, pool: &Pool, error: &Error) {
        match error {
            Error::LoginRefused(_) if self.login_may_change() => {
                self.pool.lock().unwrap_or_else(PoisonError::into_inner).take();
            }
            Error::Lost(_)
            | Error::ReadOnly(_)
            | Error::DeadlineExceeded
            | Error::ConnectTimedOut => {
                pool.retain(|_, _| false);
            }
            Error::LoginRefused(_)
            | Error::Unreachable(_)
            | Error::NoToken(_)
            | Error::Conflict(_)
            | Error::NotMigrated(_)
            | Error::NotGranted(_)
            | Error::NumbersExhausted(_)
            | Error::Failed(_) => {}
        }
    }

    /// The timeout of a connect.
    pub(super) fn connect_within(&self) -> Duration {
        self.settings.connect_within
    }

    /// Whether the login comes from a secret, which may have changed since it was read.
    pub(super) fn login_may_change(&self) -> bool {
        matches!(self.settings.login, LoginSource::Secret { .. })
    }
}
