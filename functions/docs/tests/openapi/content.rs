use shared::http::UserBody;

use crate::answer::Response;
use crate::me::ADA;
use crate::operation::{Operation, Tag};

pub(crate) fn hello() -> Operation {
    text("getHello", "A greeting", "For everyone.", "Hello World")
}

pub(crate) fn all() -> Operation {
    text("getPublicContent", "What everyone may see", "For everyone.", "public content")
}

pub(crate) fn user() -> Operation {
    let who = "For users with any role: `ROLE_USER`, `ROLE_MODERATOR` or `ROLE_ADMIN`.";
    text("getUserContent", "What any role may see", who, "user content")
}

pub(crate) fn moderator() -> Operation {
    let who = "For users with `ROLE_MODERATOR`. Roles have no order: an admin needs it too.";
    text("getModeratorContent", "What moderators may see", who, "moderator content")
}

pub(crate) fn admin() -> Operation {
    let who = "For users with `ROLE_ADMIN`.";
    text("getAdminContent", "What admins may see", who, "admin content")
}

pub(crate) fn profile() -> Operation {
    Operation::new(Tag::Content, "getProfile", "The caller's profile")
        .described("For users with any role or none.")
        .answers(200, Response::json::<UserBody<'_>>("The caller.", &ADA))
}

fn text(id: &'static str, summary: &'static str, who: &'static str, text: &str) -> Operation {
    Operation::new(Tag::Content, id, summary)
        .described(who)
        .answers(200, Response::json::<String>("A JSON string.", &text))
}
