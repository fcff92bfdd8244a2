use shared::Error;
use shared::functions::MailRequestRoute;

use crate::openapi::{Operation, Response, Tag};

pub(crate) fn describe(route: MailRequestRoute) -> Operation {
    let operation = match route {
        MailRequestRoute::ForgotPassword => {
            Operation::new(Tag::Accounts, "forgotPassword", "Ask for a reset of the password")
                .described(
                    "Asks for a mail with a link and a code that set a new password. The answer is \
                     the same whether or not a user has the address.",
                )
        }
        MailRequestRoute::RequestVerifyToken => {
            Operation::new(Tag::Accounts, "requestVerifyToken", "Ask for a verification").described(
                "Asks for a mail with a link and a code that verify the address. The answer is \
                     the same whether or not a user has the address.",
            )
        }
    };
    operation
        .answers(202, Response::json::<()>("The request was taken.", &()))
        .answers(404, Response::new("Mail is off (`MAIL_SENDER`).").error(&Error::NotFound))
}
