//! The target of the checks.

mod elsewhere;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::client::{Asked, Client};
use crate::database::Database;
use crate::introspection;
use crate::jws::Key;
use crate::kind::{Ability, Kind};
use crate::operator::Operator;
use crate::person::SignedIn;
use crate::routes::Route;
use crate::runner::Runner;
use crate::secrets::Secrets;
use crate::tokens::SENT;
use crate::{routes, settings};

/// The service under test.
pub(crate) struct Target {
    kind: Kind,
    /// Its HTTP client.
    pub(crate) http: Client,
    /// The secrets that were sent.
    pub(crate) secrets: Arc<Secrets>,
    runner: Option<Runner>,
    database: Option<Database>,
    operator: Option<Operator>,
    key: Option<Key>,
    /// The secret of introspection, if it is on.
    pub(crate) introspection_secret: Option<String>,
    /// The folder of the mails that it has sent.
    mails: Option<PathBuf>,
    keeps_policies: bool,
    /// Whether its `ErrorFormat` is `json`.
    answers_in_json: bool,
    /// Whether it is asked for the checks, too, that hold here if they hold on the runner.
    runs_all: bool,
    ignored: Mutex<BTreeMap<&'static str, u32>>,
    bcrypt_cost: u32,
    ada: OnceLock<SignedIn>,
    routes: OnceLock<Vec<Route>>,
    variant: OnceLock<Box<Self>>,
    costly: OnceLock<Box<Self>>,
}

/// For runners where the hashes' cost doesn't matter. It is above the costs of the hashes that the
/// checks store, so that sign-ins replace them.
pub(crate) const CHEAP: &str = "BcryptCost=6";

/// The template's default.
const BCRYPT_COST: u32 = 12;

