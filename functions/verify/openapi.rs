use serde::Serialize;
use shared::Error;
use shared::email::EmailTaken;
use shared::functions::VerifyRoute;
use shared::http::{Location, UserBody, Violation};
use shared::presented_secret::InvalidSecret;
use shared::rule::Rule;
use verify::EmailVerification;

use crate::openapi::{Operation, Response, Tag, json};

#[derive(Serialize)]
struct ByCode {
    email: &'static str,
    code: &'static str,
}

pub(crate) fn describe(VerifyRoute::Verify: VerifyRoute) -> Operation {
    let ada = UserBody { username: "ada", email: "ada@example.com" };
    let code = ByCode { email: "ada@example.com", code: "7K3M-Q9XA" };
    Operation::new(Tag::Accounts, "verifyEmail", "Verify an address by a mail")
        .described(
            "Verifies the address that a mail was sent to, by its link (`token`) or its code \
             (`code` and `email`). The mail of a change makes it the user's address.",
        )
        .takes::<EmailVerification>("application/json", ("ada", json(&code)))
        .answers(200, Response::json::<UserBody<'_>>("The address is verified.", &ada))
        .answers(
            400,
            Response::new("No mail had this link or code, or it is used, over or void.")
                .error(&InvalidSecret(None)),
        )
        .answers(404, Response::new("Mail is off (`MAIL_SENDER`).").error(&Error::NotFound))
        .answers(409, Response::new("Another user has this address by now.").error(&EmailTaken))
        .answers(
            422,
            Response::new("The body isn't a JSON object with one of `token` and `code`.").error(
                &Error::Unprocessable(vec![Violation::new(
                    Location::Field("token"),
                    Rule::NotExactlyOneOf("token and code"),
                )]),
            ),
        )
}
