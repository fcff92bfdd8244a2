//! `GET /mail` and its files: the page that the links of mails open.

use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::MailPageRoute;
use shared::http::{Endpoint, Reply, Request};
use shared::{Environment, Error};

/// The page.
#[derive(Debug)]
pub struct MailPage;

impl Endpoint for MailPage {
    type Route = MailPageRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        env.text("MAIL_SENDER");
        env.check()?;
        Ok(Self)
    }

    async fn handle(&self, _: MailPageRoute, _: &Request) -> Result<Reply, Box<dyn Failure>> {
        Err(Error::NotFound.into())
    }
}
