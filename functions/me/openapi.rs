use me::Item;
use shared::functions::MeRoute;
use shared::http::UserBody;

use crate::openapi::{ADA, Operation, Response, Tag};

pub(crate) fn describe(route: MeRoute) -> Operation {
    let items = [Item { item_id: "Foo", owner: "ada" }];
    match route {
        MeRoute::Me => Operation::new(Tag::Accounts, "getMe", "The caller")
            .described("The user that the token identifies.")
            .answers(200, Response::json::<UserBody<'_>>("The caller.", &ADA)),
        MeRoute::Items => Operation::new(Tag::Accounts, "getItems", "The caller's items")
            .described("An example of data that belongs to a user.")
            .answers(200, Response::json::<Vec<Item<'_>>>("The caller's items.", &items)),
    }
}
