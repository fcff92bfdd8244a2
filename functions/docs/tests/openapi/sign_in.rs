use serde::Serialize;
use shared::Error;
use shared::http::{Location, Violation};
use shared::password::RefusalReason;
use shared::rule::Rule;
use shared::sign_in::Refusal;
use signin::{Credentials, SignInResponse};

use crate::answer::{Response, json};
use crate::operation::{Operation, Tag};

/// A token in the examples: the header and the claims of one, and no signature of ours.
pub(crate) const TOKEN: &str =
    "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl";

#[derive(Serialize)]
struct Ada {
    username: &'static str,
    password: &'static str,
}

/// A refused sign-in, for whatever reason.
pub(crate) fn refused() -> Refusal {
    Refusal { reason: RefusalReason::WrongPassword, user_id: None }
}

pub(crate) fn operation() -> Operation {
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
