//! `mailer`: sends the mails that wait in the outbox. It has no route.

use shared::environment::Invalid;
use shared::{Environment, db};

/// The mailer.
#[derive(Debug)]
pub struct Mailer;

impl Mailer {
    /// Reads the settings; connects nothing yet.
    #[expect(clippy::unused_async, reason = "every function starts alike")]
    pub async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        db::Settings::from_env(env);
        env.text("APP_NAME");
        env.text("MAIL_SENDER");
        env.check()?;
        Ok(Self)
    }

    /// Sends what is due.
    #[expect(clippy::unused_async, reason = "it sends nothing yet")]
    pub async fn run(&self) {}
}
