//! `POST /api/auth/forgot-password` and `POST /api/auth/request-verify-token`: asks for a mail.

use shared::db;
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::MailRequestRoute;
use shared::http::{Endpoint, Reply, Request};
use shared::{Environment, Error};

/// The endpoint of requests for a mail.
#[derive(Debug)]
pub struct MailRequest;

impl Endpoint for MailRequest {
    type Route = MailRequestRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        db::Settings::from_env(env);
        env.text("MAIL_SENDER");
        env.check()?;
        Ok(Self)
    }

    async fn handle(&self, _: MailRequestRoute, _: &Request) -> Result<Reply, Box<dyn Failure>> {
        Err(Error::NotFound.into())
    }
}
