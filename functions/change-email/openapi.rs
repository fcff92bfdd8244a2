use shared::Error;
use shared::functions::ChangeEmailRoute;

use crate::openapi::{Operation, Response, Tag};

pub(crate) fn describe(ChangeEmailRoute::Change: ChangeEmailRoute) -> Operation {
    Operation::new(Tag::Accounts, "changeEmail", "Change the address")
        .described("Asks for a mail to the new address, with a link and a code that change to it.")
        .answers(202, Response::json::<()>("The request was taken.", &()))
        .answers(404, Response::new("Mail is off (`MAIL_SENDER`).").error(&Error::NotFound))
}
