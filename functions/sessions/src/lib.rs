//! A user's sessions: `GET /api/auth/sessions` lists them, `POST /api/auth/sessions/revoke` ends them.
//!
//! Both check the caller's token in their own statement: a policy that API Gateway has kept opens
//! nothing here after a sign-out.

mod list;
mod named;

use serde::Serialize;
use shared::db::own_sessions::{Bearer, Mark, OwnSessions};
use shared::db::{self, Database};
use shared::environment::Invalid;
use shared::error::{Failure, SecurityEvent};
use shared::functions::SessionsRoute;
use shared::http::{Endpoint, Reply, Request};
use shared::secrets_manager::SecretsManager;
use shared::{Caller, Clock, Environment, Error, Random};
use utoipa::ToSchema;

pub use list::{ListedSession, SessionList};
pub use named::{Named, NamedSessions, Which};

/// The event of sessions that a user has ended, in the words of OWASP's logging vocabulary.
pub const ENDED: &str = "session_expired";

/// The endpoint.
#[derive(Debug)]
pub struct Sessions {
    own: OwnSessions,
    clock: Clock,
    random: Random,
}

/// How many sessions have ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ended {
    /// How many sessions have ended: none if the id names no session of the user's.
    #[schema(minimum = 0, examples(1))]
    pub ended: i32,
}

impl Endpoint for Sessions {
    type Route = SessionsRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let database = db::Settings::from_env(env).for_timeout(10);
        env.check()?;
        Ok(Self::new(
            Database::new(database, SecretsManager::default()),
            Clock::System,
            Random::System,
        ))
    }

    async fn handle(
        &self,
        route: SessionsRoute,
        request: &Request,
    ) -> Result<Reply, Box<dyn Failure>> {
        let caller = request.caller(&self.clock)?;
        Ok(match route {
            SessionsRoute::List => self.list(caller).await?,
            SessionsRoute::Revoke => self.revoke(caller, Named::read(request)?).await?,
        })
    }
}

impl Sessions {
    /// The sessions of this database.
    pub const fn new(database: Database, clock: Clock, random: Random) -> Self {
        Self { own: OwnSessions::new(database), clock, random }
    }

    async fn list(&self, caller: &Caller) -> Result<Reply, Error> {
        let listed = self.own.list(&bearer(caller), self.clock.now()).await?;
        let listed = listed.ok_or(Error::InvalidToken)?;
        Ok(Reply::json(&SessionList::of(listed, caller.token_key.session())?))
    }

    async fn revoke(&self, caller: &Caller, named: Named) -> Result<Reply, Error> {
        let (bearer, now, mark) = (&bearer(caller), self.clock.now(), &Mark::new(&self.random));
        let ended = match named {
            Named::Id(id) => self.own.revoke(bearer, id, now, mark).await,
            Named::Which(Which::Others) => self.own.end_others(bearer, now, mark).await,
            Named::Which(Which::All) => self.own.end_all(bearer, now, mark).await,
            Named::Which(Which::Current) => {
                self.own.end_own(bearer, caller.expires_at, now, mark).await
            }
        };
        let ended = ended?.ok_or(Error::InvalidToken)?;
        let session_id = match named {
            Named::Id(id) => Some(id),
            Named::Which(Which::Current) => caller.token_key.session(),
            Named::Which(Which::Others | Which::All) => None,
        };
        let event = SecurityEvent {
            session_id,
            outcome: Some("revoked"),
            ..SecurityEvent::of(ENDED, Some(caller.id))
        };
        let reply = Reply::json(&Ended { ended });
        Ok(if ended > 0 { reply.logging(event) } else { reply })
    }
}

fn bearer(caller: &Caller) -> Bearer {
    Bearer { user_id: caller.id, key: caller.token_key }
}
