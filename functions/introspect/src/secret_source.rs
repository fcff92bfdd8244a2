//! The source of the secret, which may be rotated.

use std::sync::{Mutex, PoisonError};

use shared::secrets_manager::{SecretsManager, Stage};
use shared::{Clock, Environment, NumericDate};

use crate::secret::IntrospectionSecret;

const SECRET: &str = "INTROSPECTION_SECRET";
const SECRET_ARN: &str = "INTROSPECTION_SECRET_ARN";

/// The minimum interval between two reads, so that wrong secrets cost one in this time.
const REREAD_SECONDS: u32 = 5;

/// How long what was read is used: within this time a withdrawn version is refused.
const KEPT_SECONDS: u32 = 300;

/// The setting of the secret.
#[derive(Debug, Clone)]
pub(crate) enum SecretSetting {
    /// `INTROSPECTION_SECRET`: the secret itself.
    Value(IntrospectionSecret),
    /// `INTROSPECTION_SECRET_ARN`.
    Arn(String),
}

impl SecretSetting {
    /// Reads `INTROSPECTION_SECRET`, or else `INTROSPECTION_SECRET_ARN`. `None` if neither is set or
    /// one is bad.
    pub(crate) fn from_env(env: &mut Environment) -> Option<Self> {
        let (value, arn) = (env.secret(SECRET), env.text(SECRET_ARN));
        match value.map(|value| IntrospectionSecret::parse(&value)) {
            Some(Ok(secret)) => Some(Self::Value(secret)),
            Some(Err(rule)) => {
                env.refuse(SECRET, rule);
                None
            }
            None => arn.map(Self::Arn),
        }
    }
}

/// Compares passwords with the secret's current version and the one before it, so that services may
/// change to a new version one after another. The secret is read at first use, again after a wrong
/// password, and every [`KEPT_SECONDS`].
#[derive(Debug)]
pub(crate) struct SecretSource {
    setting: SecretSetting,
    secrets: SecretsManager,
    clock: Clock,
    found: Mutex<Found>,
}

/// The secrets of the last successful read, and the last attempt to read.
#[derive(Debug, Clone, Default)]
struct Found {
    accepted: Option<(Vec<IntrospectionSecret>, NumericDate)>,
    attempt: Option<(Result<(), String>, NumericDate)>,
}

impl Found {
    /// Whether the password is a secret that was read.
    fn accepts(&self, password: &[u8]) -> bool {
        let mut secrets = self.accepted.iter().flat_map(|(secrets, _)| secrets);
        secrets.any(|secret| secret.is(password))
    }

    /// Whether the secrets were read so recently that they need no other read.
    fn is_recent(&self, now: NumericDate) -> bool {
        self.accepted.as_ref().is_some_and(|(_, read_at)| now < read_at.plus(KEPT_SECONDS))
    }

    /// The outcome of the last attempt, if it is too recent for another one.
    fn last_attempt(&self, now: NumericDate) -> Option<Result<(), String>> {
        let (outcome, at) = self.attempt.as_ref()?;
        (now < at.plus(REREAD_SECONDS)).then(|| outcome.clone())
    }
}

impl SecretSource {
    pub(crate) fn new(setting: SecretSetting, secrets: SecretsManager, clock: Clock) -> Self {
        Self { setting, secrets, clock, found: Mutex::default() }
    }

    /// Whether the password is the secret. Fails with a cause for the log if the secret can't be
    /// read and isn't known to be this password.
    pub(crate) async fn accepts(&self, password: &[u8]) -> Result<bool, String> {
        let arn = match &self.setting {
            SecretSetting::Value(secret) => return Ok(secret.is(password)),
            SecretSetting::Arn(arn) => arn,
        };
        let now = self.clock.now();
        let mut found = self.found();
        if found.is_recent(now) && found.accepts(password) {
            return Ok(true);
        }
        let outcome = if let Some(outcome) = found.last_attempt(now) {
            outcome
        } else {
            let read = self.read(arn).await;
            let outcome = read.as_ref().map(drop).map_err(Clone::clone);
            found.attempt = Some((outcome.clone(), now));
            if let Ok(accepted) = read {
                found.accepted = Some((accepted, now));
            }
            *self.found.lock().unwrap_or_else(PoisonError::into_inner) = found.clone();
            outcome
        };
        // A secret that can't be read again is used longer.
        if found.accepts(password) { Ok(true) } else { outcome.map(|()| false) }
    }

    fn found(&self) -> Found {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The current version, and the one before it if there is a usable one.
    async fn read(&self, arn: &str) -> Result<Vec<IntrospectionSecret>, String> {
        let (current, previous) = tokio::join!(
            self.secrets.read(arn, Stage::Current),
            self.secrets.read(arn, Stage::Previous),
        );
        let current = current?.ok_or_else(|| format!("no secret {arn}"))?;
        let current = IntrospectionSecret::parse(&current)
            .map_err(|rule| format!("the secret of {SECRET_ARN} {rule}"))?;
        let previous = previous?.and_then(|text| IntrospectionSecret::parse(&text).ok());
        Ok([current].into_iter().chain(previous).collect())
    }
}
