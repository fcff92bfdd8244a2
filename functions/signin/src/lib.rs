//! `POST /api/auth/signin`: exchanges a username and a password for an access token, and if the client
//! wants it, for a refresh token.

use serde::Serialize;
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::SigninRoute;
use shared::http::{Endpoint, JsonBody, Reply, Request};
use shared::limits::Networks;
use shared::password::Password;
use shared::sign_in::{Attempt, Renewable, Wants};
use shared::{
    ClientCookie, ClientId, Device, Environment, Error, Languages, Rule, SessionCookie, SignIn,
    Username,
};
use utoipa::ToSchema;

/// The endpoint of a sign-in.
#[derive(Debug)]
pub struct Signin {
    sign_in: SignIn,
    client_cookie: ClientCookie,
    networks: Networks,
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
    /// What renews the session: `token`, a refresh token in the answer; `cookie`, the same in a cookie;
    /// absent or null, nothing: the session ends with the token.
    #[schema(value_type = Option<String>, pattern = "^(token|cookie)$", examples("token"))]
    session: Wants,
}

/// The answer to a sign-in.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct SignInResponse<'a> {
    /// The access token, a JWT (RFC 9068).
    pub token: &'a str,
    /// The scheme to send it with: `Authorization: Bearer <token>`.
    #[schema(examples("bearer"))]
    pub token_type: &'static str,
    /// The lifetime of the token in seconds, if `session` was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples(3600))]
    pub expires_in: Option<u32>,
    /// The refresh token, if `session` was `token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub refresh_token: Option<&'a str>,
    /// The seconds until the session ends, however often it is renewed, if `session` was `token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples(2_592_000))]
    pub refresh_expires_in: Option<i64>,
}

/// The values of `session`.
pub const SESSIONS: &str = "'token' or 'cookie'";

impl Credentials {
    fn read(request: &Request) -> Result<Self, Error> {
        let mut body = JsonBody::read(request)?;
        let username = body.field("username", Username::parse);
        let password = body.field("password", Password::parse);
        let session = body.word("session", SESSIONS, |word| match word {
            "token" => Some(Wants::Token),
            "cookie" => Some(Wants::Cookie),
            _ => None,
        });
        let session = session.unwrap_or(Wants::Access);
        if session == Wants::Cookie && request.site() == Some("cross-site") {
            body.refuse("session", Rule::OtherSite);
        }
        match (username, password) {
            (Some(username), Some(password)) if body.is_good() => {
                Ok(Self { username, password, session })
            }
            _ => Err(body.refusal()),
        }
    }
}

impl Endpoint for Signin {
    type Route = SigninRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let client_cookie = ClientCookie::from_env(env);
        let networks = Networks::from_env(env);
        let sign_in = SignIn::from_env(env).await?;
        #[cfg(feature = "legacy")]
        let sign_in = sign_in.naming(legacy::passwords::scheme_of);
        Ok(Self { sign_in, client_cookie, networks })
    }

    async fn handle(
        &self,
        SigninRoute::SignIn: SigninRoute,
        request: &Request,
    ) -> Result<Reply, Box<dyn Failure>> {
        let Credentials { username, password, session } = Credentials::read(request)?;
        let network = self.networks.of(request);
        let attempt = Attempt {
            username: &username,
            password,
            client_id: &ClientId::default(),
            wants: session,
            device: Device::of(request, network.address()),
            languages: Languages::of(request),
            network,
            proofs: self.client_cookie.read(request),
        };
        let signed_in = self.sign_in.authenticate(attempt).await??;
        let renewable = signed_in.renewable.as_ref();
        let refresh_token = renewable.filter(|_| session == Wants::Token);
        let refresh_text = refresh_token.map(|renewable| renewable.token.to_text());
        let body = SignInResponse {
            token: signed_in.access_token.token.expose(),
            token_type: "bearer",
            expires_in: renewable.map(|_| signed_in.access_token.expires_in),
            refresh_token: refresh_text.as_ref().map(|text| text.expose().as_str()),
            refresh_expires_in: refresh_token.map(Renewable::expires_in),
        };
        let reply = Reply::json(&body).logging(signed_in.event());
        let reply = match renewable {
            Some(Renewable { token, issued_at, expires_at }) if session == Wants::Cookie => {
                let (name, value) = SessionCookie::set(token, *issued_at, *expires_at);
                reply.with_header(name, value)
            }
            _ => reply,
        };
        Ok(reply.with_cookie(signed_in.proofs.as_ref().map(ClientCookie::set)))
    }
}
