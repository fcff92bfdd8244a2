use serde::Serialize;
use shared::functions::TokenRoute;
use shared::http::{FormError, OAuthError};
use shared::renewals::InvalidSession;
use shared::{Error, TokenEndpoint};
use token::{Refusal, TokenResponse};
use utoipa::ToSchema;

use crate::openapi::{
    GUESSES, MediaType, Operation, REFRESH_TOKEN, Response, TOKEN, Tag, UNVERIFIED, client_cookie,
    json, limited, refused, unverified,
};

/// The parameters of the form (RFC 6749 §4.3.2 and §6).
#[derive(Serialize, ToSchema)]
#[schema(as = TokenRequest)]
struct Form {
    /// `password`, also if it is empty or absent; or `refresh_token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^(password|refresh_token)?$", examples("password"))]
    grant_type: Option<&'static str>,
    /// The username, exactly as at sign-up. Required for `password`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, pattern = r"^[^\u0000]*$", examples("ada"))]
    username: Option<&'static str>,
    /// The password. Required for `password`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, format = Password, pattern = r"^[^\u0000]*$")]
    #[schema(examples("correct horse"))]
    password: Option<&'static str>,
    /// The refresh token. Required for `refresh_token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Password, examples(""))]
    refresh_token: Option<&'static str>,
    /// With `offline_access` among its names, a sign-in gets a refresh token. Other names have no
    /// effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples(""))]
    scope: Option<&'static str>,
    /// The client's name for itself, which the token holds. It is not authenticated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[ -~]{0,255}$", examples(""))]
    client_id: Option<&'static str>,
    /// Ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Password, examples(""))]
    client_secret: Option<&'static str>,
}

pub(crate) fn describe(TokenRoute::Token: TokenRoute) -> Operation {
    let form = Form {
        grant_type: Some("password"),
        username: Some("ada"),
        password: Some("correct horse"),
        refresh_token: None,
        scope: None,
        client_id: None,
        client_secret: None,
    };
    let answer = TokenResponse {
        access_token: TOKEN,
        token_type: "bearer",
        expires_in: 3600,
        refresh_token: None,
        scope: None,
    };
    let refreshed = TokenResponse { refresh_token: Some(REFRESH_TOKEN), ..answer.clone() };
    let offline = TokenResponse { scope: Some("offline_access".into()), ..refreshed.clone() };
    Operation::new(Tag::Accounts, "getToken", "Sign in or stay signed in by OAuth's grants")
        .described(
            "OAuth 2.0's password grant (RFC 6749 §4.3), and the exchange of a refresh token (§6) as \
             at `/api/auth/refresh`. The password grant is deprecated: RFC 9700 §2.4 says that it \
             must not be used, because users type their password into any client that asks. It is \
             for existing clients and for *Authorize* on this page; new clients use \
             `/api/auth/signin`. The operator can turn it off, or both grants.",
        )
        .takes::<Form>("application/x-www-form-urlencoded", ("ada", json(&form)))
        .answers(
            200,
            Response::new("The token, and for some requests a refresh token.")
                .example::<TokenResponse<'_>>("signed_in", json(&answer))
                .example::<TokenResponse<'_>>("offline_access", json(&offline))
                .example::<TokenResponse<'_>>("refreshed", json(&refreshed))
                .with_header("Pragma", "Required by RFC 6749 §5.1.", json("no-cache"))
                .with_header(
                    "Set-Cookie",
                    "At a sign-in: that this client has signed in before, for the limits on guesses.",
                    json(&client_cookie()),
                ),
        )
        .answers(
            400,
            Response::new(
                "The request doesn't fit this grant, the refresh token opens no session, or API \
                 Gateway can't read the request.",
            )
                .refusal(FormError::NotAForm.into(), "not_a_form")
                .refusal(FormError::Required("username").into(), "no_username")
                .refusal(FormError::Required("password").into(), "no_password")
                .refusal(FormError::Required("refresh_token").into(), "no_refresh_token")
                .refusal(FormError::Repeated.into(), "repeated")
                .refusal(Refusal::ClientId, "no_client_id")
                .refusal(FormError::Text.into(), "no_text")
                .refusal(
                    Refusal::UnsupportedGrantType(TokenEndpoint::On),
                    "unsupported_grant_type",
                )
                .refusal(InvalidSession::default().into(), "invalid_grant")
                .of_gateway(400, "bad_request", "Bad Request"),
        )
        .answers(
            401,
            Response::new("There is no such user, a disabled one, or another password.")
                .refusal(Refusal::SignIn(refused()), "invalid_grant"),
        )
        .answers(
            403,
            Response::new(UNVERIFIED).refusal(Refusal::SignIn(unverified()), "invalid_grant"),
        )
        .answers(
            404,
            Response::new("The operator has turned off the token endpoint (`TOKEN_ENDPOINT`).")
                .error(&Error::NotFound),
        )
        .answers(429, limited(GUESSES))
}

impl Response {
    fn refusal(self, refusal: Refusal, name: &'static str) -> Self {
        self.reply(refusal.into_reply().unwrap(), name, MediaType::of::<OAuthError>)
    }
}
