//! `GET /` and `GET /api/test/…`: something to see for everyone, and for each role.

use shared::environment::Invalid;
use shared::http::{Endpoint, Reply, Request, UserBody};
use shared::{Clock, Environment, Error};

/// All that it needs is the time: who may see what is the authorizer's business.
#[derive(Debug)]
pub struct Content {
    clock: Clock,
}

impl Endpoint for Content {
    const FUNCTION: &'static str = "content";

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        env.check()?;
        Ok(Self { clock: Clock::System })
    }

    async fn handle(&self, request: &Request) -> Result<Reply, Error> {
        let text = match request.route.path {
            "/" => return Ok(Reply::json(&"Hello World")),
            "/api/test/all" => return Ok(Reply::json(&"public content")),
            "/api/test/user" => "user content",
            "/api/test/mod" => "moderator content",
            "/api/test/admin" => "admin content",
            "/api/test/profile" => return self.profile(request),
            _ => return Err(Error::NotFound),
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
