//! `POST /api/auth/token`: OAuth 2.0's password grant (RFC 6749 §4.3).
//!
//! RFC 9700 §2.4 says that it MUST NOT be used: it exists for the legacy app's clients, and
//! `TOKEN_ENDPOINT=off` turns it off.

mod oauth;

use serde::Serialize;
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::TokenRoute;
use shared::http::{Endpoint, Form, FormError, Reply, Request, uncached};
use shared::password::Password;
use shared::sign_in::SIGNED_IN;
use shared::{ClientId, Environment, Error, SignIn, Username};
use utoipa::ToSchema;

pub use oauth::Refusal;

/// The token endpoint; without a sign-in if it is turned off.
#[derive(Debug)]
pub struct Token {
    sign_in: Option<SignIn>,
}

/// OAuth's token response (RFC 6749 §5.1).
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenResponse<'a> {
    /// The access token, a JWT (RFC 9068).
    pub access_token: &'a str,
    /// The scheme to send it with: `Authorization: Bearer <access_token>`.
    #[schema(examples("bearer"))]
    pub token_type: &'static str,
    /// The lifetime of the token in seconds.
    #[schema(examples(3600))]
    pub expires_in: u32,
    /// The user's roles, joined by spaces, with `TOKEN_CLAIMS=roles`. Otherwise empty, and absent unless
    /// the client asked for a scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples(""))]
    pub scope: Option<&'a str>,
}

impl Endpoint for Token {
    type Route = TokenRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        if env.is_on("TOKEN_ENDPOINT") {
            let sign_in = SignIn::from_env(env).await?;
            #[cfg(feature = "legacy")]
            let sign_in = sign_in.naming(legacy::passwords::scheme_of);
            return Ok(Self { sign_in: Some(sign_in) });
        }
        env.check()?;
        Ok(Self { sign_in: None })
    }

    async fn handle(
        &self,
        TokenRoute::Token: TokenRoute,
        request: &Request,
    ) -> Result<Reply, Box<dyn Failure>> {
        let sign_in = self.sign_in.as_ref().ok_or(Error::NotFound)?;
        match grant(sign_in, request).await {
            Ok(reply) => Ok(uncached(reply)),
            Err(refusal) => Ok(refusal.into_reply()?),
        }
    }
}

async fn grant(sign_in: &SignIn, request: &Request) -> Result<Reply, Refusal> {
    let form = Form::read(request).await?;
    // A parameter without a value counts as omitted (RFC 6749 §3.2). As in the legacy app, the grant
    // type is optional.
    if !matches!(form.parameter("grant_type")?, None | Some("password")) {
        return Err(Refusal::UnsupportedGrantType);
    }
    let username = form.required("username")?;
    let password = form.required("password")?;
    let username = Username::parse(username.to_owned()).map_err(|_| FormError::Text)?;
    let password = Password::parse(password.to_owned()).map_err(|_| FormError::Text)?;
    let client_id = form.parameter("client_id")?.map(ClientId::parse);
    let client_id = client_id.unwrap_or_else(|| Some(ClientId::default()));
    let client_id = client_id.ok_or(Refusal::ClientId)?;
    let asked_for_scope = form.parameter("scope")?.is_some();
    let signed_in = sign_in.authenticate(&username, password, &client_id).await??;
    // RFC 6749 §5.1 requires the scope if it isn't the requested one.
    let scope = signed_in.access_token.scope.as_deref().or(asked_for_scope.then_some(""));
    let body = TokenResponse {
        access_token: signed_in.access_token.token.expose(),
        token_type: "bearer",
        expires_in: signed_in.access_token.expires_in,
        scope,
    };
    Ok(Reply::json(&body).with_event(SIGNED_IN, signed_in.user_id))
}
