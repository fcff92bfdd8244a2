use serde::Serialize;
use shared::Error;
use token::{OAuthError, Refusal, TokenResponse};
use utoipa::ToSchema;

use crate::answer::{MediaType, Response, json};
use crate::operation::{Operation, Tag};
use crate::sign_in::{TOKEN, refused};

/// The parameters that the form may have (RFC 6749 §4.3.2).
#[derive(Serialize, ToSchema)]
#[schema(as = TokenRequest)]
struct Form {
    /// `password`, or nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^(password)?$", examples("password"))]
    grant_type: Option<&'static str>,
    /// The username, exactly as it was signed up with.
    #[schema(min_length = 1, pattern = r"^[^\u0000]*$", examples("ada"))]
    username: &'static str,
    /// The password.
    #[schema(min_length = 1, format = Password, pattern = r"^[^\u0000]*$")]
    #[schema(examples("correct horse"))]
    password: &'static str,
    /// Not given: the answer says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples(""))]
    scope: Option<&'static str>,
    /// What the client calls itself, which the token names. It is not authenticated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[ -~]{0,255}$", examples(""))]
    client_id: Option<&'static str>,
    /// Ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Password, examples(""))]
    client_secret: Option<&'static str>,
}

pub(crate) fn operation() -> Operation {
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
    Operation::new(Tag::Accounts, "getToken", "Sign in, as OAuth has it")
        .described(
            "OAuth 2.0's password grant (RFC 6749 §4.3). Deprecated: RFC 9700 §2.4 says that this \
             grant must not be used, since it has people type their password into whatever client \
             asks for it. It is here for clients that have it already, and for *Authorize* on this \
             page; new ones sign in at `/api/auth/signin`. The operator can turn it off.",
        )
        .deprecated()
        .takes::<Form>("application/x-www-form-urlencoded", ("ada", json(&form)))
        .answers(
            200,
            Response::json::<TokenResponse<'_>>("The token.", &answer).with_header(
                "Pragma",
                "As OAuth asks (RFC 6749 §5.1).",
                json("no-cache"),
            ),
        )
        .answers(
            400,
            Response::new("The request is none of this grant's; or the gateway can't read it.")
                .refusal(Refusal::NotAForm, "not_a_form")
                .refusal(Refusal::NoUsername, "no_username")
                .refusal(Refusal::NoPassword, "no_password")
                .refusal(Refusal::Repeated, "repeated")
                .refusal(Refusal::ClientId, "no_client_id")
                .refusal(Refusal::Text, "no_text")
                .refusal(Refusal::UnsupportedGrantType, "unsupported_grant_type")
                .of_gateway(400, "bad_request", "Bad Request"),
        )
        .answers(
            401,
            Response::new("There is no such user, or it is another password.")
                .refusal(Refusal::Other(refused()), "invalid_grant"),
        )
        .answers(
            404,
            Response::new("The operator has turned it off (`TOKEN_ENDPOINT`).")
                .error(&Error::NotFound),
        )
}

impl Response {
    fn refusal(self, refusal: Refusal, name: &'static str) -> Self {
        self.reply(refusal.into_reply().unwrap(), name, MediaType::of::<OAuthError>)
    }
}
