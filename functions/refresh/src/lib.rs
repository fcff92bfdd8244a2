//! `POST /api/auth/refresh`: exchanges a refresh token for an access token.

use serde::Serialize;
use shared::db::sessions::Sessions;
use shared::db::{self, Database};
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::RefreshRoute;
use shared::http::{Endpoint, JsonBody, Location, Reply, Request, TrustedProxies, Violation};
use shared::jwt::Signer;
use shared::renewals::{InvalidSession, Renewal};
use shared::secrets_manager::SecretsManager;
use shared::{
    Clock, Device, Environment, Error, Random, RefreshToken, Renewals, Rule, SessionCookie, log,
};
use utoipa::ToSchema;

/// The endpoint. It has neither passwords nor names.
#[derive(Debug)]
pub struct Refresh {
    database: Database,
    renewals: Renewals,
    cookie: SessionCookie,
    proxies: TrustedProxies,
}

/// The answer to a refresh.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefreshResponse<'a> {
    /// The access token, a JWT (RFC 9068).
    pub token: &'a str,
    /// The scheme to send it with: `Authorization: Bearer <token>`.
    #[schema(examples("bearer"))]
    pub token_type: &'static str,
    /// The lifetime of the token in seconds.
    #[schema(examples(3600))]
    pub expires_in: u32,
    /// The refresh token for the next time. Absent if the cookie has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("lkr_AX8i4nmwfMOY"))]
    pub refresh_token: Option<&'a str>,
}

/// The member of the body.
const FIELD: &str = "refresh_token";

/// The error of a request with a refresh token neither in its body nor in a cookie.
pub fn missing() -> Error {
    Error::Unprocessable(vec![Violation::new(Location::Field(FIELD), Rule::Missing)])
}

/// A refresh token, by how it came.
enum Presented {
    Body(RefreshToken),
    Cookie(RefreshToken),
}

impl Endpoint for Refresh {
    type Route = RefreshRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let database = db::Settings::from_env(env).for_timeout(10);
        let secrets = SecretsManager::default();
        let signer = Signer::from_env(env, secrets.clone());
        let leeway_seconds = Renewals::leeway_seconds(env);
        let cookie = SessionCookie::from_env(env);
        let proxies = TrustedProxies::from_env(env);
        env.check()?;
        let database = Database::new(database, secrets);
        log::warmed_up(Box::pin(signer.warm_up()).await);
        let sessions = Sessions::new(database.clone());
        let renewals =
            Renewals::new(sessions, signer, leeway_seconds, Clock::System, Random::System);
        Ok(Self { database, renewals, cookie, proxies })
    }

    async fn handle(
        &self,
        RefreshRoute::Refresh: RefreshRoute,
        request: &Request,
    ) -> Result<Reply, Box<dyn Failure>> {
        let presented = self.presented(request)?;
        let (Presented::Body(token) | Presented::Cookie(token)) = &presented;
        let device = Device::of(request, self.proxies.client_address(request));
        match self.renewals.renew(token, &device).await? {
            Ok(renewal) => Ok(reply(&renewal, &presented)),
            Err(invalid) => {
                // As the authorizer does: anyone can make containers start.
                self.database.release().await;
                Err(invalid.into())
            }
        }
    }
}

impl Refresh {
    /// The refresh token in the body, else the one in the cookie.
    fn presented(&self, request: &Request) -> Result<Presented, Box<dyn Failure>> {
        if !request.body.is_empty() {
            let mut body = JsonBody::read(request)?;
            if let Some(text) = body.optional(FIELD, Ok) {
                let token = RefreshToken::parse(&text);
                return Ok(Presented::Body(token.ok_or(InvalidSession::default())?));
            }
            if !body.is_good() {
                return Err(body.refusal().into());
            }
        }
        let token = self.cookie.read(request)?;
        Ok(Presented::Cookie(token.ok_or_else(missing)?))
    }
}

/// A cookie is set again only for a token that wasn't in it: an answer may arrive after that of a
/// later request (docs/adr/0029).
fn reply(renewal: &Renewal, presented: &Presented) -> Reply {
    let refresh_token = renewal.refresh_token.to_text();
    let body = RefreshResponse {
        token: renewal.access_token.token.expose(),
        token_type: "bearer",
        expires_in: renewal.access_token.expires_in,
        refresh_token: match presented {
            Presented::Body(_) => Some(refresh_token.expose()),
            Presented::Cookie(_) => None,
        },
    };
    let reply = Reply::json(&body).logging(renewal.event());
    match presented {
        Presented::Cookie(token) if *token != renewal.refresh_token => {
            let Renewal { refresh_token, now, expires_at, .. } = renewal;
            let (name, value) = SessionCookie::set(refresh_token, *now, *expires_at);
            reply.with_header(name, value)
        }
        Presented::Body(_) | Presented::Cookie(_) => reply,
    }
}
