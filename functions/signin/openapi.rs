use serde::Serialize;
use shared::Error;
use shared::functions::SigninRoute;
use shared::http::{Location, Violation};
use shared::rule::Rule;
use signin::{Credentials, SignInResponse};

use crate::openapi::{Operation, Response, TOKEN, Tag, json, refused};

#[derive(Serialize)]
struct Ada {
    username: &'static str,
    password: &'static str,
}

pub(crate) fn describe(SigninRoute::SignIn: SigninRoute) -> Operation {
    let ada = Ada { username: "ada", password: "correct horse" };
    let answer = SignInResponse { token: TOKEN, token_type: "bearer" };
    Operation::new(Tag::Accounts, "signIn", "Sign in")
        .described(
            "Exchanges a username and a password for an access token. Send the token as \
             `Authorization: Bearer <token>` with later requests; on this page, *Authorize* does \
             that.",
        )
        .takes::<Credentials>("application/json", ("ada", json(&ada)))
        .answers(200, Response::json::<SignInResponse<'_>>("The token.", &answer))
        .answers(
            401,
            Response::new(
                "The user doesn't exist or the password is wrong; the answer doesn't say which.",
            )
            .error(&refused()),
        )
        .answers(
            422,
            Response::new("The body isn't a JSON object with the two fields.").error(
                &Error::Unprocessable(vec![Violation::new(
                    Location::Field("password"),
                    Rule::Missing,
                )]),
            ),
        )
}
