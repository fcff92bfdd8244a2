use change_email::AddressChange;
use serde::Serialize;
use shared::Error;
use shared::error::SecurityEvent;
use shared::functions::ChangeEmailRoute;
use shared::http::{Location, Violation};
use shared::own_password::Refusal;
use shared::password::RefusalReason;
use shared::rule::Rule;

use crate::openapi::{Operation, Response, Tag, json};

#[derive(Serialize)]
struct Change {
    email: &'static str,
    password: &'static str,
}

pub(crate) fn describe(ChangeEmailRoute::Change: ChangeEmailRoute) -> Operation {
    let change = Change { email: "ada@example.org", password: "correct horse" };
    let event = SecurityEvent::of("", None);
    Operation::new(Tag::Accounts, "changeEmail", "Ask for a change of the address")
        .described(
            "Asks for a mail to the new address, whose link or code makes it the caller's \
             (`verify`), and for a notice to the present one. The answer is the same if another \
             user has the address: a notice goes to its owner alone.",
        )
        .takes::<AddressChange>("application/json", ("ada", json(&change)))
        .answers(202, Response::json::<()>("The request was taken.", &()))
        .answers(
            403,
            Response::new("The password is wrong. The token stays valid.")
                .error(&Refusal::WrongPassword(RefusalReason::WrongPassword, event)),
        )
        .answers(404, Response::new("Mail is off (`MAIL_SENDER`).").error(&Error::NotFound))
        .answers(
            409,
            Response::new("The stored password changed meanwhile.")
                .error(&Refusal::PasswordChanged),
        )
        .answers(
            422,
            Response::new("The body isn't a JSON object with the two fields.").error(
                &Error::Unprocessable(vec![Violation::new(
                    Location::Field("email"),
                    Rule::NotAnEmail,
                )]),
            ),
        )
}
