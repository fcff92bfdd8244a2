//! `POST /api/auth/reset-password`: sets a password by the secret of a mail.

use shared::db;
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::ResetPasswordRoute;
use shared::http::{Endpoint, Reply, Request};
use shared::{Environment, Error};

/// The endpoint of the reset.
#[derive(Debug)]
pub struct ResetPassword;

impl Endpoint for ResetPassword {
    type Route = ResetPasswordRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        db::Settings::from_env(env);
        env.text("MAIL_SENDER");
        env.check()?;
        Ok(Self)
    }

    async fn handle(&self, _: ResetPasswordRoute, _: &Request) -> Result<Reply, Box<dyn Failure>> {
        Err(Error::NotFound.into())
    }
}
