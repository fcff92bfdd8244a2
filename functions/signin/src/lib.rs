//! `POST /api/auth/signin`: a username and a password for an access token.

use serde::Serialize;
use shared::environment::Invalid;
use shared::http::{Endpoint, JsonBody, Reply, Request, SecurityEvent};
use shared::password::Password;
use shared::{Environment, Error, SignIn, Username};

/// The parts that a sign-in touches.
#[derive(Debug)]
pub struct Signin {
    sign_in: SignIn,
}

#[derive(Serialize)]
struct Body<'a> {
    token: &'a str,
    token_type: &'static str,
}

impl Endpoint for Signin {
    const FUNCTION: &'static str = "signin";

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        Ok(Self { sign_in: SignIn::from_env(env).await? })
    }

    async fn handle(&self, request: &Request) -> Result<Reply, Error> {
        let mut body = JsonBody::read(request)?;
        let username = body.field("username", Username::parse);
        let password = body.field("password", Password::parse);
        let (Some(username), Some(password)) = (username, password) else {
            return Err(body.refusal());
        };
        let signed_in = self.sign_in.with(&username, password).await?;
        let token = signed_in.access_token.token.expose();
        let body = Body { token, token_type: "bearer" };
        Ok(Reply::json(&body).with_event(SecurityEvent::SignedIn, signed_in.user_id))
    }
}
