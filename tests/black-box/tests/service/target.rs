//! What the checks are pointed at, and what each kind of target can't serve.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::client::{Asked, Client};
use crate::database::Database;
use crate::jws::Key;
use crate::operator::Operator;
use crate::person::SignedIn;
use crate::runner::Runner;
use crate::secrets::Secrets;
use crate::settings;
use crate::tokens::SENT;

/// What a check needs beyond a public address that answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ability {
    /// The gateway answers 401, 403 and 404 in the words of our `GatewayResponses`.
    GatewayWords,
    /// The gateway answers 401 where the authorizer refuses a token.
    RefusedTokens,
    /// The gateway sends CORS and other headers of its own with what it answers itself.
    GatewayHeaders,
    /// The gateway answers preflights, and with the CORS headers.
    Preflights,
    /// The functions alone say who may read their answers.
    OwnCors,
    /// The gateway renames a function's `WWW-Authenticate`.
    RenamedChallenge,
    /// Bodies reach the functions byte for byte, in base64.
    BinaryBodies,
    /// Bodies of other media types reach the functions even where they aren't UTF-8.
    LossyText,
    /// Bytes of an odd request line or header reach our own code.
    RawRequests,
    /// Hundreds of requests, one after another, are a matter of seconds.
    Quick,
    /// A function serves several requests at the same time.
    Crowds,
    /// Functions stay warm, and a call's time is mostly their own.
    Warm,
    /// The functions reach a port that this suite opens on its own machine.
    Loopback,
    /// The suite knows the key that signs.
    OwnKey,
    /// The operator's verbs can be run.
    Operator,
    /// The service's database can be reached.
    Database,
    /// The gateway keeps the authorizer's answers for a while.
    CachedPolicies,
    /// The suite may start further runners, with other settings.
    Runner,
}

/// Where the service runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// The local runner, started by this suite.
    Runner,
    /// The local runner, with a pooler before its database.
    Pooler,
    /// A deployment behind the API Gateway of AWS.
    Aws,
    /// A deployment to the emulator `ministack`.
    Emulator,
    /// The functions in containers behind `sam local start-api`.
    SamLocal,
}

impl Kind {
    /// The one list of what a kind of target can't serve, and why.
    const fn lacks(self, ability: Ability) -> Option<&'static str> {
        match (self, ability) {
            (Self::Runner | Self::Pooler, _) => None,
            (_, Ability::Runner) => Some("the suite was pointed at a target that it didn't start"),
            (Self::Aws, Ability::RawRequests) => {
                Some("odd bytes end at the edge of AWS, before anything of ours")
            }
            (Self::Aws, Ability::Loopback) => Some("its functions run on other machines"),
            (Self::Emulator, Ability::GatewayWords) => {
                Some("the emulator stores GatewayResponses and answers in its own words")
            }
            (Self::Emulator, Ability::GatewayHeaders) => {
                Some("the emulator sends no CORS header of its own")
            }
            (Self::Emulator, Ability::Preflights) => {
                Some("the emulator answers preflights alone, and without the CORS headers")
            }
            (Self::Emulator, Ability::RenamedChallenge) => {
                Some("the emulator doesn't rename WWW-Authenticate")
            }
            (Self::Emulator, Ability::BinaryBodies) => {
                Some("the emulator ignores BinaryMediaTypes: other bytes than UTF-8 are lost")
            }
            (Self::Emulator, Ability::RawRequests) => {
                Some("the emulator's own HTTP server answers odd requests")
            }
            (Self::Emulator, Ability::Warm) => {
                Some("the emulator's own share of a call is so large that times tell nothing")
            }
            (Self::SamLocal, Ability::GatewayWords) => {
                Some("sam local reads no GatewayResponses and answers in its own words")
            }
            (Self::SamLocal, Ability::RefusedTokens) => {
                Some("sam local answers 502 where the authorizer refuses a token")
            }
            (Self::SamLocal, Ability::GatewayHeaders) => {
                Some("sam local sends no CORS header with what it answers itself")
            }
            (Self::SamLocal, Ability::OwnCors) => {
                Some("sam local adds the CORS headers to every answer of a function")
            }
            (Self::SamLocal, Ability::RenamedChallenge) => {
                Some("sam local doesn't rename WWW-Authenticate")
            }
            (Self::SamLocal, Ability::LossyText) => {
                Some("sam local answers 502 to text that isn't UTF-8")
            }
            (Self::SamLocal, Ability::RawRequests) => {
                Some("sam local's own HTTP server answers odd requests")
            }
            (Self::SamLocal, Ability::Quick) => {
                Some("a request to sam local takes a second, and this sends hundreds")
            }
            (Self::SamLocal, Ability::Crowds) => {
                Some("sam local has one container of a function, where one request follows another")
            }
            (Self::SamLocal, Ability::Warm) => {
                Some("sam local waits up to a second after each call, so that times tell nothing")
            }
            (Self::SamLocal, Ability::Loopback) => Some("a container's loopback is its own"),
            (Self::Aws | Self::Emulator | Self::SamLocal, _) => None,
        }
    }
}

