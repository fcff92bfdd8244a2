//! `POST /api/auth/token`: OAuth 2.0's password grant (RFC 6749 §4.3), and the exchange of a refresh
//! token (§6).
//!
//! RFC 9700 §2.4 says that the password grant MUST NOT be used: it exists for the legacy app's
//! clients, and `TOKEN_ENDPOINT=refresh` turns it off.

mod oauth;

use std::borrow::Cow;

use serde::Serialize;
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::TokenRoute;
use shared::http::{Endpoint, Form, FormError, Reply, Request, uncached};
use shared::jwt::AccessToken;
use shared::limits::{Network, Networks};
use shared::password::Password;
use shared::renewals::InvalidSession;
use shared::sign_in::{Attempt, Wants};
use shared::{
    ClientCookie, ClientId, Device, Environment, Error, Languages, RefreshToken, Renewals, SignIn,
    TokenEndpoint, Username,
};
use utoipa::ToSchema;

pub use oauth::Refusal;

/// The token endpoint; without the parts of a grant that is turned off.
#[derive(Debug)]
pub struct Token {
    sign_in: Option<(SignIn, ClientCookie)>,
    renewals: Option<Renewals>,
    networks: Networks,
}

/// OAuth's token response (RFC 6749 §5.1).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TokenResponse<'a> {
    /// The access token, a JWT (RFC 9068).
    pub access_token: &'a str,
    /// The scheme to send it with: `Authorization: Bearer <access_token>`.
    #[schema(examples("bearer"))]
    pub token_type: &'static str,
    /// The lifetime of the token in seconds.
    #[schema(examples(3600))]
    pub expires_in: u32,
    /// The refresh token for the next time, at a sign-in if the client asked for `offline_access`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("lkr_AX8i4nmwfMOY"))]
    pub refresh_token: Option<&'a str>,
    /// The user's roles, with `TOKEN_CLAIMS=roles`, and `offline_access`, if a sign-in asked for it,
    /// joined by spaces. Otherwise empty, and absent unless a sign-in asked for a scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples(""))]
    pub scope: Option<Cow<'a, str>>,
}

/// The scope that asks for a refresh token.
/// <https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess>
const OFFLINE_ACCESS: &str = "offline_access";

impl Endpoint for Token {
    type Route = TokenRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let endpoint = TokenEndpoint::from_env(env);
        if endpoint == TokenEndpoint::Off {
            env.check()?;
            return Ok(Self { sign_in: None, renewals: None, networks: Networks::default() });
        }
        let networks = Networks::from_env(env);
        let leeway_seconds = Renewals::leeway_seconds(env);
        let client_cookie = ClientCookie::from_env(env);
        let sign_in = SignIn::from_env(env).await?;
        #[cfg(feature = "legacy")]
        let sign_in = sign_in.naming(legacy::passwords::scheme_of);
        let renewals = Some(sign_in.renewals(leeway_seconds));
        let sign_in = Some((sign_in, client_cookie)).filter(|_| endpoint == TokenEndpoint::On);
        Ok(Self { sign_in, renewals, networks })
    }

    async fn handle(
        &self,
        TokenRoute::Token: TokenRoute,
        request: &Request,
    ) -> Result<Reply, Box<dyn Failure>> {
        let renewals = self.renewals.as_ref().ok_or(Error::NotFound)?;
        match self.grant(renewals, request).await {
            Ok(reply) => Ok(uncached(reply)),
            Err(refusal) => Ok(refusal.into_reply()?),
        }
    }
}

impl Token {
    /// A parameter without a value counts as omitted (RFC 6749 §3.2). As in the legacy app, the grant
    /// type is optional.
    async fn grant(&self, renewals: &Renewals, request: &Request) -> Result<Reply, Refusal> {
        let form = Form::read(request).await?;
        let network = self.networks.of(request);
        match (form.parameter("grant_type")?, &self.sign_in) {
            (None | Some("password"), Some((sign_in, client_cookie))) => {
                password(sign_in, client_cookie, &form, request, network).await
            }
            (Some("refresh_token"), _) => {
                refresh(renewals, &form, &Device::of(request, network.address())).await
            }
            (_, Some(_)) => Err(Refusal::UnsupportedGrantType(TokenEndpoint::On)),
            (_, None) => Err(Refusal::UnsupportedGrantType(TokenEndpoint::Refresh)),
        }
    }
}

/// RFC 6749 §4.3.
async fn password(
    sign_in: &SignIn,
    client_cookie: &ClientCookie,
    form: &Form,
    request: &Request,
    network: Network,
) -> Result<Reply, Refusal> {
    let username = form.required("username")?;
    let password = form.required("password")?;
    let username = Username::parse(username.to_owned()).map_err(|_| FormError::Text)?;
    let password = Password::parse(password.to_owned()).map_err(|_| FormError::Text)?;
    let client_id = form.parameter("client_id")?.map(ClientId::parse);
    let client_id = client_id.unwrap_or_else(|| Some(ClientId::default()));
    let client_id = client_id.ok_or(Refusal::ClientId)?;
    let scope = form.parameter("scope")?;
    let wants_refresh = scope.is_some_and(|it| it.split(' ').any(|name| name == OFFLINE_ACCESS));
    let attempt = Attempt {
        username: &username,
        password,
        client_id: &client_id,
        wants: if wants_refresh { Wants::Token } else { Wants::Access },
        device: Device::of(request, network.address()),
        languages: Languages::of(request),
        network,
        proofs: client_cookie.read(request),
    };
    let signed_in = sign_in.authenticate(attempt).await??;
    let refresh_token = signed_in.renewable.as_ref().map(|it| it.token.to_text());
    let refresh_token = refresh_token.as_ref().map(|text| text.expose().as_str());
    let mut body = response(&signed_in.access_token, refresh_token, scope.is_some());
    if wants_refresh {
        body.scope = Some(match body.scope.as_deref() {
            None | Some("") => OFFLINE_ACCESS.into(),
            Some(roles) => format!("{roles} {OFFLINE_ACCESS}").into(),
        });
    }
    let cookie = signed_in.proofs.as_ref().map(ClientCookie::set);
    Ok(Reply::json(&body).logging(signed_in.event()).with_cookie(cookie))
}

/// RFC 6749 §6. The client is that of the session, and it is not authenticated. A scope has no effect.
async fn refresh(renewals: &Renewals, form: &Form, device: &Device) -> Result<Reply, Refusal> {
    let presented = RefreshToken::parse(form.required("refresh_token")?);
    let presented = presented.ok_or(InvalidSession::default())?;
    let renewal = renewals.renew(&presented, device).await??;
    let refresh_token = renewal.refresh_token.to_text();
    let body = response(&renewal.access_token, Some(refresh_token.expose()), false);
    Ok(Reply::json(&body).logging(renewal.event()))
}

/// RFC 6749 §5.1 requires the scope if it isn't the requested one.
fn response<'a>(
    access_token: &'a AccessToken,
    refresh_token: Option<&'a str>,
    asked_for_scope: bool,
) -> TokenResponse<'a> {
    TokenResponse {
        access_token: access_token.token.expose(),
        token_type: "bearer",
        expires_in: access_token.expires_in,
        refresh_token,
        scope: access_token.scope.as_deref().or(asked_for_scope.then_some("")).map(Cow::Borrowed),
    }
}
