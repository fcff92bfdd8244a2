use shared::Error;
use shared::functions::ResetPasswordRoute;

use crate::openapi::{Operation, Response, Tag};

pub(crate) fn describe(ResetPasswordRoute::Reset: ResetPasswordRoute) -> Operation {
    Operation::new(Tag::Accounts, "resetPassword", "Set a new password")
        .described("Sets a new password by the link or the code of a mail, and ends every session.")
        .answers(200, Response::json::<()>("The password was set.", &()))
        .answers(404, Response::new("Mail is off (`MAIL_SENDER`).").error(&Error::NotFound))
}
