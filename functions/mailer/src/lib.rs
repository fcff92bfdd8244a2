//! Sends the mails of the outbox, by the schedule and whenever another function asks for it. It has no
//! route, and answers no caller.

mod delivery;
mod kind;
mod language;
mod letter;
mod outbox;
mod recipient;
mod settings;
mod texts;
mod transport;
mod way_out;

use std::path::PathBuf;

use serde_json::{Value, json};
use shared::db::{self, Database};
use shared::environment::Invalid;
use shared::secrets_manager::SecretsManager;
use shared::{Clock, Environment, OneTimeKey, Random, log};

use delivery::{Delivery, Step, cause};
pub use kind::{Kind, Purpose};
pub use letter::Letter;
use settings::Settings;
pub use texts::Text;
use texts::Texts;
pub use transport::Folder;
pub use way_out::{Outcome, Sending, Transport};

/// The seconds after which a run takes no further mail. What is left is due again for another run.
const RUN_SECONDS: u32 = 50;

/// After so many failures in a row the way out is taken to be down, so that a run doesn't use up the
/// attempts of every mail.
const MAX_FAILURES: u32 = 3;

/// Sends the mails that are due.
#[derive(Debug)]
pub struct Mailer(Option<Delivery>);

/// How many mails a run has sent, dropped and left waiting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Their mails were sent.
    pub sent: u32,
    /// They are not to be sent.
    pub dropped: u32,
    /// They wait for another run.
    pub waiting: u32,
}

impl Mailer {
    /// Reads and checks the settings of all parts. With an empty `MAIL_SENDER`, nothing is ever sent.
    pub async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        Self::read(env, None).await
    }

    /// The mailer of the local runner: `MAIL_TRANSPORT=folder` writes to this folder.
    pub async fn local(env: &mut Environment, folder: PathBuf) -> Result<Self, Invalid> {
        Self::read(env, Some(folder)).await
    }

    async fn read(env: &mut Environment, folder: Option<PathBuf>) -> Result<Self, Invalid> {
        let database = db::Settings::from_env(env);
        let secrets = SecretsManager::default();
        let key = OneTimeKey::from_env(env, secrets.clone());
        let settings = Settings::from_env(env, folder.is_some());
        let transport = transport::from_env(env, folder, secrets.clone());
        let texts = Texts::new(&log::app_name(env));
        let texts = texts.map_err(|_| env.refuse("APP_NAME", "can't be put into the texts")).ok();
        env.check()?;
        let (Some(key), Some(settings), Some(transport), Some(texts)) =
            (key, settings, transport, texts)
        else {
            return Ok(Self(None));
        };
        let database = Database::new(database, secrets);
        log::warmed_up(database.warm_up().await);
        Ok(Self(Some(Delivery::new(database, key, settings, texts, transport))))
    }

    /// Replaces the way out.
    #[must_use]
    pub fn with_transport(self, transport: Box<dyn Transport>) -> Self {
        Self(self.0.map(|delivery| Delivery { transport, ..delivery }))
    }

    /// Replaces the source of the time.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self(self.0.map(|delivery| Delivery { clock, ..delivery }))
    }

    /// Replaces the source of secrets.
    #[must_use]
    pub fn with_random(self, random: Random) -> Self {
        Self(self.0.map(|delivery| Delivery { random, ..delivery }))
    }

    /// Handles an event, whose content doesn't matter. Fails with a cause if the outbox can't be read.
    pub async fn handle(&self, _: Value) -> Result<Value, String> {
        let Report { sent, dropped, waiting } = self.run().await?;
        Ok(json!({ "sent": sent, "dropped": dropped, "waiting": waiting }))
    }

    /// Sends what is due, until nothing is, the time is over, or the way out is down. Fails with a cause if
    /// the outbox can't be read.
    pub async fn run(&self) -> Result<Report, String> {
        let mut report = Report::default();
        let Some(delivery) = &self.0 else { return Ok(report) };
        let until = delivery.clock.now().plus(RUN_SECONDS);
        let mut failures = 0;
        while delivery.clock.now() < until {
            // One at a time: a run that stops leaves what it didn't attempt as it was.
            let claimed = delivery.outbox.claim(delivery.clock.now()).await.map_err(cause)?;
            let Some(asked) = claimed else { break };
            match delivery.deliver(&asked).await {
                Ok(Step::Sent) => {
                    report.sent += 1;
                    failures = 0;
                }
                Ok(Step::Dropped) => report.dropped += 1,
                Ok(Step::Waits) => report.waiting += 1,
                Ok(Step::Throttled) => {
                    report.waiting += 1;
                    break;
                }
                step => {
                    if let Err(cause) = step {
                        log::notice(None, "mail_failed", Some(&cause));
                    }
                    report.waiting += 1;
                    failures += 1;
                    if failures >= MAX_FAILURES {
                        break;
                    }
                }
            }
        }
        Ok(report)
    }
}
