//! The authorizer, with a user ada who has a token of Latchkey and one of the legacy app.

use authorizer::{Authorizer, Error, Event};
use legacy::tokens;
use serde_json::Value;
use shared::db::Group;
use shared::jwt::Settings;
use shared::secrets_manager::SecretsManager;

use crate::Fixture;

/// The key id of [`stage::SIGNING_KEY`].
pub const KID: &str = "OEurnbzOGbRad4qOD9lNK8VYMQGvg5cmLnVKeydAqL4";

/// The database id, a claim of its tokens.
pub const DATABASE_ID: &str = "00000000-0000-4000-8000-000000000000";

/// The legacy app's token secret.
pub const LEGACY_SECRET: &str = "the secret of an app that has grown";

/// The time until which its tokens are accepted: an hour.
const UNTIL: &str = "2026-11-24T09:00:00Z";

const ADA: &str = "INSERT INTO users (username, email) VALUES ('ada', 'ada@example.com'); \
    INSERT INTO users_to_roles VALUES (1, 1); \
    INSERT INTO adoption (adopted_at, last_user_id) VALUES (now(), 1)";

const IDENTITY: &str = "UPDATE database_identity SET id = ";

/// Failures at events that only AWS can send.
const FROM_AWS_ALONE: [&str; 2] =
    ["the methodArn has another form", "own-routes.json has no API of that name"];

/// An authorizer that accepts both kinds of tokens.
pub struct Gate {
    fixture: Fixture,
    authorizer: Authorizer,
}

impl Gate {
    /// An authorizer over its own database.
    #[expect(clippy::new_without_default, reason = "it starts a database")]
    pub fn new() -> Self {
        let fixture = Fixture::after(&format!("{ADA}; {IDENTITY}'{DATABASE_ID}'"));
        let stage = &fixture.stage;
        let database = stage.database_of(Group::Authorizer);
        let settings =
            Settings { issuer: "latchkey".parse().unwrap(), audience: "latchkey".into() };
        let legacy = [("LEGACY_TOKEN_SECRET", LEGACY_SECRET), ("LEGACY_TOKENS_UNTIL", UNTIL)];
        let legacy = tokens::Settings::from_env(&mut legacy.into_iter().collect());
        let clock = stage.clock.clone();
        let authorizer = Authorizer::new(database, settings, clock, "fuzz".into())
            .with_legacy_tokens(legacy, SecretsManager::default());
        Self { fixture, authorizer }
    }

    /// The policy; `None` for a refusal.
    pub fn ask(&self, event: Event) -> Option<Value> {
        match self.fixture.wait(self.authorizer.authorize(event)) {
            Ok(policy) => Some(serde_json::to_value(policy).unwrap()),
            Err(Error::Failed(cause)) if FROM_AWS_ALONE.contains(&&*cause) => None,
            Err(Error::Failed(cause)) => panic!("{cause}"),
            Err(_) => None,
        }
    }
}
