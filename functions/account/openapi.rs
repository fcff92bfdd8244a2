use account::{Deletion, PasswordChange, Refusal};
use serde::Serialize;
use shared::Error;
use shared::error::SecurityEvent;
use shared::functions::AccountRoute;
use shared::http::{Location, Violation};
use shared::password::RefusalReason;
use shared::rule::Rule;

use crate::openapi::{Operation, Response, Tag, json, limited};

#[derive(Serialize)]
struct Change {
    old_password: &'static str,
    new_password: &'static str,
}

#[derive(Serialize)]
struct Confirmation {
    password: &'static str,
}

pub(crate) fn describe(route: AccountRoute) -> Operation {
    match route {
        AccountRoute::ChangePassword => change_password(),
        AccountRoute::Delete => delete(),
    }
}

const OWN_GUESSES: &str = "Too many guesses of the caller's own password, or requests of all clients together. No password was \
     checked, and the token stays valid.";

fn change_password() -> Operation {
    let change = Change { old_password: "correct horse", new_password: "battery staple" };
    Operation::new(Tag::Accounts, "changePassword", "Change the password")
        .described(
            "Replaces the caller's password. All other sessions of the user end, and every token \
             without a session; the caller's own session goes on, with its refresh token. With a \
             token that has no session, everything ends.",
        )
        .takes::<PasswordChange>("application/json", ("ada", json(&change)))
        .answers(204, Response::new("The password was changed."))
        .answers(403, wrong_password())
        .answers(
            409,
            Response::new("The stored password changed meanwhile.")
                .error(&Refusal::PasswordChanged),
        )
        .answers(
            422,
            Response::new(
                "The body isn't a JSON object with the two fields, or the new password breaks a \
                 rule.",
            )
            .error(&Error::Unprocessable(vec![Violation::new(
                Location::Field("new_password"),
                Rule::LikeUsername,
            )])),
        )
        .answers(429, limited(OWN_GUESSES))
}

fn delete() -> Operation {
    let confirmation = Confirmation { password: "correct horse" };
    Operation::new(Tag::Accounts, "deleteAccount", "Delete the account")
        .described(
            "Deletes the caller with all roles and sessions, and removes the session's cookie if \
             it was sent. No later user gets the id. The operator can turn it off.",
        )
        .takes::<Deletion>("application/json", ("ada", json(&confirmation)))
        .answers(204, Response::new("The account was deleted."))
        .answers(403, wrong_password())
        .answers(
            404,
            Response::new("The operator has turned off deletion (`ACCOUNT_DELETION`).")
                .error(&Error::NotFound),
        )
        .answers(
            409,
            Response::new(
                "The stored password changed meanwhile, or a table of the operator's own refers to \
                 the user. Nothing was deleted.",
            )
            .error(&Refusal::PasswordChanged)
            .error(&Refusal::InUse),
        )
        .answers(
            422,
            Response::new("The body isn't a JSON object with the field.").error(
                &Error::Unprocessable(vec![Violation::new(
                    Location::Field("password"),
                    Rule::Missing,
                )]),
            ),
        )
        .answers(429, limited(OWN_GUESSES))
}

fn wrong_password() -> Response {
    let event = SecurityEvent::of("", None);
    Response::new("The password is wrong. The token stays valid.")
        .error(&Refusal::WrongPassword(RefusalReason::WrongPassword, event))
}
