//! Connections, and a statement's way over them.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Client, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{CancelToken, Config, NoTls, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::Error;
use super::settings::{CONNECT_DEADLINE, Place, Settings};
use super::sql::Sql;
use super::tls;
use crate::secrets_manager::{SecretsManager, Stage};

/// How long a statement may take before we cancel it.
pub(super) const STATEMENT_DEADLINE: Duration = Duration::from_secs(5);

/// How long the cancelling itself may take.
const CANCEL_DEADLINE: Duration = Duration::from_secs(1);

/// A parameter of a statement and its type, which saves PostgreSQL a round trip to tell us.
pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// What drives a connection outside the pool, until it ends.
pub type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The database. Clones share one pool.
#[derive(Debug, Clone)]
pub struct Database(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    secrets: SecretsManager,
    connected: Mutex<Option<Arc<Connected>>>,
}

struct Connected {
    pool: Pool,
    tls: Option<MakeRustlsConnect>,
    config: Config,
}

impl std::fmt::Debug for Connected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connected").field("pool", &self.pool.status()).finish_non_exhaustive()
    }
}

impl Database {
    /// Connects nothing yet.
    pub fn new(settings: Settings, secrets: SecretsManager) -> Self {
        Self(Arc::new(Inner { settings, secrets, connected: Mutex::new(None) }))
    }

    /// Connects ahead of the first statement, as far as the database can be reached.
    pub async fn warm_up(&self) -> Result<(), Error> {
        self.client().await.map(drop)
    }

    /// A connection of its own, outside the pool, for what needs a session: migrations. Its
    /// driver must be polled beside it.
    pub async fn connect(&self) -> Result<(tokio_postgres::Client, Driver), Error> {
        match self.connect_once().await {
            Err(error @ Error::LoginRefused(_)) => {
                self.forget(&error);
                self.connect_once().await
            }
            result => result,
        }
    }

    async fn connect_once(&self) -> Result<(tokio_postgres::Client, Driver), Error> {
        let connected = self.connected().await?;
        let Connected { tls, config, .. } = &*connected;
        let connect = async {
            // An error ends the connection; whoever uses it hears of that.
            if let Some(tls) = tls {
                let (client, connection) = config.connect(tls.clone()).await?;
                Ok((client, Box::pin(async { drop(connection.await) }) as Driver))
            } else {
                let (client, connection) = config.connect(NoTls).await?;
                Ok((client, Box::pin(async { drop(connection.await) }) as Driver))
            }
        };
        timeout(CONNECT_DEADLINE, connect).await.unwrap_or(Err(Error::DeadlineExceeded))
    }

    /// Runs a statement in one round trip, and once more where a lost connection or a conflict
    /// stopped it. Every statement of ours may be repeated.
    pub(super) async fn rows(
        &self,
        sql: &Sql,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, Error> {
        let client = self.client().await?;
        match self.attempt(client, sql, parameters).await {
            Err(error) if error.is_transient() => {
                self.forget(&error);
                // Boxed: the way that is rarely gone need not lie in every future.
                Box::pin(async { self.attempt(self.client().await?, sql, parameters).await }).await
            }
            result => result,
        }
    }

    /// Like [`Database::rows`], for a statement that gives one row at most.
    pub(super) async fn row(
        &self,
        sql: &Sql,
        parameters: &[Parameter<'_>],
    ) -> Result<Option<Row>, Error> {
        Ok(self.rows(sql, parameters).await?.pop())
    }

    async fn attempt(
        &self,
        client: Client,
        sql: &Sql,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, Error> {
        let query = client.query_typed(sql.text(), parameters);
        if let Ok(rows) = timeout(STATEMENT_DEADLINE, query).await {
            return Ok(rows?);
        }
        let token = client.cancel_token();
        // Its answer may still come: nobody else may read it as theirs.
        drop(Object::take(client));
        self.cancel(token).await;
        self.forget(&Error::DeadlineExceeded);
        Err(Error::DeadlineExceeded)
    }

    async fn cancel(&self, token: CancelToken) {
        let tls = self.held().and_then(|connected| connected.tls.clone());
        // Best effort: the deadline has passed either way.
        let _ = match tls {
            Some(tls) => timeout(CANCEL_DEADLINE, token.cancel_query(tls)).await,
            None => timeout(CANCEL_DEADLINE, token.cancel_query(NoTls)).await,
        };
    }

    /// A connection that isn't known to be lost. Where the login is refused its secret may have
    /// been rotated, and is read again.
    async fn client(&self) -> Result<Client, Error> {
        match self.connected().await?.pool.get().await.map_err(Error::from) {
            Err(error @ Error::LoginRefused(_)) => {
                self.forget(&error);
                Box::pin(async { Ok(self.connected().await?.pool.get().await?) }).await
            }
            client => client,
        }
    }

    fn held(&self) -> Option<Arc<Connected>> {
        self.0.connected.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn connected(&self) -> Result<Arc<Connected>, Error> {
        if let Some(connected) = self.held() {
            return Ok(connected);
        }
        let config = self.config().await?;
        let connected = Arc::new(self.build(config)?);
        let mut held = self.0.connected.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(held.get_or_insert(connected).clone())
    }

    async fn config(&self) -> Result<Config, Error> {
        match &self.0.settings.place {
            Place::Known(config) => Ok(Config::clone(config)),
            Place::Secret { arn, defaults } => {
                let secret = self.0.secrets.read(arn, Stage::Current).await;
                let secret = secret.map_err(Error::Unreachable)?;
                let secret =
                    secret.ok_or_else(|| Error::Unreachable(format!("no secret {arn}")))?;
                defaults.with_secret(&secret).ok_or_else(|| {
                    Error::Unreachable(format!(
                        "{arn} is no login as RDS writes it, or lacks a part"
                    ))
                })
            }
        }
    }

    fn build(&self, config: Config) -> Result<Connected, Error> {
        let tls = match config.get_ssl_mode() {
            SslMode::Require => Some(
                tls::connector(self.0.settings.authorities.as_deref())
                    .ok_or_else(|| Error::Failed("no certificate authority".into()))?,
            ),
            _ => None,
        };
        let fast = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = match tls.clone() {
            Some(tls) => Manager::from_config(config.clone(), tls, fast),
            None => Manager::from_config(config.clone(), NoTls, fast),
        };
        let pool = Pool::builder(manager)
            .max_size(self.0.settings.pool_size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(STATEMENT_DEADLINE))
            .create_timeout(Some(CONNECT_DEADLINE))
            .build()
            .map_err(|error| Error::Failed(error.to_string()))?;
        Ok(Connected { pool, tls, config })
    }

    /// Lets go of what may be as broken as what just failed: the idle connections, frozen with
    /// it; or the login, changed since the secret was read.
    fn forget(&self, error: &Error) {
        let mut held = self.0.connected.lock().unwrap_or_else(PoisonError::into_inner);
        match error {
            Error::LoginRefused(_) => *held = None,
            Error::Unreachable(_) | Error::DeadlineExceeded => {
                if let Some(connected) = &*held {
                    connected.pool.retain(|_, _| false);
                }
            }
            Error::Conflict(_) | Error::NotMigrated(_) | Error::Failed(_) => {}
        }
    }
}
