//! Reads the legacy app's secret once.

use shared::NumericDate;
use shared::secrets_manager::{SecretsManager, Stage};
use tokio::sync::Mutex;

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
    /// Locked while the secret is read, so that concurrent requests cause one read.
    found: Mutex<Found>,
}

#[derive(Debug)]
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
        let mut found = self.found.lock().await;
        match &*found {
            Found::Secret(secret) => return Ok(secret.clone()),
            Found::Failure { cause, at } if now < at.plus(RETRY_SECONDS) => {
                return Err(cause.clone());
            }
            Found::Nothing | Found::Failure { .. } => {}
        }
        match self.fetch().await {
            Ok(secret) => {
                *found = Found::Secret(secret.clone());
                Ok(secret)
            }
            Err(cause) => {
                *found = Found::Failure { cause: cause.clone(), at: now };
                Err(cause)
            }
        }
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
