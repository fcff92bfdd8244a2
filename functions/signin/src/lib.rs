//! `POST /api/auth/signin`: exchanges a username and a password for an access token.

use serde::Serialize;
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::SigninRoute;
use shared::http::{Endpoint, JsonBody, Reply, Request};
use shared::password::Password;
use shared::sign_in::SIGNED_IN;
use shared::{ClientId, Environment, Error, SignIn, Username};
use utoipa::ToSchema;

/// The endpoint of a sign-in.
#[derive(Debug)]
pub struct Signin {
    sign_in: SignIn,
}

/// A username and a password.
#[derive(ToSchema)]
pub struct Credentials {
    /// The username, exactly as at sign-up.
    #[schema(value_type = String, pattern = r"^[^\u0000]*$", examples("ada"))]
    username: Username,
    /// The password.
    #[schema(value_type = String, format = Password, pattern = r"^[^\u0000]*$")]
    #[schema(examples("correct horse"))]
    password: Password,
}

/// The answer to a sign-in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInResponse<'a> {
    /// The access token, a JWT (RFC 9068).
    pub token: &'a str,
    /// The scheme to send it with: `Authorization: Bearer <token>`.
    #[schema(examples("bearer"))]
    pub token_type: &'static str,
}

impl Credentials {
    fn read(request: &Request) -> Result<Self, Error> {
        let mut body = JsonBody::read(request)?;
        let username = body.field("username", Username::parse);
        let password = body.field("password", Password::parse);
        match (username, password) {
            (Some(username), Some(password)) => Ok(Self { username, password }),
            _ => Err(body.refusal()),
        }
    }
}

impl Endpoint for Signin {
    type Route = SigninRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let sign_in = SignIn::from_env(env).await?;
        #[cfg(feature = "legacy")]
        let sign_in = sign_in.naming(legacy::passwords::scheme_of);
        Ok(Self { sign_in })
    }

    async fn handle(
        &self,
        SigninRoute::SignIn: SigninRoute,
        request: &Request,
    ) -> Result<Reply, Box<dyn Failure>> {
        let Credentials { username, password } = Credentials::read(request)?;
        let signed_in =
            self.sign_in.authenticate(&username, password, &ClientId::default()).await??;
        let token = signed_in.access_token.token.expose();
        let body = SignInResponse { token, token_type: "bearer" };
        Ok(Reply::json(&body).with_event(SIGNED_IN, signed_in.user_id))
    }
}
