//! Where the secret is, and whether it has been read.

use shared::NumericDate;
use shared::secrets_manager::{SecretsManager, Stage};
use tokio::sync::Mutex;

use super::secret::LegacySecret;
use super::settings::{SecretSetting, sentence};

/// How long a failure is believed: while the secret is out of reach, or is none, forged tokens cost
/// Secrets Manager one request in this time, however many there are.
const RETRY_SECONDS: u32 = 5;

/// Reads the secret once in a container's life, when it is first asked for.
#[derive(Debug)]
pub(super) struct SecretSource {
    setting: SecretSetting,
    secrets: SecretsManager,
    /// Held while the secret is read, so that one reads for all who wait.
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
        // A large future, which no authorization by a token of ours need make room for.
        let text = Box::pin(self.secrets.read(arn, Stage::Current)).await?;
        let text = text.ok_or_else(|| format!("no secret {arn}"))?;
        LegacySecret::parse(&text, forgeable.as_ref()).map_err(sentence)
    }
}
