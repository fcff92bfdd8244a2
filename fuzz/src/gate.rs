//! The authorizer, before which ada has a token of ours and one of the app.

use authorizer::{Authorizer, Error, Event};
use legacy::tokens;
use serde_json::Value;
use shared::db::Group;
use shared::jwt::Settings;
use shared::secrets_manager::SecretsManager;

use crate::Ground;

/// The identifier of the key that [`stage::SIGNING_KEY`] is.
pub const KID: &str = "OEurnbzOGbRad4qOD9lNK8VYMQGvg5cmLnVKeydAqL4";

/// The identity of the database, which its tokens name.
pub const DATABASE_ID: &str = "00000000-0000-4000-8000-000000000000";

/// The app's secret.
pub const LEGACY_SECRET: &str = "the secret of an app that has grown";

/// Until when its tokens are accepted: an hour.
const UNTIL: &str = "2026-11-24T09:00:00Z";

const ADA: &str = "INSERT INTO users (username, email) VALUES ('ada', 'ada@example.com'); \
    INSERT INTO users_to_roles VALUES (1, 1); \
    INSERT INTO adoption (adopted_at, last_user_id) VALUES (now(), 1)";

const IDENTITY: &str = "UPDATE database_identity SET id = ";

/// An authorizer that accepts both kinds of tokens.
pub struct Gate {
    ground: Ground,
    authorizer: Authorizer,
}

impl Gate {
    /// One over a database of its own.
    #[expect(clippy::new_without_default, reason = "it starts a database")]
    pub fn new() -> Self {
        let ground = Ground::after(&format!("{ADA}; {IDENTITY}'{DATABASE_ID}'"));
        let stage = &ground.stage;
        let database = stage.database_of(Group::Authorizer);
        let settings = Settings { issuer: "latchkey".into(), audience: "latchkey".into() };
        let legacy = [("LEGACY_TOKEN_SECRET", LEGACY_SECRET), ("LEGACY_TOKENS_UNTIL", UNTIL)];
        let legacy = tokens::Settings::from_env(&mut legacy.into_iter().collect());
        let clock = stage.clock.clone();
        let authorizer = Authorizer::new(database, settings, clock, "fuzz".into())
            .with_legacy_tokens(legacy, SecretsManager::default());
        Self { ground, authorizer }
    }

    /// The policy; `None` for a refusal.
    pub fn ask(&self, event: Event) -> Option<Value> {
        match self.ground.wait(self.authorizer.authorize(event)) {
            Ok(policy) => Some(serde_json::to_value(policy).unwrap()),
            Err(Error::Unauthorized | Error::LegacyToken(_)) => None,
            // What AWS alone can send.
            Err(Error::Failed(cause)) if cause == "a methodArn that is none" => None,
            Err(Error::Failed(cause)) => panic!("{cause}"),
        }
    }
}
