//! `POST /api/auth/change-email`: asks for the mails of a change of address.

use shared::db;
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::ChangeEmailRoute;
use shared::http::{Endpoint, Reply, Request};
use shared::{Clock, Environment, Error};

/// The endpoint of the change.
#[derive(Debug)]
pub struct ChangeEmail;

impl Endpoint for ChangeEmail {
    type Route = ChangeEmailRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        db::Settings::from_env(env);
        env.text("MAIL_SENDER");
        env.check()?;
        Ok(Self)
    }

    async fn handle(
        &self,
        _: ChangeEmailRoute,
        request: &Request,
    ) -> Result<Reply, Box<dyn Failure>> {
        request.caller(&Clock::System)?;
        Err(Error::NotFound.into())
    }
}
