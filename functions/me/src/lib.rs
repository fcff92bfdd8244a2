//! `GET /api/auth/users/me` and `/users/me/items`: the caller from the authorizer's context. The
//! function opens no connection.

use serde::Serialize;
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::MeRoute;
use shared::http::{Endpoint, Reply, Request, UserBody};
use shared::{Clock, Environment};
use utoipa::ToSchema;

/// The endpoint; the clock is for the caller's expiry.
#[derive(Debug)]
pub struct Me {
    clock: Clock,
}

/// An item of a user.
#[derive(Debug, Serialize, ToSchema)]
pub struct Item<'a> {
    /// The item's id.
    #[schema(examples("Foo"))]
    pub item_id: &'static str,
    /// The username of its owner.
    #[schema(examples("ada"))]
    pub owner: &'a str,
}

impl Endpoint for Me {
    type Route = MeRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        env.check()?;
        Ok(Self { clock: Clock::System })
    }

    async fn handle(&self, route: MeRoute, request: &Request) -> Result<Reply, Box<dyn Failure>> {
        let caller = request.caller(&self.clock)?;
        let username = caller.username.as_str();
        Ok(match route {
            MeRoute::Me => Reply::json(&UserBody { username, email: caller.email.as_str() }),
            MeRoute::Items => Reply::json(&[Item { item_id: "Foo", owner: username }]),
        })
    }
}
