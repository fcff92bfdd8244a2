//! Connections, and a statement's way over them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Object, Pool};
use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Config, Row};

use super::connector::{Connector, Driver};
use super::error::Error;
use super::iam::IamTokens;
use super::settings::{Place, Settings};
use super::sql::Sql;
use crate::aws::AwsCredentials;
use crate::clock::Clock;
use crate::secrets_manager::{SecretsManager, Stage};

/// How long a statement may take before we cancel it.
pub(super) const STATEMENT_DEADLINE: Duration = Duration::from_secs(5);

/// A parameter of a statement and its type, which saves PostgreSQL a round trip to tell us.
pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

type Client = Object<Connector>;

/// The database. Clones share one pool.
#[derive(Debug, Clone)]
pub struct Database(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    secrets: SecretsManager,
    iam_tokens: IamTokens,
    pool: Mutex<Option<Pool<Connector>>>,
}

impl Database {
    /// Connects nothing yet.
    pub fn new(settings: Settings, secrets: SecretsManager) -> Self {
        Self::signing_as(settings, secrets, AwsCredentials::default(), Clock::System)
    }

    /// Like [`Database::new`], with these credentials and this time for the tokens of
    /// `DATABASE_AUTH=iam`.
    pub fn signing_as(
        settings: Settings,
        secrets: SecretsManager,
        credentials: AwsCredentials,
        clock: Clock,
    ) -> Self {
        let iam_tokens = IamTokens { credentials, clock };
        Self(Arc::new(Inner { settings, secrets, iam_tokens, pool: Mutex::new(None) }))
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
        let pool = self.pool().await?;
        Box::pin(pool.manager().connect()).await
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
        if let Some(pool) = self.held() {
            pool.manager().cancel(token).await;
        }
        self.forget(&Error::DeadlineExceeded);
        Err(Error::DeadlineExceeded)
    }

    /// A connection that isn't known to be lost. Where the login is refused its secret may have
    /// been rotated, and is read again.
    async fn client(&self) -> Result<Client, Error> {
        match self.pool().await?.get().await.map_err(Error::from) {
            Err(error @ Error::LoginRefused(_)) => {
                self.forget(&error);
                Box::pin(async { Ok(self.pool().await?.get().await?) }).await
            }
            client => client,
        }
    }

