use shared::functions::MailPageRoute;

use crate::openapi::Operation;

/// Nothing is described: mails link to the page.
pub(crate) fn describe(_: MailPageRoute) -> Option<Operation> {
    None
}
