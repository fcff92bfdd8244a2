use mail_request::MailRequestBody;
use serde::Serialize;
use shared::Error;
use shared::functions::MailRequestRoute;
use shared::http::{Location, Violation};
use shared::rule::Rule;

use crate::openapi::{Operation, Response, Tag, json};

#[derive(Serialize)]
struct Ada {
    email: &'static str,
}

pub(crate) fn describe(route: MailRequestRoute) -> Operation {
    let operation = match route {
        MailRequestRoute::ForgotPassword => {
            Operation::new(Tag::Accounts, "forgotPassword", "Ask for a reset of the password")
                .described(
                    "Asks for a mail with a link and a code that set a new password. The answer \
                     and its time are the same whether or not a user has the address.",
                )
        }
        MailRequestRoute::RequestVerifyToken => {
            Operation::new(Tag::Accounts, "requestVerifyToken", "Ask for a verification").described(
                "Asks for a mail with a link and a code that verify the address. The answer and \
                 its time are the same whether or not a user has the address.",
            )
        }
    };
    operation
        .takes::<MailRequestBody>(
            "application/json",
            ("ada", json(&Ada { email: "ada@example.com" })),
        )
        .answers(202, Response::json::<()>("The request was taken.", &()))
        .answers(404, Response::new("Mail is off (`MAIL_SENDER`).").error(&Error::NotFound))
        .answers(
            422,
            Response::new("The body isn't a JSON object with an e-mail address.").error(
                &Error::Unprocessable(vec![Violation::new(
                    Location::Field("email"),
                    Rule::NotAnEmail,
                )]),
            ),
        )
}
