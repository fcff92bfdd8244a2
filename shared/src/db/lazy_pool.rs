//! The pool of connections, which the first statement makes.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deadpool::managed;
use tokio_postgres::Config;

use super::connector::Connector;
use super::error::Error;
use super::iam::IamTokens;
use super::settings::{Place, Settings};
use crate::random::Random;
use crate::secrets_manager::{SecretsManager, Stage};

pub(super) type Pool = managed::Pool<Connector>;

/// What a pool is made of, and the pool once it is made.
#[derive(Debug)]
pub(super) struct LazyPool {
    settings: Settings,
    secrets: SecretsManager,
    iam_tokens: IamTokens,
    random: Random,
    pool: Mutex<Option<Pool>>,
}

impl LazyPool {
    /// Connects nothing yet.
    pub(super) fn new(settings: Settings, secrets: SecretsManager, iam_tokens: IamTokens) -> Self {
        let (random, pool) = (Random::System, Mutex::default());
        Self { settings, secrets, iam_tokens, random, pool }
    }

    /// Chance, for the pauses between tries.
    pub(super) fn random(&self) -> &Random {
        &self.random
    }

    /// The pool, if it is made.
    pub(super) fn held(&self) -> Option<Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The pool, which the first who asks makes.
    pub(super) async fn pool(&self) -> Result<Pool, Error> {
        if let Some(pool) = self.held() {
            return Ok(pool);
        }
        // Boxed, as all that is done once and not for each statement.
        Box::pin(async {
            let pool = self.make().await?;
            *self.pool.lock().unwrap_or_else(PoisonError::into_inner) = Some(pool.clone());
            Ok(pool)
        })
        .await
    }

    async fn make(&self) -> Result<Pool, Error> {
        let Settings { place, authorities, connect_within } = &self.settings;
        let (authorities, within) = (authorities.clone(), *connect_within);
        let connector = match place {
            Place::Known(config) => {
                Connector::new(Config::clone(config), authorities, None, within)
            }
            Place::Iam(config, entrance) => {
                let iam = (entrance.clone(), self.iam_tokens.clone());
                Connector::new(Config::clone(config), authorities, Some(iam), within)
            }
            Place::Secret { arn, defaults } => {
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

    /// Lets go of what may be as broken as what just failed: the idle connections, frozen with
    /// it or of the same server; or the login, changed since the secret was read.
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

    /// How long a connect may take.
    pub(super) fn connect_within(&self) -> Duration {
        self.settings.connect_within
    }

    /// Whether the login may be another one once it is read again.
    pub(super) fn login_may_change(&self) -> bool {
        matches!(self.settings.place, Place::Secret { .. })
    }
}