/// The service under test.
pub(crate) struct Target {
    kind: Kind,
    /// Sends requests to it.
    pub(crate) http: Client,
    /// What was sent and may not be logged.
    pub(crate) secrets: Arc<Secrets>,
    runner: Option<Runner>,
    database: Option<Database>,
    operator: Option<Operator>,
    key: Option<Key>,
    keeps_policies: bool,
    /// Whether its `ErrorFormat` is `json`.
    answers_in_json: bool,
    ignored: Mutex<BTreeMap<&'static str, u32>>,
    bcrypt_cost: u32,
    ada: OnceLock<SignedIn>,
    variant: OnceLock<Box<Self>>,
    costly: OnceLock<Box<Self>>,
}

/// For runners whose hashes' cost is no subject: above the costs of the hashes that the checks
/// store, so that these are replaced.
pub(crate) const CHEAP: &str = "BcryptCost=6";

/// The template's default.
const BCRYPT_COST: u32 = 12;

/// A setting of this suite. Nothing is set for the default target.
fn setting(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the suite's own settings")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Target {
    /// The target that the environment names, else a runner of our own.
    pub(crate) fn from_environment() -> Result<Self, String> {
        match setting("LATCHKEY_BASE_URL") {
            Some(base) => Self::elsewhere(&base),
            None => Self::runner("latchkey", &["AuthorizerCacheSeconds=0", CHEAP], Arc::default()),
        }
    }

    /// A runner of our own, with these `--parameter-overrides`; its log is named so.
    pub(crate) fn runner(
        name: &str,
        overrides: &[&str],
        secrets: Arc<Secrets>,
    ) -> Result<Self, String> {
        let answers_in_json = overrides.contains(&"ErrorFormat=json");
        let cost = overrides.iter().find_map(|it| it.strip_prefix("BcryptCost="));
        let (kind, runner) = match setting("LATCHKEY_PGBOUNCER") {
            Some(pooler) => (Kind::Pooler, Runner::start_pooled(&pooler, name, overrides)?),
            None => (Kind::Runner, Runner::start(name, overrides)?),
        };
        Ok(Self {
            kind,
            http: Client::new(runner.base(), Arc::clone(&secrets)),
            secrets,
            database: Some(Database::new(runner.database_url())),
            operator: Some(runner.operator()),
            key: Some(Key::known()),
            runner: Some(runner),
            keeps_policies: true, // the variant does
            answers_in_json,
            ignored: Mutex::default(),
            bcrypt_cost: cost.and_then(|it| it.parse().ok()).unwrap_or(BCRYPT_COST),
            ada: OnceLock::new(),
            variant: OnceLock::new(),
            costly: OnceLock::new(),
        })
    }

    fn elsewhere(base: &str) -> Result<Self, String> {
        let kind = match setting("LATCHKEY_TARGET").as_deref() {
            None | Some("aws") => Kind::Aws,
            Some("emulator") => Kind::Emulator,
            Some("sam-local") => Kind::SamLocal,
            Some(_) => return Err("LATCHKEY_TARGET is none of aws, emulator, sam-local".to_owned()),
        };
        let key = setting("LATCHKEY_SIGNING_KEY")
            .map(|digits| Key::from_hex(&digits).ok_or("LATCHKEY_SIGNING_KEY is no key"))
            .transpose()?;
        let bcrypt_cost = setting("LATCHKEY_BCRYPT_COST").map(|number| number.parse());
        let bcrypt_cost =
            bcrypt_cost.transpose().map_err(|_| "LATCHKEY_BCRYPT_COST is no number")?;
        let secrets = Arc::new(Secrets::default());
        Ok(Self {
            kind,
            http: Client::new(base, Arc::clone(&secrets)),
            secrets,
            database: setting("LATCHKEY_DATABASE_URL").map(Database::new),
            operator: setting("LATCHKEY_OPERATOR").map(|command| Operator::shell(&command)),
            key,
            runner: None,
            keeps_policies: setting("LATCHKEY_AUTHORIZER_CACHE_SECONDS")
                .is_some_and(|it| it != "0"),
            answers_in_json: false,
            ignored: Mutex::default(),
            bcrypt_cost: bcrypt_cost.unwrap_or(BCRYPT_COST),
            ada: OnceLock::new(),
            variant: OnceLock::new(),
            costly: OnceLock::new(),
        })
    }

    /// Why this target can't serve what a check needs, or nothing where it can.
    pub(crate) fn lacks(&self, ability: Ability) -> Option<&'static str> {
        let missing = match ability {
            Ability::OwnKey if self.key.is_none() => Some("LATCHKEY_SIGNING_KEY isn't set"),
            Ability::Operator if self.operator.is_none() => Some("LATCHKEY_OPERATOR isn't set"),
            Ability::Database if self.database.is_none() => Some("LATCHKEY_DATABASE_URL isn't set"),
            Ability::CachedPolicies if !self.keeps_policies => {
                Some("LATCHKEY_AUTHORIZER_CACHE_SECONDS isn't set: no policy is kept")
            }
            _ => None,
        };
        missing.or_else(|| self.kind.lacks(ability))
    }

    /// Whether an error is problem details for a client that leaves its form open.
    pub(crate) const fn answers_in_json(&self) -> bool {
        self.answers_in_json
    }

    /// Its `BcryptCost`.
    pub(crate) const fn bcrypt_cost(&self) -> u32 {
        self.bcrypt_cost
    }

    /// How many passwords to have hashed at the same moment. On the emulator each is a process of
    /// its own on this machine's cores, and a function's time runs while it waits for one.
    pub(crate) const fn hashes_at_once(&self) -> usize {
        if matches!(self.kind, Kind::Emulator) { 16 } else { 64 }
    }

    /// Counts a check that this target can't serve, for the summary.
    pub(crate) fn count_ignored(&self, reason: &'static str) {
        *self.ignored.lock().unwrap_or_else(PoisonError::into_inner).entry(reason).or_default() +=
            1;
    }

    /// The service's database.
    pub(crate) fn database(&self) -> &Database {
        self.database.as_ref().expect("the check names what it needs")
    }

    /// The operator's verbs.
    pub(crate) fn operator(&self) -> &Operator {
        self.operator.as_ref().expect("the check names what it needs")
    }

    /// The key that the service signs with.
    pub(crate) fn key(&self) -> &Key {
        self.key.as_ref().expect("the check names what it needs")
    }

    /// Whether the suite started it, and may start further ones.
    const fn is_ours(&self) -> bool {
        matches!(self.kind, Kind::Runner | Kind::Pooler)
    }

    /// Another runner, started when it is first asked for.
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

    /// Another runner, with other settings.
    #[track_caller]
    pub(crate) fn variant(&self) -> &Self {
        self.further(&self.variant, "variant", &settings::OVERRIDES)
    }

    /// One whose hashes cost as much as a deployment's at least: another runner, or this target.
    #[track_caller]
    pub(crate) fn costly(&self) -> &Self {
        let settings = ["AuthorizerCacheSeconds=0", "BcryptCost=10"];
        if self.is_ours() { self.further(&self.costly, "costly", &settings) } else { self }
    }

    /// The one that keeps the authorizer's answers: a runner of ours that does, or this target.
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
        let own = self.runner.as_ref().expect("the check names what it needs").log();
        self.started().fold(own, |log, further| log + &further.log())
    }

    /// How many answers of each status came to each method and path, of all runners.
    pub(crate) fn asked(&self) -> Asked {
        let mut asked = self.http.asked();
        for (request, count) in self.started().flat_map(|further| further.http.asked()) {
            *asked.entry(request).or_default() += count;
        }
        asked
    }

    /// Someone whom every check may ask for and none may change.
    #[track_caller]
    pub(crate) fn ada(&self) -> &SignedIn {
        self.ada.get_or_init(|| self.signed_in("ada"))
    }

    /// Ends what was started.
    pub(crate) fn stop(&self) {
        if let Some(runner) = &self.runner {
            runner.stop();
        }
        for further in self.started() {
            further.stop();
        }
    }

    /// Says against what the checks ran, and where its log is.
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
