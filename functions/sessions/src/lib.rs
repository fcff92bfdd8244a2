//! A user's sessions: `GET /api/auth/sessions` lists them, `POST /api/auth/sessions/revoke` ends them.
//! Both check the caller's token in their own statement: a policy that API Gateway has kept opens
//! nothing here after a sign-out.
//!
//! `POST /api/auth/signout` and `POST /api/auth/revoke` (RFC 7009) are public: they end what the tokens
//! name that the request has, also expired ones.

mod list;
mod named;
mod revocation;
mod sign_out;

use serde::Serialize;
use shared::db::own_sessions::{Bearer, Mark, OwnSessions};
use shared::db::sign_outs::SignOuts;
use shared::db::{self, Database, SigningKeys};
use shared::environment::Invalid;
use shared::error::{Failure, SecurityEvent};
use shared::functions::SessionsRoute;
use shared::http::{Endpoint, Reply, Request};
use shared::secrets_manager::SecretsManager;
use shared::verifier::Verifier;
use shared::{Caller, Clock, Environment, Error, Random, SessionCookie, jwt};
use utoipa::ToSchema;

pub use list::{ListedSession, SessionList};
pub use named::{Named, NamedSessions, Which};

/// The event of the end of sessions, whose outcome is who ended them.
const ENDED: &str = "session_ended";

/// The endpoint. It reads public keys alone, and neither hashes nor names.
#[derive(Debug)]
pub struct Sessions {
    database: Database,
    own: OwnSessions,
    sign_outs: SignOuts,
    verifier: Verifier,
    cookie: SessionCookie,
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
        let tokens = jwt::Settings::from_env(env);
        let previous_issuer = tokens.issuer.previous(env);
        let cookie = SessionCookie::from_env(env);
        env.check()?;
        let database = Database::new(database, SecretsManager::default());
        let keys = SigningKeys::new(database.clone());
        let verifier = Verifier::new(tokens, keys, Clock::System);
        Ok(Self {
            own: OwnSessions::new(database.clone()),
            sign_outs: SignOuts::new(database.clone()),
            database,
            verifier: verifier.with_previous_issuer(previous_issuer),
            cookie,
            clock: Clock::System,
            random: Random::System,
        })
    }

    async fn handle(
        &self,
        route: SessionsRoute,
        request: &Request,
    ) -> Result<Reply, Box<dyn Failure>> {
        match route {
            SessionsRoute::List => Ok(self.list(request.caller(&self.clock)?).await?),
            SessionsRoute::Revoke => {
                let caller = request.caller(&self.clock)?;
                Ok(self.revoke(caller, Named::read(request)?).await?)
            }
            SessionsRoute::SignOut => self.sign_out(request).await,
            SessionsRoute::RevokeToken => Ok(self.revoke_token(request).await?),
        }
    }
}

impl Sessions {
    async fn list(&self, caller: &Caller) -> Result<Reply, Error> {
        let bearer = Bearer::of(caller)?;
        let listed = self.own.list(&bearer, self.clock.now()).await?;
        let listed = listed.ok_or(Error::InvalidToken)?;
        Ok(Reply::json(&SessionList::of(listed, bearer.key.session())?))
    }

    async fn revoke(&self, caller: &Caller, named: Named) -> Result<Reply, Error> {
        let bearer = &Bearer::of(caller)?;
        let (now, mark) = (self.clock.now(), &Mark::new(&self.random));
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
            Named::Which(Which::Current) => bearer.key.session(),
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
