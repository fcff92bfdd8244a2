//! From the command line to a service that answers, or to a verb that is done.

use std::{io, sync::Arc, time::Duration};

use admin::Refusal;
use shared::{
    Clock, Random, Secret,
    db::SigningKeys,
    jwt::{Kid, SigningKey},
    secrets_manager::SecretsManager,
};
use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
};

use crate::{
    arguments::{self, Arguments, Shared, Verb},
    database::{self, Database, Purpose},
    functions::{self, Functions},
    gateway::Gateway,
    operator::{self, Operator},
    project::Project,
    server,
    settings::{BadDotenv, Settings},
    signing_key, start_page,
    template::{self, Given, Template},
};

/// Connections of each function: here one process serves many requests at once.
const POOL_SIZE: &str = "8";

/// How long hashes that are under way may take to end once we stop.
const STOPPING: Duration = Duration::from_secs(1);

/// Why the runner doesn't migrate a database of others.
const OTHER_KEY: &str = "this database's tokens are signed with another key, whose place the \
    runner's own would take: set SIGNING_KEY or SIGNING_KEY_ARN to that key";

/// Why the runner ended: one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

macro_rules! one_sentence {
    ($($cause:ty),*) => {
        $(impl From<$cause> for Error {
            fn from(cause: $cause) -> Self {
                Self(cause.to_string())
            }
        })*
    };
}
one_sentence!(
    BadDotenv,
    Refusal,
    database::Error,
    functions::Error,
    io::Error,
    operator::Error,
    template::Error
);

impl From<String> for Error {
    fn from(sentence: String) -> Self {
        Self(sentence)
    }
}

/// What both the service and a verb stand on.
struct Ground {
    template: Template,
    settings: Settings,
    database: Database,
    /// The runner's own signing key, if nobody gave one.
    own_key: Option<Kid>,
}

/// Does what the command line says, until it is done or somebody stops it.
pub fn run(arguments: Arguments) -> Result<(), Error> {
    let Arguments { listen, fresh, shared, verb } = arguments;
    if let Some(verb) = verb {
        return operate(&Ground::prepare(shared, Purpose::Verb)?, verb);
    }
    // Before the database: a port that is taken shows at once.
    let listener = server::bind(&listen.host, listen.port)?;
    let purpose = if fresh { Purpose::FreshService } else { Purpose::Service };
    serve(Ground::prepare(shared, purpose)?, listener)
}

impl Ground {
    fn prepare(shared: Shared, purpose: Purpose) -> Result<Self, Error> {
        let folder = std::env::current_dir()?;
        let project = Project::find(&folder, shared.template_file);
        let mut settings = Settings::read(&project.dotenv())?;
        if let Some(url) = shared.database_url {
            settings.give("DATABASE_URL", url);
        }
        let template = read_template(&project, &settings, &shared.parameter_overrides)?;
        let mut named = settings.of(template.function("admin")?);
        let pg_bin = settings.get("PG_BIN").map(Into::into);
        let cache = project.cache();
        let database = Database::open(&mut named, pg_bin, &cache, purpose)?;
        if let Some(url) = database.url() {
            settings.own("DATABASE_URL", url);
        }
        let mut own_key = None;
        if settings.get("SIGNING_KEY").or(settings.get("SIGNING_KEY_ARN")).is_none() {
            let key = signing_key::keep(&cache, &Random::System)
                .map_err(|error| format!("can't keep a key in {}: {error}", cache.display()))?;
            own_key = SigningKey::parse(&Secret::new(key.clone())).map(|key| key.kid().clone());
            settings.own("SIGNING_KEY", key);
        }
        Ok(Self { template, settings, database, own_key })
    }

    async fn operator(&self) -> Result<Operator, Error> {
        Ok(Operator::start(&self.template, &self.settings).await?)
    }

    /// Refuses to put the runner's own key in the place of one that a deployment signs with.
    async fn keep_their_signing_key(&self) -> Result<(), Error> {
        let (Database::Given, Some(own)) = (&self.database, &self.own_key) else { return Ok(()) };
        let mut named = self.settings.of(self.template.function("admin")?);
        let settings = shared::db::Settings::from_env(&mut named);
        let database = shared::db::Database::new(settings, SecretsManager::default());
        let table = SigningKeys::new(database);
        // One that isn't migrated has no keys, and one out of reach is told of by what comes next.
        let keys = table.list_accepted(Clock::System.now()).await.unwrap_or_default();
        if keys.first().is_some_and(|(kid, _)| kid != own) {
            return Err(Error(OTHER_KEY.to_owned()));
        }
        Ok(())
    }

    /// The gateway over a database that is up to date.
    async fn gateway(&self) -> Result<Gateway, Error> {
        self.keep_their_signing_key().await?;
        self.operator().await?.migrate().await?;
        let functions = Functions::start(&self.template, &self.settings).await?;
        let mut environment = self.settings.of(self.template.function("authorizer")?);
        let app = shared::log::app_name(&mut environment);
        Ok(Gateway::new(&self.template, app, Clock::System, |it| functions.get(it))?)
    }
}

fn read_template(
    project: &Project,
    settings: &Settings,
    overrides: &[String],
) -> Result<Template, Error> {
    let text = project
        .template()
        .map_err(|error| format!("can't read {}: {error}", project.template_path().display()))?;
    let given = Given {
        settings: settings.given().clone(),
        overrides: arguments::overrides(overrides)?,
        defaults: [("DatabasePoolSize".to_owned(), POOL_SIZE.to_owned())].into(),
    };
    Ok(Template::read(&text, given)?)
}

fn operate(ground: &Ground, verb: Verb) -> Result<(), Error> {
    let lines = Runtime::new()?.block_on(async {
        let operator = ground.operator().await?;
        if let Database::Started(_) = ground.database {
            operator.migrate().await?; // it may be an empty one
        }
        Ok::<_, Error>(operator.run(verb).await?)
    })?;
    Ok(start_page::print(&lines)?)
}

fn serve(ground: Ground, listener: std::net::TcpListener) -> Result<(), Error> {
    shared::log::init();
    let runtime = Runtime::new()?;
    let served = runtime.block_on(async {
        let mut interrupted = signal(SignalKind::interrupt())?;
        let mut terminated = signal(SignalKind::terminate())?;
        let mut stop = std::pin::pin!(async move {
            tokio::select! {
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {}
            }
        });
        let gateway = tokio::select! {
            gateway = ground.gateway() => Arc::new(gateway?),
            () = &mut stop => return Ok(()),
        };
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let database = ground.database.url();
        start_page::print(&start_page::lines(listener.local_addr()?, database.as_deref()))?;
        server::serve(listener, gateway, stop).await;
        Ok(())
    });
    runtime.shutdown_timeout(STOPPING);
    drop(ground); // the database stops after the last that may use it
    served
}
