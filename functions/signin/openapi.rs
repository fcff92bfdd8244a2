use serde::Serialize;
use shared::functions::SigninRoute;
use shared::http::{Location, Violation};
use shared::{Error, Rule};
use signin::{Credentials, SESSIONS, SignInResponse};

use crate::openapi::{
    GUESSES, Operation, REFRESH_TOKEN, Response, TOKEN, Tag, UNVERIFIED, client_cookie, json,
    limited, refused, unverified,
};

#[derive(Serialize)]
struct Ada {
    username: &'static str,
    password: &'static str,
}

pub(crate) fn describe(SigninRoute::SignIn: SigninRoute) -> Operation {
    let ada = Ada { username: "ada", password: "correct horse" };
    let answer = SignInResponse {
        token: TOKEN,
        token_type: "bearer",
        expires_in: None,
        refresh_token: None,
        refresh_expires_in: None,
    };
    let with_cookie = SignInResponse { expires_in: Some(3600), ..answer };
    let with_token = SignInResponse {
        refresh_token: Some(REFRESH_TOKEN),
        refresh_expires_in: Some(2_592_000),
        ..with_cookie
    };
    let refused_field =
        |field, rule| Error::Unprocessable(vec![Violation::new(Location::Field(field), rule)]);
    Operation::new(Tag::Accounts, "signIn", "Sign in")
        .described(
            "Exchanges a username and a password for an access token. Send the token as \
             `Authorization: Bearer <token>` with later requests; on this page, *Authorize* does \
             that. With `session`, the client also gets what renews the session: a refresh token, \
             in the answer or in a cookie.",
        )
        .takes::<Credentials>("application/json", ("ada", json(&ada)))
        .answers(
            200,
            Response::new("The token, and for `session` what it asks for.")
                .example::<SignInResponse<'_>>("without_session", json(&answer))
                .example::<SignInResponse<'_>>("with_token", json(&with_token))
                .example::<SignInResponse<'_>>("with_cookie", json(&with_cookie))
                .with_header(
                    "Set-Cookie",
                    "`__Host-latchkey-client`: that this client has signed in before, for the limits on \
                     guesses. If `session` is `cookie`, one more has the refresh token.",
                    json(&client_cookie()),
                ),
        )
        .answers(
            401,
            Response::new(
                "The user doesn't exist or is disabled, or the password is wrong; the answer doesn't \
                 say which.",
            )
            .error(&refused()),
        )
        .answers(403, Response::new(UNVERIFIED).error(&unverified()))
        .answers(
            422,
            Response::new(
                "The body isn't a JSON object with the two fields, or the service can't give what \
                 `session` asks for.",
            )
            .error_named("missing", &refused_field("password", Rule::Missing))
            .error_named("other_session", &refused_field("session", Rule::NotALiteral(SESSIONS)))
            .error_named("other_site", &refused_field("session", Rule::OtherSite)),
        )
        .answers(429, limited(GUESSES))
}