    fn held(&self) -> Option<Pool<Connector>> {
        self.0.pool.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn pool(&self) -> Result<Pool<Connector>, Error> {
        if let Some(pool) = self.held() {
            return Ok(pool);
        }
        let pool = self.build().await?;
        let mut held = self.0.pool.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(held.get_or_insert(pool).clone())
    }

    async fn build(&self) -> Result<Pool<Connector>, Error> {
        let Settings { place, authorities, pool_size } = &self.0.settings;
        let authorities = authorities.as_deref();
        let connector = match place {
            Place::Known(config) => Connector::new(Config::clone(config), authorities, None),
            Place::Iam(config, entrance) => {
                let iam = (entrance.clone(), self.0.iam_tokens.clone());
                Connector::new(Config::clone(config), authorities, Some(iam))
            }
            Place::Secret { arn, defaults } => {
                let secret = self.0.secrets.read(arn, Stage::Current).await;
                let secret = secret.map_err(Error::Unreachable)?;
                let secret =
                    secret.ok_or_else(|| Error::Unreachable(format!("no secret {arn}")))?;
                let config = defaults.with_secret(&secret).ok_or_else(|| {
                    Error::Unreachable(format!(
                        "{arn} is no login as RDS writes it, or lacks a part"
                    ))
                })?;
                Connector::new(config, authorities, None)
            }
        };
        Pool::builder(connector?)
            .max_size(*pool_size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(STATEMENT_DEADLINE))
            .build()
            .map_err(|error| Error::Failed(error.to_string()))
    }

    /// Lets go of what may be as broken as what just failed: the idle connections, frozen with
    /// it; or the login, changed since the secret was read.
    fn forget(&self, error: &Error) {
        let mut held = self.0.pool.lock().unwrap_or_else(PoisonError::into_inner);
        match error {
            Error::LoginRefused(_) => *held = None,
            Error::Unreachable(_) | Error::DeadlineExceeded => {
                if let Some(pool) = &*held {
                    pool.retain(|_, _| false);
                }
            }
            Error::NoToken(_)
            | Error::Conflict(_)
            | Error::NotMigrated(_)
            | Error::NotGranted(_)
            | Error::Failed(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use aws_credential_types::Credentials;
    use aws_credential_types::provider::error::CredentialsError;
    use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
    use stage::Stage;

    use super::*;
    use crate::clock::NumericDate;
    use crate::db::Roles;
    use crate::environment::Environment;

    /// A way to the stage's database by a login that is let in by a token alone, as RDS does it:
    /// what the server compares is the password.
    struct ByToken {
        stage: Stage,
        database: Database,
        clock: Clock,
    }

    const LOGIN: &str = "by_token";

    impl ByToken {
        async fn new() -> Self {
            let stage = Stage::new().await;
            // The first line that fits decides.
            let lines = format!(
                "CREATE ROLE {LOGIN} LOGIN; \
                 GRANT SELECT ON ALL TABLES IN SCHEMA public TO {LOGIN}; \
                 DO $$ BEGIN EXECUTE format('COPY (VALUES \
                     (''host all {LOGIN} 127.0.0.1/32 password''), \
                     (''host all all 127.0.0.1/32 trust'')) TO %L', \
                     current_setting('hba_file')); END $$; \
                 SELECT pg_reload_conf()"
            );
            stage.execute(&lines).await;
            let (_, place) = stage.url.split_once("@127.0.0.1:").unwrap();
            let (port, name) = place.split_once('/').unwrap();
            let mut env = Environment::from_iter([
                ("AWS_REGION", "eu-central-1"),
                ("DATABASE_AUTH", "iam"),
                ("DATABASE_HOST", "127.0.0.1"),
                ("DATABASE_PORT", port),
                ("DATABASE_NAME", name),
                ("DATABASE_USER", LOGIN),
            ]);
            let settings = Settings::from_env(&mut env);
            env.check().unwrap();
            let credentials = Credentials::new("id", "secret", Some("session".into()), None, "");
            let provider = SharedCredentialsProvider::new(credentials);
            let credentials = AwsCredentials::from_provider(provider);
            let clock = Clock::fixed(NumericDate::from_seconds(1_795_507_200));
            let database = Database::signing_as(
                settings,
                SecretsManager::default(),
                credentials,
                clock.clone(),
            );
            Self { stage, database, clock }
        }

        /// Lets in who has the token of this moment.
        async fn accept_token_of_now(&self) {
            let Place::Iam(_, entrance) = &self.database.0.settings.place else {
                panic!("another place");
            };
            let token = self.database.0.iam_tokens.make(entrance).await.unwrap();
            let set = format!("ALTER ROLE {LOGIN} PASSWORD '{}'", token.expose());
            self.stage.execute(&set).await;
        }

        async fn is_let_in(&self) -> bool {
            match Roles::new(self.database.clone()).list(None, 1).await {
                Ok(_) => true,
                Err(Error::LoginRefused(_)) => false,
                Err(error) => panic!("{error}"),
            }
        }

        async fn end_connections(&self) {
            let end = format!(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
                 WHERE usename = '{LOGIN}'"
            );
            self.stage.execute(&end).await;
        }
    }

    #[tokio::test]
    async fn each_connect_has_a_token_of_its_own() {
        let by_token = ByToken::new().await;
        assert!(!by_token.is_let_in().await);
        by_token.accept_token_of_now().await;
        assert!(by_token.is_let_in().await);
        assert!(by_token.database.connect().await.is_ok());

        // A token is old after 15 minutes, and the connection goes on.
        by_token.clock.advance(901);
        assert!(by_token.is_let_in().await);
        by_token.end_connections().await;
        assert!(!by_token.is_let_in().await);
        assert!(matches!(by_token.database.connect().await, Err(Error::LoginRefused(_))));
        by_token.accept_token_of_now().await;
        assert!(by_token.is_let_in().await);
        assert!(by_token.database.connect().await.is_ok());
    }

    /// Nobody at first.
    #[derive(Debug, Default)]
    struct Late(AtomicBool);

    impl ProvideCredentials for Late {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let credentials = Credentials::new("id", "secret", None, None, "");
            let none = CredentialsError::not_loaded("none yet");
            let is_there = self.0.swap(true, Ordering::SeqCst);
            future::ProvideCredentials::ready(is_there.then_some(credentials).ok_or(none))
        }
    }

    #[tokio::test]
    async fn who_has_no_credentials_is_out_of_reach_until_there_are_some() {
        // Nothing listens there.
        let mut env = Environment::from_iter([
            ("AWS_REGION", "eu-central-1"),
            ("DATABASE_AUTH", "iam"),
            ("DATABASE_URL", "postgresql://u@127.0.0.1:1/n"),
        ]);
        let settings = Settings::from_env(&mut env);
        let credentials =
            AwsCredentials::from_provider(SharedCredentialsProvider::new(Late::default()));
        let secrets = SecretsManager::default();
        let database = Database::signing_as(settings, secrets, credentials, Clock::System);
        let error = database.warm_up().await.unwrap_err();
        assert!(matches!(&error, Error::NoToken(cause) if cause.contains("none yet")), "{error}");
        assert!(matches!(crate::Error::from(error), crate::Error::Unavailable(_)));
        let error = database.warm_up().await.unwrap_err();
        assert!(matches!(error, Error::Unreachable(_)), "{error}");
    }
}
