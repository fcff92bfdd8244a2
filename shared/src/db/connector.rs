//! How a connection is made, in the pool or beside it.

use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use deadpool_postgres::ClientWrapper;
use rustls::RootCertStore;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::{CancelToken, Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::Error;
use super::iam::{Entrance, IamTokens};
use super::tls;

/// How long cancelling a statement may take.
const CANCEL_DEADLINE: Duration = Duration::from_millis(250);

/// How long a connection lies unused before it may have been lost in silence: longer than between
/// the requests of a container that is busy.
const REST: Duration = Duration::from_secs(1);

/// What drives a connection outside the pool, until it ends.
pub type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection of the pool.
pub(super) struct Connection {
    client: ClientWrapper,
    /// Whether it lay unused before this use, for so long that it may have been lost in silence.
    pub(super) has_rested: bool,
    /// Whether it has been asked something that it hasn't answered: whoever asked may have gone
    /// away, and nobody else is to wait behind that.
    pub(super) is_asking: bool,
}

impl Deref for Connection {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// Makes connections.
pub(super) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    iam: Option<(Entrance, IamTokens)>,
    within: Duration,
}

impl Connector {
    /// Connects as `config` says, over TLS if that says so, trusting `authorities` or those of
    /// RDS; with `iam`, a token of its own is each connection's password. A connect may take as
    /// long as `within`.
    pub(super) fn new(
        config: Config,
        authorities: Option<RootCertStore>,
        iam: Option<(Entrance, IamTokens)>,
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

    /// A connection and what drives it.
    pub(super) async fn connect(&self) -> Result<(Client, Driver), Error> {
        let mut config = self.config.clone();
        if let Some((entrance, tokens)) = &self.iam {
            config.password(tokens.make(entrance).await?.expose());
        }
        let connect = async {
            // An error ends the connection; whoever uses it hears of that.
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

    /// Asks PostgreSQL to stop what a connection of ours is doing.
    pub(super) async fn cancel(&self, token: CancelToken) {
        // Best effort: nobody waits for its answer any more either way.
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
        // Boxed: a connect is large, and most callers find a connection.
        let (client, driver) = Box::pin(self.connect()).await?;
        let client = ClientWrapper::new(client, tokio::spawn(driver));
        Ok(Connection { client, has_rested: false, is_asking: false })
    }

    /// Asks nobody: a connection that was lost unnoticed is found out by the statement, which is
    /// sent again.
    async fn recycle(&self, it: &mut Connection, metrics: &Metrics) -> RecycleResult<Error> {
        if it.client.is_closed() || it.is_asking {
            return Err(RecycleError::message("it is closed, or busy"));
        }
        it.has_rested = metrics.last_used() >= REST;
        Ok(())
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("has_rested", &self.has_rested).finish_non_exhaustive()
    }
}

/// Its TLS can't be shown, and its login needn't be.
impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}
