use serde::Serialize;
use shared::Error;
use shared::functions::TokenRoute;
use shared::http::{FormError, OAuthError};
use token::{Refusal, TokenResponse};
use utoipa::ToSchema;

use crate::openapi::{MediaType, Operation, Response, TOKEN, Tag, json, refused};

/// The parameters of the form (RFC 6749 §4.3.2).
#[derive(Serialize, ToSchema)]
#[schema(as = TokenRequest)]
struct Form {
    /// `password`, empty or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^(password)?$", examples("password"))]
    grant_type: Option<&'static str>,
    /// The username, exactly as at sign-up.
    #[schema(min_length = 1, pattern = r"^[^\u0000]*$", examples("ada"))]
    username: &'static str,
    /// The password.
    #[schema(min_length = 1, format = Password, pattern = r"^[^\u0000]*$")]
    #[schema(examples("correct horse"))]
    password: &'static str,
    /// Has no effect on the token, whose scope the answer has.
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
        username: "ada",
        password: "correct horse",
        scope: None,
        client_id: None,
        client_secret: None,
    };
    let (token_type, expires_in, scope) = ("bearer", 3600, None);
    let answer = TokenResponse { access_token: TOKEN, token_type, expires_in, scope };
    Operation::new(Tag::Accounts, "getToken", "Sign in by OAuth's password grant")
        .described(
            "OAuth 2.0's password grant (RFC 6749 §4.3). Deprecated: RFC 9700 §2.4 says that it \
             must not be used, because users type their password into any client that asks. It \
             is for existing clients and for *Authorize* on this page; new clients use \
             `/api/auth/signin`. The operator can turn it off.",
        )
        .deprecated()
        .takes::<Form>("application/x-www-form-urlencoded", ("ada", json(&form)))
        .answers(
            200,
            Response::json::<TokenResponse<'_>>("The token.", &answer).with_header(
                "Pragma",
                "Required by RFC 6749 §5.1.",
                json("no-cache"),
            ),
        )
        .answers(
            400,
            Response::new("The request doesn't fit this grant, or API Gateway can't read it.")
                .refusal(FormError::NotAForm.into(), "not_a_form")
                .refusal(FormError::Required("username").into(), "no_username")
                .refusal(FormError::Required("password").into(), "no_password")
                .refusal(FormError::Repeated.into(), "repeated")
                .refusal(Refusal::ClientId, "no_client_id")
                .refusal(FormError::Text.into(), "no_text")
                .refusal(Refusal::UnsupportedGrantType, "unsupported_grant_type")
                .of_gateway(400, "bad_request", "Bad Request"),
        )
        .answers(
            401,
            Response::new("The user doesn't exist or the password is wrong.")
                .refusal(Refusal::WrongCredentials(refused()), "invalid_grant"),
        )
        .answers(
            404,
            Response::new("The operator has turned off the token endpoint (`TOKEN_ENDPOINT`).")
                .error(&Error::NotFound),
        )
}

impl Response {
    fn refusal(self, refusal: Refusal, name: &'static str) -> Self {
        self.reply(refusal.into_reply().unwrap(), name, MediaType::of::<OAuthError>)
    }
}
