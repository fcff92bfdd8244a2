//! The common setup of the service and the verbs: the template, its settings, a database, a key.

use std::{collections::BTreeMap, path::PathBuf};

use admin::Refusal;
use shared::{
    Clock, Random,
    db::{self, SigningKeys},
    functions::MailPageRoute,
    jwt::{Algorithm, Issuer, Kid},
    routes::Routes as _,
    secrets_manager::SecretsManager,
};

use crate::{
    arguments::{Override, Shared, Verb},
    database::{self, Database, Purpose},
    error::Error,
    functions::{self, Functions},
    gateway::Gateway,
    lambda::Lambda,
    mails::{self, Mails},
    one_time_key,
    operator::{self, Operator},
    own_functions::OwnFunctions,
    project::Project,
    settings::{PG_BIN, Settings},
    signing_key,
    template::{Given, Source, Template, setting_name},
    waiting::{Step, wait, wait_blocking},
};

/// Why the runner doesn't migrate the database of a deployment.
const OTHER_KEY: &str = "this database's tokens are signed with another key, which the runner's \
    own would replace: set SIGNING_KEY or SIGNING_KEY_ARN to that key";

/// The template, its settings, the database and the key.
pub(crate) struct Setup {
    template: Template,
    settings: Settings,
    database: Database,
    own_functions: OwnFunctions,
    /// The runner's own signing keys, if no setting has one.
    own_keys: Option<Vec<Kid>>,
    /// Where mails are written to.
    mails: PathBuf,
}

impl Setup {
    /// Reads the template and the settings, and opens the database. `base` is the service's address,
    /// its issuer unless a setting or the template names another.
    pub(crate) async fn prepare(
        shared: Shared,
        purpose: Purpose,
        base: Option<String>,
    ) -> Result<Self, Error> {
        let folder = std::env::current_dir().map_err(|error| {
            format!("can't find the current directory ({error}): change to one that exists")
        })?;
        let project = Project::find(&folder, shared.template_file);
        let mut settings = Settings::read(&project.dotenv())?;
        let url = shared.database_url.filter(|url| !url.is_empty());
        let on_command_line = url.as_ref().map(|_| "--database-url");
        let overrides = shared.parameter_overrides.into_iter().flatten();
        let overrides = overrides.map(|Override { name, value }| (name, value));
        let overrides: BTreeMap<_, _> = overrides.collect();
        let named = overrides.iter().map(|(name, value)| (setting_name(name), value.clone()));
        let url = url.map(|url| ("DATABASE_URL".to_owned(), url));
        settings.give(Source::CommandLine, named.chain(url));
        settings.check_login()?;
        let link_url = base.as_ref().map(|base| format!("{base}{}", MailPageRoute::Page.path()));
        let given =
            Given { overrides, settings: settings.given().clone(), issuer: Some(issuer(base)) };
        let template = read_template(&project, given)?;
        settings.prefer("MAIL_TRANSPORT", "folder".to_owned());
        if let Some(link_url) = link_url {
            settings.prefer("MAIL_LINK_URL", link_url);
        }
        let own_functions = OwnFunctions::read(&project, shared.lambda_endpoint)?;
        let setting = database::named_by(&mut settings.of(template.function("admin")?));
        let naming = on_command_line.or(setting);
        if naming.is_none() {
            settings.refuse_parts()?;
        }
        let pg_bin = settings.get(PG_BIN).map(Into::into);
        let cache = project.cache();
        let database = wait_blocking(move |begun| {
            Database::open(naming, pg_bin, &cache, purpose, &|step| {
                let step = match step {
                    local_postgres::Step::Fetching => Step::long(&step),
                    step => Step::brief(&step),
                };
                // The receiver is gone only once the wait has ended.
                let _ = begun.send(step);
            })
        });
        let database = database.await?;
        if let Some(url) = database.url() {
            settings.own("DATABASE_URL", url);
        }
        let mut own_keys = None;
        if settings.get("SIGNING_KEY").or(settings.get("SIGNING_KEY_ARN")).is_none() {
            if purpose == Purpose::FreshService {
                signing_key::forget(&project.cache())?;
            }
            let mut named = settings.of(template.function("admin")?);
            let algorithm = Algorithm::from_env(&mut named);
            let key = signing_key::keep(&project.cache(), algorithm, &Random::System)?;
            own_keys = Some(signing_key::kids(&project.cache()));
            settings.own("SIGNING_KEY", key);
        }
        if settings.get("ONE_TIME_KEY").or(settings.get("ONE_TIME_KEY_ARN")).is_none() {
            let key = one_time_key::keep(&project.cache(), &Random::System)?;
            settings.own("ONE_TIME_KEY", key);
        }
        let mails = mails::folder(&project.cache());
        Ok(Self { template, settings, database, own_functions, own_keys, mails })
    }

    /// The database, if it is ours.
    pub(crate) fn own_database_url(&self) -> Option<String> {
        self.database.url()
    }

