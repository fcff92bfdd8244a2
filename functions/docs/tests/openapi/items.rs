use me::Item;

use crate::answer::Response;
use crate::operation::{Operation, Tag};

pub(crate) fn operation() -> Operation {
    let items = [Item { item_id: "Foo", owner: "ada" }];
    Operation::new(Tag::Accounts, "getItems", "The caller's items")
        .described("An example of data that belongs to a user.")
        .answers(200, Response::json::<Vec<Item<'_>>>("The caller's items.", &items))
}
