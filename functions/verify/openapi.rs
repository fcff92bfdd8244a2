use shared::Error;
use shared::functions::VerifyRoute;

use crate::openapi::{Operation, Response, Tag};

pub(crate) fn describe(VerifyRoute::Verify: VerifyRoute) -> Operation {
    Operation::new(Tag::Accounts, "verifyEmail", "Verify an address")
        .described("Verifies an address by the link or the code of a mail.")
        .answers(200, Response::json::<()>("The address is verified.", &()))
        .answers(404, Response::new("Mail is off (`MAIL_SENDER`).").error(&Error::NotFound))
}