    /// An operator of a database that can be reached. A database that we have just started may be
    /// empty, so it is migrated first, unless the verb itself does that.
    pub(crate) async fn operator(&self, verb: &Verb) -> Result<Operator, Error> {
        let operator = Operator::start(&self.template, &self.settings, &self.own_functions).await?;
        let migrates = matches!(verb, Verb::Migrate { .. });
        match self.database {
            Database::Given(_) => {
                let database = self.reach().await?;
                if migrates {
                    self.keep_their_signing_key(database).await?;
                }
            }
            Database::Started(_) if !migrates => self.migrate(&operator).await?,
            Database::Running(_) | Database::Started(_) => {}
        }
        Ok(operator)
    }

    /// The gateway and the mailer over a database that is up to date.
    pub(crate) async fn service(&self) -> Result<(Gateway, Lambda), Error> {
        let operator = Operator::start(&self.template, &self.settings, &self.own_functions).await?;
        if let Database::Given(_) = self.database {
            let database = self.reach().await?;
            self.keep_their_signing_key(database).await?;
        }
        self.migrate(&operator).await?;
        let functions =
            Box::pin(Functions::start(&self.template, &self.settings, &self.own_functions));
        let functions = wait("Starting the functions, which connect.", functions).await?;
        let mut environment = self.settings.of(self.template.function("authorizer")?);
        let app = shared::log::app_name(&mut environment);
        let mailer = functions::mailer(&self.template, &self.settings, self.mails.clone()).await?;
        let gateway = Gateway::new(&self.template, app, Clock::System, |it| functions.get(it))?;
        Ok((gateway, mailer))
    }

    /// Whether mail is on.
    pub(crate) fn sends_mail(&self) -> Result<bool, Error> {
        Ok(shared::mail::is_on(&mut self.settings.of(self.template.function("mailer")?)))
    }

    /// The pages of the mails.
    pub(crate) fn mails(&self) -> Mails {
        Mails::new(self.mails.clone())
    }

    /// A line for each of the team's own functions that isn't where it should run.
    pub(crate) async fn missing_functions(&self) -> Vec<String> {
        self.own_functions.missing(&self.template).await
    }

    /// Why a verb failed, with what to do next.
    pub(crate) fn fault(&self, error: operator::Error) -> Error {
        match error {
            operator::Error::Refused(refusal) => self.refused(refusal),
            other => other.to_string().into(),
        }
    }

    fn refused(&self, refusal: Refusal) -> Error {
        match refusal {
            Refusal::Database(error) => self.database.fault(&error).into(),
            Refusal::Migration(cause) => self.database.migration_fault(&cause).into(),
            Refusal::SigningKey(cause) => {
                format!("the signing key can't be used: {}", database::fault::secret(&cause)).into()
            }
            other => other.into(),
        }
    }

    async fn migrate(&self, operator: &Operator) -> Result<(), Error> {
        let migrated = wait("Migrating the database.", Box::pin(operator.migrate())).await;
        migrated.map_err(|refusal| self.refused(refusal))
    }

    /// Connects to a database that isn't the runner's.
    async fn reach(&self) -> Result<db::Database, Error> {
        let mut named = self.settings.of(self.template.function("admin")?);
        let settings = db::Settings::from_env(&mut named);
        let database = db::Database::new(settings, SecretsManager::default());
        let line = format!("Connecting to {}.", self.database);
        let connected = wait(&line, Box::pin(database.connect())).await;
        connected.map(drop).map_err(|error| self.database.fault(&error))?;
        Ok(database)
    }

    /// Refuses to replace the key of a deployment by the runner's own.
    async fn keep_their_signing_key(&self, database: db::Database) -> Result<(), Error> {
        let Some(own) = &self.own_keys else { return Ok(()) };
        // A database without migrations has no keys; the next query reports one out of reach.
        let keys = SigningKeys::new(database).list_accepted(Clock::System.now()).await;
        let keys = keys.unwrap_or_default();
        if keys.first().is_some_and(|(kid, _)| !own.contains(kid)) {
            return Err(OTHER_KEY.to_owned().into());
        }
        Ok(())
    }
}

/// The issuer, unless a setting names one: the service's address. By http, other machines reach it at
/// an address that no issuer may have; a verb has none.
fn issuer(base: Option<String>) -> String {
    let address = base.filter(|base| matches!(base.parse(), Ok(Issuer::Address(_))));
    address.unwrap_or_else(|| "latchkey".to_owned())
}

fn read_template(project: &Project, given: Given) -> Result<Template, Error> {
    let path = &project.template;
    let text = std::fs::read_to_string(path).map_err(|error| {
        let path = path.display();
        format!(
            "can't read {path} ({error}): name Latchkey's template by --template-file, or start \
             in its folder"
        )
    })?;
    Template::read(&text, given).map_err(|error| error.in_file(path).into())
}
