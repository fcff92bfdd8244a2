//! The connection pool, created by the first statement, and its connections.

use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deadpool::managed::{self, Manager, Metrics, RecycleError, RecycleResult};
use deadpool_postgres::ClientWrapper;
use rustls::RootCertStore;
use tokio::time::{Instant, timeout};
use tokio_postgres::config::SslMode;
use tokio_postgres::{CancelToken, Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::Error;
use super::iam::{IamTokens, RdsEndpoint};
use super::settings::{LoginSource, Settings};
use super::tls;
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
        // Boxed: this large future runs once, and must not enlarge that of each statement.
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

    /// Discards what the cause of this error affects too: the idle connections to the server, or the
    /// whole pool if the login's secret may have changed.
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

/// The timeout for cancelling a statement.
const CANCEL_DEADLINE: Duration = Duration::from_millis(250);

/// The idle time after which a connection may have been lost silently: longer than between the
/// requests of a busy container.
const REST: Duration = Duration::from_secs(1);

/// Drives a connection outside the pool until it ends.
pub(super) type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection of the pool.
pub(super) struct Connection {
    client: ClientWrapper,
    /// When it last answered.
    pub(super) answered_at: Instant,
    /// Whether a statement is unanswered. If its caller was cancelled, the next one must not wait
    /// for that answer.
    pub(super) is_asking: bool,
}

impl Connection {
    /// Whether it has been idle for [`REST`], so it may have been lost silently.
    pub(super) fn has_rested(&self) -> bool {
        self.answered_at.elapsed() >= REST
    }
}

impl Deref for Connection {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// Creates connections.
pub(super) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    iam: Option<(RdsEndpoint, IamTokens)>,
    within: Duration,
}

impl Connector {
    /// Connects by `config`, over TLS if it requires that, trusting `authorities` or those of RDS.
    /// With `iam`, each connection has a new token as its password. `within` is the timeout of a
    /// connect.
    fn new(
        config: Config,
        authorities: Option<RootCertStore>,
        iam: Option<(RdsEndpoint, IamTokens)>,
        within: Duration,
    ) -> Result<Self, Error> {
        let tls = match config.get_ssl_mode() {
            SslMode::Require => Some(
                tls::connector(authorities).map_err(|error| Error::Failed(error.to_string()))?,
            ),
            _ => None,
        };
        Ok(Self { config, tls, iam, within })
    }

    /// A new connection and its driver.
    pub(super) async fn connect(&self) -> Result<(Client, Driver), Error> {
        let mut config = self.config.clone();
        if let Some((endpoint, tokens)) = &self.iam {
            config.password(tokens.make(endpoint).await?.expose());
        }
        let connect = async {
            // The client reports the error that ends the connection.
            if let Some(tls) = &self.tls {
                let (client, connection) = config.connect(tls.clone()).await?;
                Ok((client, Box::pin(async { drop(connection.await) }) as Driver))
            } else {
                let (client, connection) = config.connect(NoTls).await?;
                Ok((client, Box::pin(async { drop(connection.await) }) as Driver))
            }
        };
        timeout(self.within, connect).await.unwrap_or(Err(Error::ConnectTimedOut))
    }

    /// Asks PostgreSQL to cancel the statement of a connection.
    pub(super) async fn cancel(&self, token: CancelToken) {
        // Best effort: no caller waits for the statement any more.
        let _ = match &self.tls {
            Some(tls) => timeout(CANCEL_DEADLINE, token.cancel_query(tls.clone())).await,
            None => timeout(CANCEL_DEADLINE, token.cancel_query(NoTls)).await,
        };
    }
}

impl Manager for Connector {
    type Type = Connection;
    type Error = Error;

    async fn create(&self) -> Result<Connection, Error> {
        // Boxed: the future of a connect is large, and most callers get an idle connection.
        let (client, driver) = Box::pin(self.connect()).await?;
        let client = ClientWrapper::new(client, tokio::spawn(driver));
        Ok(Connection { client, answered_at: Instant::now(), is_asking: false })
    }

    /// Sends no query: the next statement detects a lost connection, and is sent again.
    async fn recycle(&self, it: &mut Connection, _: &Metrics) -> RecycleResult<Error> {
        if it.client.is_closed() || it.is_asking {
            return Err(RecycleError::message("it is closed, or busy"));
        }
        Ok(())
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("answered_at", &self.answered_at).finish_non_exhaustive()
    }
}

/// Shows neither the TLS configuration nor the login.
impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}
