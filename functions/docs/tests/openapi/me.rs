use shared::http::UserBody;

use crate::answer::Response;
use crate::operation::{Operation, Tag};

/// The caller in the examples.
pub(crate) const ADA: UserBody<'static> = UserBody { username: "ada", email: "ada@example.com" };

pub(crate) fn operation() -> Operation {
    Operation::new(Tag::Accounts, "getMe", "The caller")
        .described("The user that the token identifies.")
        .answers(200, Response::json::<UserBody<'_>>("The caller.", &ADA))
}
