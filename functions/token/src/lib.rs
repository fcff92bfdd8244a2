//! `POST /api/auth/token`: OAuth 2.0's password grant (RFC 6749 §4.3), for clients that have it.
//! RFC 9700 §2.4 advises against the grant: `TOKEN_ENDPOINT=off` turns it off.

mod form;
mod oauth;

use serde::Serialize;
use shared::environment::Invalid;
use shared::http::{Endpoint, Reply, Request, SecurityEvent};
use shared::password::Password;
use shared::{Environment, Error, SignIn, Username};
use utoipa::ToSchema;

use form::Form;
pub use oauth::{OAuthError, Refusal};

/// The parts that the token endpoint touches; none where it is turned off.
#[derive(Debug)]
pub struct Token {
    sign_in: Option<SignIn>,
}

/// A token as OAuth answers with it (RFC 6749 §5.1).
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenResponse<'a> {
    /// The access token, a JWT (RFC 9068).
    pub access_token: &'a str,
    /// How it is sent: `Authorization: Bearer <access_token>`.
    #[schema(examples("bearer"))]
    pub token_type: &'static str,
    /// For how many seconds it is good.
    #[schema(examples(3600))]
    pub expires_in: u32,
}

impl Endpoint for Token {
    const FUNCTION: &'static str = "token";

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let on = env.parsed("TOKEN_ENDPOINT", true, "must be on or off", |text| match text {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        });
        if on {
            return Ok(Self { sign_in: Some(SignIn::from_env(env).await?) });
        }
        env.check()?;
        Ok(Self { sign_in: None })
    }

    async fn handle(&self, request: &Request) -> Result<Reply, Error> {
        let sign_in = self.sign_in.as_ref().ok_or(Error::NotFound)?;
        match grant(sign_in, request).await {
            Ok(reply) => Ok(oauth::uncached(reply)),
            Err(refusal) => refusal.into_reply(),
        }
    }
}

async fn grant(sign_in: &SignIn, request: &Request) -> Result<Reply, Refusal> {
    let form = Form::read(request).await?;
    // A parameter without a value counts as omitted (RFC 6749 §3.2); the app lets the grant type
    // be omitted.
    if !matches!(form.parameter("grant_type")?, None | Some("password")) {
        return Err(Refusal::UnsupportedGrantType);
    }
    let username = form.parameter("username")?.ok_or(Refusal::NoUsername)?;
    let password = form.parameter("password")?.ok_or(Refusal::NoPassword)?;
    let username = Username::parse(username.to_owned()).map_err(|_| Refusal::Text)?;
    let password = Password::parse(password.to_owned()).map_err(|_| Refusal::Text)?;
    let signed_in = sign_in.with(&username, password).await?;
    let body = TokenResponse {
        access_token: signed_in.access_token.token.expose(),
        token_type: "bearer",
        expires_in: signed_in.access_token.expires_in,
    };
    Ok(Reply::json(&body).with_event(SecurityEvent::SignedIn, signed_in.user_id))
}
