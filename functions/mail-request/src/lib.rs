//! `POST /api/auth/forgot-password` and `POST /api/auth/request-verify-token`: asks for a mail.
//!
//! A request writes a row, for any address alike: no user is looked for, so neither the answer nor its time
//! reveals one (docs/adr/0037).

use shared::db::outbox::{Asked, Outbox};
use shared::db::{self, Database};
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::MailRequestRoute;
use shared::http::{Endpoint, JsonBody, Reply, Request};
use shared::limits::{MailRequests, Networks, Over};
use shared::nudge::Nudge;
use shared::secrets_manager::SecretsManager;
use shared::{AskedEmail, Clock, Environment, Error, Languages, log, mail};
use utoipa::ToSchema;

/// The endpoint of requests for a mail; without its parts if mail is off.
#[derive(Debug)]
pub struct MailRequest(Option<Requests>);

#[derive(Debug)]
struct Requests {
    outbox: Outbox,
    limits: MailRequests,
    networks: Networks,
    nudge: Nudge,
    clock: Clock,
}

/// The address that a mail is asked for.
#[derive(ToSchema)]
pub struct MailRequestBody {
    /// An e-mail address of at most 254 bytes of UTF-8.
    #[schema(value_type = String, max_length = 254, examples("ada@example.com"))]
    #[schema(pattern = r"^[^\u0000]*@[^\u0000]*$")]
    email: AskedEmail,
}

impl Endpoint for MailRequest {
    type Route = MailRequestRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let is_on = mail::is_on(env);
        let database = db::Settings::from_env(env);
        let limits = MailRequests::from_env(env);
        let networks = Networks::from_env(env);
        let nudge = Nudge::from_env(env);
        env.check()?;
        if !is_on {
            return Ok(Self(None));
        }
        let database = Database::new(database, SecretsManager::default());
        log::warmed_up(database.warm_up().await);
        let (outbox, clock) = (Outbox::new(database), Clock::System);
        Ok(Self(Some(Requests { outbox, limits, networks, nudge, clock })))
    }

    async fn handle(
        &self,
        route: MailRequestRoute,
        request: &Request,
    ) -> Result<Reply, Box<dyn Failure>> {
        let requests = self.0.as_ref().ok_or(Error::NotFound)?;
        let asked = match route {
            MailRequestRoute::ForgotPassword => Asked::Reset,
            MailRequestRoute::RequestVerifyToken => Asked::Verify,
        };
        Ok(requests.ask(asked, request).await?)
    }
}

impl Requests {
    async fn ask(&self, asked: Asked, request: &Request) -> Result<Reply, Error> {
        let MailRequestBody { email } = MailRequestBody::read(request)?;
        let charges = self.limits.of(asked.kind(), &email, &self.networks.of(request));
        let languages = Languages::of(request);
        let now = self.clock.now();
        let counted = self.outbox.ask(asked, &email, &languages, &charges, now).await?;
        counted.map_err(Over::refused)?;
        self.nudge.send().await;
        Ok(Reply::json(&()).with_status(202))
    }
}

impl MailRequestBody {
    fn read(request: &Request) -> Result<Self, Error> {
        let mut body = JsonBody::read(request)?;
        let email = body.field("email", AskedEmail::parse);
        email.map(|email| Self { email }).ok_or_else(|| body.refusal())
    }
}
