//! Reads the legacy app's secret once.

use std::sync::{Mutex, PoisonError};

use shared::NumericDate;
use shared::secrets_manager::{SecretsManager, Stage};

use super::secret::LegacySecret;
use super::settings::{SecretSetting, sentence};

/// How long a failure is cached: while the secret is out of reach or unusable, tokens cost one
/// request to Secrets Manager in this time.
const RETRY_SECONDS: u32 = 5;

/// Reads the secret at its first use, once in a container's life.
#[derive(Debug)]
pub(super) struct SecretSource {
    setting: SecretSetting,
    secrets: SecretsManager,
    found: Mutex<Found>,
}

#[derive(Debug, Clone)]
enum Found {
    Nothing,
    Failure { cause: String, at: NumericDate },
    Secret(LegacySecret),
}

impl SecretSource {
    pub(super) fn new(setting: SecretSetting, secrets: SecretsManager) -> Self {
        Self { setting, secrets, found: Mutex::new(Found::Nothing) }
    }

    /// The secret. Fails with a cause for the log.
    pub(super) async fn read(&self, now: NumericDate) -> Result<LegacySecret, String> {
        match self.found() {
            Found::Secret(secret) => return Ok(secret),
            Found::Failure { cause, at } if now < at.plus(RETRY_SECONDS) => return Err(cause),
            Found::Nothing | Found::Failure { .. } => {}
        }
        let read = self.fetch().await;
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = match &read {
            Ok(secret) => Found::Secret(secret.clone()),
            Err(cause) => Found::Failure { cause: cause.clone(), at: now },
        };
        read
    }

    fn found(&self) -> Found {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn fetch(&self) -> Result<LegacySecret, String> {
        let (arn, forgeable) = match &self.setting {
            SecretSetting::Value(secret) => return Ok(secret.clone()),
            SecretSetting::Arn { arn, forgeable } => (arn, forgeable),
        };
        // Boxed: this large future must not enlarge the authorization of our own tokens.
        let text = Box::pin(self.secrets.read(arn, Stage::Current)).await?;
        let text = text.ok_or_else(|| format!("no secret {arn}"))?;
        LegacySecret::parse(&text, forgeable.as_ref()).map_err(sentence)
    }
}
