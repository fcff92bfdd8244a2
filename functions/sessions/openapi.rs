use serde::Serialize;
use sessions::{Ended, ListedSession, NamedSessions, SessionList};
use shared::functions::SessionsRoute;
use shared::http::{FormError, Location, OAuthError, Violation};
use shared::session_cookie::CrossSite;
use shared::{Error, Rule};
use utoipa::ToSchema;

use crate::openapi::{MediaType, Operation, REFRESH_TOKEN, Response, Tag, json};

/// A refresh token.
#[derive(Serialize, ToSchema)]
struct SignOutRequest {
    /// The refresh token. Absent or null if the request names the session otherwise.
    #[schema(value_type = Option<String>, format = Password, examples(""))]
    refresh_token: &'static str,
}

/// The parameters of the form (RFC 7009 §2.1).
#[derive(Serialize, ToSchema)]
struct RevocationRequest {
    /// A refresh token or an access token.
    #[schema(min_length = 1, format = Password)]
    token: &'static str,
    /// Has no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("refresh_token"))]
    token_type_hint: Option<&'static str>,
}

#[derive(Serialize)]
struct Others {
    which: &'static str,
}

pub(crate) fn describe(route: SessionsRoute) -> Operation {
    match route {
        SessionsRoute::List => list(),
        SessionsRoute::Revoke => revoke(),
        SessionsRoute::SignOut => sign_out(),
        SessionsRoute::RevokeToken => revoke_token(),
    }
}

fn session(current: bool, kind: &str, device: &str, prefix: &str) -> ListedSession {
    ListedSession {
        id: format!("019ab4d0-7c00-7cc3-98c4-dc0c0c0739{}", if current { "8f" } else { "90" }),
        current,
        kind: kind.into(),
        created_at: "2026-11-24T08:00:00Z".into(),
        last_used_at: "2026-11-24T09:30:00Z".into(),
        expires_at: "2026-12-24T08:00:00Z".into(),
        ended_at: (!current).then(|| "2026-11-24T09:30:00Z".into()),
        user_agent: Some(device.into()),
        ip_prefix: Some(prefix.into()),
    }
}

fn list() -> Operation {
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    let sessions = vec![
        session(true, "cookie", firefox, "192.0.2.0/24"),
        session(false, "token", "Phone/2.1", "2001:db8:7::/48"),
    ];
    Operation::new(Tag::Accounts, "getSessions", "Your sessions")
        .described(
            "Each sign-in starts a session. The list has those that go on, and, until they would \
             have expired, those that ended because an old refresh token was presented \
             (`ended_at`).",
        )
        .answers(
            200,
            Response::json::<SessionList>("The sessions.", &SessionList { sessions, more: 0 }),
        )
}

fn revoke() -> Operation {
    Operation::new(Tag::Accounts, "revokeSessions", "End sessions")
        .described(
            "Ends one session by its id, or several. A refresh, the list and the end of sessions, a \
             change of the password and the deletion of the account are refused at once; all other \
             routes within the time for which the operator lets API Gateway cache a decision \
             (`AUTHORIZER_CACHE_SECONDS`). If the token of the request has no `sid`, `others` ends it \
             too.",
        )
        .takes::<NamedSessions>("application/json", ("others", json(&Others { which: "others" })))
        .answers(200, Response::json::<Ended>("The number of ended sessions.", &Ended { ended: 2 }))
        .answers(
            422,
            Response::new("The body isn't a JSON object with exactly one of the two fields.")
                .error(&Error::Unprocessable(vec![Violation::new(
                    Location::Field("id"),
                    Rule::NotAUuid,
                )])),
        )
}

const COOKIE: &str =
    "__Host-latchkey_session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict";

fn sign_out() -> Operation {
    let body = SignOutRequest { refresh_token: REFRESH_TOKEN };
    Operation::new(Tag::Accounts, "signOut", "Sign out")
        .described(
            "Ends the session of each token that the request has: the access token in \
             `Authorization: Bearer <token>`, also after it expired; the refresh token in the body, \
             of any age; that in the cookie, if the request has `X-Requested-With` and comes from a \
             page of an allowed origin. A session that is over is answered likewise. A token of the \
             legacy app is ended by `/api/auth/sessions/revoke` with `{\"which\": \"current\"}`.",
        )
        .takes::<SignOutRequest>("application/json", ("token", json(&body)))
        .optional_body()
        .answers(
            204,
            Response::new("The sessions are over.").with_header(
                "Set-Cookie",
                "Removes the cookie, unless another site may have sent it.",
                json(COOKIE),
            ),
        )
        .answers(
            401,
            Response::new("The request has no token of ours.").error(&Error::InvalidToken),
        )
        .answers(
            403,
            Response::new(
                "The request has the cookie alone, without `X-Requested-With` or from a page whose \
                 origin isn't allowed.",
            )
            .error(&CrossSite),
        )
        .answers(
            422,
            Response::new("The body isn't a JSON object with a string.").error(
                &Error::Unprocessable(vec![Violation::new(
                    Location::Field("refresh_token"),
                    Rule::NotAString,
                )]),
            ),
        )
}

fn revoke_token() -> Operation {
    let body = RevocationRequest { token: REFRESH_TOKEN, token_type_hint: None };
    Operation::new(Tag::Accounts, "revokeToken", "Revoke a token (RFC 7009)")
        .described(
            "Signs out as OAuth has it: ends the session of a refresh token of any age, or of an \
             access token, also after it expired. Any other token is answered likewise.",
        )
        .takes::<RevocationRequest>("application/x-www-form-urlencoded", ("token", json(&body)))
        .answers(200, Response::new("The token opens nothing any more."))
        .answers(
            400,
            Response::new("There is no token, or API Gateway can't read the request.")
                .reply(
                    OAuthError::from(FormError::Required("token")).into_reply(),
                    "no_token",
                    MediaType::of::<OAuthError>,
                )
                .of_gateway(400, "bad_request", "Bad Request"),
        )
}
