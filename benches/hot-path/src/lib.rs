//! The service that is measured, over a real PostgreSQL, and its one user's requests as events.

#![expect(clippy::unwrap_used, reason = "a part that can't be built is a failed measurement")]

mod event;

use authorizer::{Authorizer, Event};
use me::Me;
use shared::db::{Group, SigningKeys};
use shared::http::{Function, ProxyEvent};
use shared::jwt::{Settings, TokenSession};
use shared::verifier::{UnverifiedToken, Verifier};
use shared::{Environment, SessionId, UserId};
use signin::Signin;
use stage::{SIGNING_KEY, Stage};

pub use event::{ARN, authorizer_event, me_event, sign_in_event};

/// The user's row, with a password hash of cost 4.
const ADA: &str = "INSERT INTO users (username, email, hashed_by, password) VALUES \
    ('ada', 'ada@example.com', 'latchkey', \
     '$2b$04$g8yT8LjrBxSTXvd4oquAq.tSef2YRNaEfBfhQVEZOgCWEdtVF4sL6'); \
    INSERT INTO users_to_roles VALUES (1, 1), (1, 2); \
    INSERT INTO sign_ins (id, user_id, kind, client_id, created_at, used_at, expires_at, \
        idle_seconds, rotated_at) \
    SELECT '017f22e2-79b0-7cc3-98c4-dc0c0c07398f', 1, 'access', 'latchkey', n, n, \
        n + interval '10 years', 315360000, '-infinity' FROM clock_timestamp() AS n";

/// The session of that user, which a token names.
const SESSION: &str = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";

/// The functions behind the user's requests.
#[derive(Debug)]
pub struct Service {
    stage: Stage,
    authorizer: Authorizer,
    me: Function<Me>,
    signin: Function<Signin>,
}

fn settings() -> Settings {
    Settings { issuer: "latchkey".parse().unwrap(), audience: "latchkey".into() }
}

impl Service {
    /// Starts the service, connected.
    pub async fn start() -> Self {
        let stage = Stage::new().await;
        stage.execute(ADA).await;
        let database = stage.database_of(Group::Authorizer);
        let authorizer =
            Authorizer::new(database, settings(), stage.clock.clone(), "Latchkey".into());
        let me = Function::from_env(&mut Environment::default()).await.unwrap();
        let signin = Function::from_env(&mut stage.env()).await.unwrap();
        Self { stage, authorizer, me, signin }
    }

    /// A verifier that has read the public keys.
    pub async fn verifier(&self) -> Verifier {
        let keys = SigningKeys::new(self.stage.database_of(Group::Authorizer));
        let verifier = Verifier::new(settings(), keys, self.stage.clock.clone());
        let token = self.token().await;
        let token = UnverifiedToken::parse(&token).unwrap();
        verifier.verify(&token).await.unwrap().unwrap();
        verifier
    }

    /// A new token of the user; no two are alike.
    pub async fn token(&self) -> String {
        let (clock, user_id) = (self.stage.clock.clone(), UserId::new(1));
        let expires_at = clock.now().plus(86_400);
        let session =
            TokenSession { id: SessionId::parse(SESSION).unwrap(), generation: 0, expires_at };
        stage::token_of(settings(), SIGNING_KEY, clock, user_id, Some(session)).await
    }

    /// The authorizer's answer to an event.
    pub async fn authorize(&self, event: &[u8]) -> Vec<u8> {
        let event: Event = serde_json::from_slice(event).unwrap();
        serde_json::to_vec(&self.authorizer.authorize(event).await.unwrap()).unwrap()
    }

    /// The answer of `me` to an event.
    pub async fn me(&self, event: &[u8]) -> Vec<u8> {
        let event: ProxyEvent = serde_json::from_slice(event).unwrap();
        serde_json::to_vec(&self.me.invoke(event).await).unwrap()
    }

    /// The answer of `signin` to an event.
    pub async fn sign_in(&self, event: &[u8]) -> Vec<u8> {
        let event: ProxyEvent = serde_json::from_slice(event).unwrap();
        serde_json::to_vec(&self.signin.invoke(event).await).unwrap()
    }
}
