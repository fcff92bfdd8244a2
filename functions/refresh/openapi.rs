use refresh::{RefreshResponse, missing};
use serde::Serialize;
use shared::functions::RefreshRoute;
use shared::renewals::InvalidSession;
use shared::session_cookie::CrossSite;
use utoipa::ToSchema;

use crate::openapi::{Operation, REFRESH_TOKEN, Response, TOKEN, Tag, json};

/// A refresh token.
#[derive(Serialize, ToSchema)]
struct RefreshRequest {
    /// The refresh token. Absent or null if the cookie has it.
    #[schema(value_type = Option<String>, format = Password, examples(""))]
    refresh_token: &'static str,
}

pub(crate) fn describe(RefreshRoute::Refresh: RefreshRoute) -> Operation {
    let body = RefreshRequest { refresh_token: REFRESH_TOKEN };
    let answer = RefreshResponse {
        token: TOKEN,
        token_type: "bearer",
        expires_in: 3600,
        refresh_token: Some(REFRESH_TOKEN),
    };
    Operation::new(Tag::Accounts, "refresh", "Stay signed in")
        .described(
            "Exchanges a refresh token for an access token and the next refresh token. Each \
             presentation of one token gets the same next one, so two tabs or a lost answer sign \
             nobody out; an old token ends its session. A client stores no token that it has sent. \
             A page that signed in with `\"session\": \"cookie\"` sends no body, but the cookie and \
             `X-Requested-With`; the answer sets the cookie, and has no `refresh_token`.",
        )
        .takes::<RefreshRequest>("application/json", ("token", json(&body)))
        .optional_body()
        .answers(
            200,
            Response::json::<RefreshResponse<'_>>("The tokens.", &answer).with_header(
                "Set-Cookie",
                "The next refresh token, if the cookie had this one and the next is another.",
                json("__Host-latchkey_session=lkr_…; Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Strict"),
            ),
        )
        .answers(
            401,
            Response::new("The refresh token opens no session: sign in again. The cookie stays.")
                .error(&InvalidSession::default()),
        )
        .answers(
            403,
            Response::new(
                "The cookie came without `X-Requested-With`, or from a page whose origin isn't \
                 allowed.",
            )
            .error(&CrossSite),
        )
        .answers(
            422,
            Response::new("There is no refresh token in the body, and none in a cookie.")
                .error(&missing()),
        )
}
