//! Logs in with tokens to a server that compares them.

use std::sync::atomic::{AtomicBool, Ordering};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use stage::{BY_PASSWORD, Stage};
use tokio_postgres::types::Type;

use super::database::Database;
use super::error::Error;
use super::iam::{IamTokens, RdsEndpoint};
use super::roles::LIST;
use super::settings::Settings;
use crate::aws::AwsCredentials;
use crate::clock::{Clock, NumericDate};
use crate::environment::Environment;
use crate::secrets_manager::SecretsManager;

/// The stage's database through a login that needs a token, as RDS does: here, the login's password
/// is the token.
struct ByToken {
    stage: Stage,
    database: Database,
    endpoint: RdsEndpoint,
    tokens: IamTokens,
    clock: Clock,
}

const LOGIN: &str = "by_token";
const REGION: &str = "eu-central-1";

impl ByToken {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let lines = format!(
            "CREATE ROLE {LOGIN} LOGIN IN ROLE {BY_PASSWORD}; \
             GRANT SELECT ON ALL TABLES IN SCHEMA public TO {LOGIN}"
        );
        stage.execute(&lines).await;
        let (_, address) = stage.url.split_once("@127.0.0.1:").unwrap();
        let (port, name) = address.split_once('/').unwrap();
        let mut env = Environment::from_iter([
            ("AWS_REGION", REGION),
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
            credentials.clone(),
            clock.clone(),
        );
        let endpoint = RdsEndpoint::new("127.0.0.1", port.parse().unwrap(), LOGIN, REGION.into());
        let tokens = IamTokens { credentials, clock: clock.clone() };
        Self { endpoint: endpoint.unwrap(), tokens, stage, database, clock }
    }

    /// Makes the server accept the current token.
    async fn accept_token_of_now(&self) {
        let token = self.tokens.make(&self.endpoint).await.unwrap();
        let set = format!("ALTER ROLE {LOGIN} PASSWORD '{}'", token.expose());
        self.stage.execute(&set).await;
    }

    async fn is_let_in(&self) -> bool {
        let one = (&1_i64 as _, Type::INT8);
        match self.database.rows(&LIST, &[one.clone(), one.clone(), one]).await {
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

    // The token expires after 15 minutes; the connection stays.
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
async fn a_login_by_iam_fails_until_there_are_aws_credentials() {
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