/// A setting of this suite. The default target needs none.
fn setting(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the suite's own settings")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether to run every check that the target can serve.
fn runs_all() -> bool {
    setting("LATCHKEY_CHECKS").is_some_and(|it| it == "all")
}

impl Target {
    /// The target in the environment, or the suite's own runner.
    pub(crate) fn from_environment() -> Result<Self, String> {
        match setting("LATCHKEY_BASE_URL") {
            Some(base) => Self::elsewhere(&base),
            None => Self::runner("latchkey", introspection::OVERRIDES, Arc::default()),
        }
    }

    /// The suite's own runner with these `--parameter-overrides`, and its log under `name`.
    pub(crate) fn runner(
        name: &str,
        overrides: &[&str],
        secrets: Arc<Secrets>,
    ) -> Result<Self, String> {
        let (kind, runner) = match setting("LATCHKEY_PGBOUNCER") {
            Some(pooler) => (Kind::Pooler, Runner::start_pooled(&pooler, name, overrides)?),
            None => (Kind::Runner, Runner::start(name, overrides)?),
        };
        Ok(Self::ours(kind, runner, overrides, secrets))
    }

    /// A further runner over the database of this one.
    pub(crate) fn beside(&self, name: &str, overrides: &[&str]) -> Result<Self, String> {
        let runner = self.runner.as_ref().expect("the check lists this ability");
        let runner = runner.start_beside(name, overrides)?;
        Ok(Self::ours(self.kind, runner, overrides, Arc::clone(&self.secrets)))
    }

    fn ours(kind: Kind, runner: Runner, overrides: &[&str], secrets: Arc<Secrets>) -> Self {
        let answers_in_json = overrides.contains(&"ErrorFormat=json");
        let cost = overrides.iter().find_map(|it| it.strip_prefix("BcryptCost="));
        Self {
            kind,
            http: Client::new(runner.base(), Arc::clone(&secrets)),
            secrets,
            database: Some(Database::new(runner.database_url())),
            operator: Some(runner.operator()),
            key: Some(Key::known()),
            introspection_secret: introspection::secret_in(overrides),
            mails: Some(runner.mails()),
            runner: Some(runner),
            keeps_policies: true, // the variant does
            answers_in_json,
            runs_all: runs_all(),
            ignored: Mutex::default(),
            bcrypt_cost: cost.and_then(|it| it.parse().ok()).unwrap_or(BCRYPT_COST),
            ada: OnceLock::new(),
            routes: OnceLock::new(),
            variant: OnceLock::new(),
            costly: OnceLock::new(),
        }
    }

    /// Why a check with these `also` kinds is left out here, if it is.
    pub(crate) fn leaves_out(&self, also: &[Kind]) -> Option<&'static str> {
        let runs = match self.kind {
            Kind::Runner | Kind::Aws => true,
            Kind::Pooler | Kind::Emulator | Kind::SamLocal => also.contains(&self.kind),
        };
        let reason = "the outcome is the same as the runner's (LATCHKEY_CHECKS=all runs it)";
        (!runs && !self.runs_all).then_some(reason)
    }

    /// Why this target can't serve an ability, if it can't.
    pub(crate) fn lacks(&self, ability: Ability) -> Option<&'static str> {
        let missing = match ability {
            Ability::OwnKey if self.key.is_none() => Some("LATCHKEY_SIGNING_KEY isn't set"),
            Ability::Introspection if self.introspection_secret.is_none() => {
                Some("LATCHKEY_INTROSPECTION_SECRET isn't set")
            }
            Ability::Operator if self.operator.is_none() => Some("LATCHKEY_OPERATOR isn't set"),
            Ability::Database if self.database.is_none() => Some("LATCHKEY_DATABASE_URL isn't set"),
            Ability::Mails if self.mails.is_none() => Some("LATCHKEY_MAILS isn't set"),
            Ability::CachedPolicies if !self.keeps_policies => {
                Some("LATCHKEY_AUTHORIZER_CACHE_SECONDS isn't set: no policy is kept")
            }
            _ => None,
        };
        missing.or_else(|| self.kind.lacks(ability))
    }

    /// Whether errors are problem details by default.
    pub(crate) const fn answers_in_json(&self) -> bool {
        self.answers_in_json
    }

    /// The target's `BcryptCost`.
    pub(crate) const fn bcrypt_cost(&self) -> u32 {
        self.bcrypt_cost
    }

    /// The number of simultaneous hashes. On the emulator each is a process on this machine, and a
    /// waiting function may time out.
    pub(crate) const fn hashes_at_once(&self) -> usize {
        if matches!(self.kind, Kind::Emulator) { 16 } else { 64 }
    }

    /// Counts an ignored check for the summary.
    pub(crate) fn count_ignored(&self, reason: &'static str) {
        *self.ignored.lock().unwrap_or_else(PoisonError::into_inner).entry(reason).or_default() +=
            1;
    }

    /// The service's database.
    pub(crate) fn database(&self) -> &Database {
        self.database.as_ref().expect("the check lists this ability")
    }

    /// The operator's verbs.
    pub(crate) fn operator(&self) -> &Operator {
        self.operator.as_ref().expect("the check lists this ability")
    }

    /// The folder of the mails that it has sent, if that can be read.
    pub(crate) fn mail_folder(&self) -> Option<&Path> {
        self.mails.as_deref()
    }

    /// The service's signing key.
    pub(crate) fn key(&self) -> &Key {
        self.key.as_ref().expect("the check lists this ability")
    }

    /// Whether the suite started the target, and may start more.
    const fn is_ours(&self) -> bool {
        matches!(self.kind, Kind::Runner | Kind::Pooler)
    }

    /// Another runner, started on first use.
    #[track_caller]
    fn further<'a>(
        &self,
        started: &'a OnceLock<Box<Self>>,
        name: &str,
        overrides: &[&str],
    ) -> &'a Self {
        started.get_or_init(|| {
            let runner = Self::runner(name, overrides, Arc::clone(&self.secrets));
            Box::new(runner.unwrap_or_else(|sentence| panic!("{sentence}")))
        })
    }

    /// A second runner with other settings.
    #[track_caller]
    pub(crate) fn variant(&self) -> &Self {
        self.further(&self.variant, "variant", settings::OVERRIDES)
    }

    /// One whose hashes cost as much as a deployment's at least: another runner, whose tokens have
    /// roles too, or this target.
    #[track_caller]
    pub(crate) fn costly(&self) -> &Self {
        let settings = ["AuthorizerCacheSeconds=0", "BcryptCost=10", "TokenClaims=roles"];
        if self.is_ours() { self.further(&self.costly, "costly", &settings) } else { self }
    }

    /// The target with a policy cache: a runner of ours, or this target.
    #[track_caller]
    pub(crate) fn caching(&self) -> &Self {
        if self.is_ours() { self.variant() } else { self }
    }

    /// The further runners that were started.
    fn started(&self) -> impl Iterator<Item = &Self> {
        [&self.variant, &self.costly].into_iter().filter_map(OnceLock::get).map(AsRef::as_ref)
    }

    /// All runners' logs.
    pub(crate) fn log(&self) -> String {
        let own = self.runner.as_ref().expect("the check lists this ability").log();
        self.started().fold(own, |log, further| log + &further.log())
    }

    /// The number of answers of all runners by method, path and status.
    pub(crate) fn asked(&self) -> Asked {
        let mut asked = self.http.asked();
        for (request, count) in self.started().flat_map(|further| further.http.asked()) {
            *asked.entry(request).or_default() += count;
        }
        asked
    }

    /// A user that every check may use and none may change.
    #[track_caller]
    pub(crate) fn ada(&self) -> &SignedIn {
        self.ada.get_or_init(|| self.signed_in("ada"))
    }

    /// Its routes.
    #[track_caller]
    pub(crate) fn routes(&self) -> &[Route] {
        self.routes.get_or_init(|| routes::read(self))
    }

    /// Ends the runners.
    pub(crate) fn stop(&self) {
        if let Some(runner) = &self.runner {
            self.routes(); // the log's checks want them
            self.record_mails();
            runner.stop();
        }
        for further in self.started() {
            further.record_mails();
            further.stop();
        }
    }

    /// Prints what the checks ran against, and the log's path.
    pub(crate) fn print_summary(&self) {
        let forgeries = SENT.load(Ordering::Relaxed);
        println!("checked: {:?} at {}", self.kind, self.http.base());
        println!("forged tokens sent: {forgeries}");
        for (reason, count) in &*self.ignored.lock().unwrap_or_else(PoisonError::into_inner) {
            println!("ignored: {count}, as {reason}");
        }
        if let Some(runner) = &self.runner {
            println!("its log: {}", runner.log_path().display());
        }
    }
}
