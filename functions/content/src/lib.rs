//! `GET /` and `GET /api/test/…`: content for everyone and for each role.

use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::ContentRoute;
use shared::http::{Endpoint, Reply, Request, UserBody};
use shared::{Clock, Environment, Error};

/// The content; the clock is for the caller's expiry.
#[derive(Debug)]
pub struct Content {
    clock: Clock,
}

impl Endpoint for Content {
    type Route = ContentRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        env.check()?;
        Ok(Self { clock: Clock::System })
    }

    async fn handle(
        &self,
        route: ContentRoute,
        request: &Request,
    ) -> Result<Reply, Box<dyn Failure>> {
        let text = match route {
            ContentRoute::Hello => return Ok(Reply::json(&"Hello World")),
            ContentRoute::All => return Ok(Reply::json(&"public content")),
            ContentRoute::User => "user content",
            ContentRoute::Moderator => "moderator content",
            ContentRoute::Admin => "admin content",
            ContentRoute::Profile => return Ok(self.profile(request)?),
        };
        request.caller(&self.clock)?;
        Ok(Reply::json(&text))
    }
}

impl Content {
    fn profile(&self, request: &Request) -> Result<Reply, Error> {
        let caller = request.caller(&self.clock)?;
        let profile = UserBody { username: caller.username.as_str(), email: caller.email.as_str() };
        Ok(Reply::json(&profile))
    }
}
