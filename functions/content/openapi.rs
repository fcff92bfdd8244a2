use shared::functions::ContentRoute;
use shared::http::UserBody;

use crate::openapi::{ADA, Operation, Response, Tag};

pub(crate) fn describe(route: ContentRoute) -> Operation {
    match route {
        ContentRoute::Hello => hello(),
        ContentRoute::All => all(),
        ContentRoute::User => user(),
        ContentRoute::Moderator => moderator(),
        ContentRoute::Admin => admin(),
        ContentRoute::Profile => profile(),
    }
}

fn hello() -> Operation {
    text("getHello", "A greeting", "Needs no token.", "Hello World")
}

fn all() -> Operation {
    text("getPublicContent", "Public content", "Needs no token.", "public content")
}

fn user() -> Operation {
    let access = "Needs any role: `ROLE_USER`, `ROLE_MODERATOR` or `ROLE_ADMIN`.";
    text("getUserContent", "Content for any role", access, "user content")
}

fn moderator() -> Operation {
    let access = "Needs `ROLE_MODERATOR`. Roles have no hierarchy: an admin needs it too.";
    text("getModeratorContent", "Content for moderators", access, "moderator content")
}

fn admin() -> Operation {
    let access = "Needs `ROLE_ADMIN`.";
    text("getAdminContent", "Content for admins", access, "admin content")
}

fn profile() -> Operation {
    Operation::new(Tag::Content, "getProfile", "The caller's profile")
        .described("Needs a token, but no role.")
        .answers(200, Response::json::<UserBody<'_>>("The caller.", &ADA))
}

fn text(id: &'static str, summary: &'static str, access: &'static str, text: &str) -> Operation {
    Operation::new(Tag::Content, id, summary)
        .described(access)
        .answers(200, Response::json::<String>("A JSON string.", &text))
}
