//! `POST /api/auth/verify`: proves a mailbox by the secret of a mail.

use shared::db;
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::VerifyRoute;
use shared::http::{Endpoint, Reply, Request};
use shared::{Environment, Error};

/// The endpoint of the verification.
#[derive(Debug)]
pub struct Verify;

impl Endpoint for Verify {
    type Route = VerifyRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        db::Settings::from_env(env);
        env.text("MAIL_SENDER");
        env.check()?;
        Ok(Self)
    }

    async fn handle(&self, _: VerifyRoute, _: &Request) -> Result<Reply, Box<dyn Failure>> {
        Err(Error::NotFound.into())
    }
}
