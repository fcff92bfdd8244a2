//! `GET /api/auth/users/me` and `/api/auth/users/me/items`.

use serde_json::json;

use crate::check::{Check, checks};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        me_is_the_name_and_the_email also Pooler, Emulator, SamLocal;
        items_are_owned_by_the_caller also Emulator;
        personal_data_are_not_stored_by_caches also Emulator;
        me_and_items_need_a_token also Emulator;
        odd_names_and_emails_arrive_whole also Pooler, Emulator needs Database;
        me_ignores_a_query_and_a_body also Emulator;
        a_user_who_is_renamed_is_answered_with_the_new_name also Pooler, Emulator needs Database;
    ]
}

const ME: &str = "/api/auth/users/me";
const ITEMS: &str = "/api/auth/users/me/items";

fn me_is_the_name_and_the_email(target: &Target) {
    let ada = target.ada();
    target.get_as(&ada.token, ME).is_json(200, &ada.person.public());
}

fn items_are_owned_by_the_caller(target: &Target) {
    let ada = target.ada();
    let items = json!([{ "item_id": "Foo", "owner": ada.person.username }]);
    target.get_as(&ada.token, ITEMS).is_json(200, &items);
}

fn personal_data_are_not_stored_by_caches(target: &Target) {
    for path in [ME, ITEMS, "/api/test/profile"] {
        let answer = target.get_as(&target.ada().token, path);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
}

fn me_and_items_need_a_token(target: &Target) {
    for path in [ME, ITEMS] {
        target.http.get(path).send().is_unauthorized(target);
        target.get_as("x", path).is_unauthorized(target);
    }
}

fn odd_names_and_emails_arrive_whole(target: &Target) {
    for (name, email) in [
        ("tab\there", "tab@mail.example"),
        ("line\nbreak", "line\nbreak"),
        ("quote\" \\ '<>&", "no email at all"),
        ("\u{738b}\u{1f511}\u{200b}\u{202e}", "\u{738b}@\u{4f8b}"),
        (" ", ""),
        (&"n".repeat(3000), &"e".repeat(3000)),
    ] {
        let mut person = target.signed_up("odd");
        let renamed = format!("{}{name}", person.username);
        let moved = format!("{}{email}", person.email);
        target.database().query(
            "UPDATE users SET username = $2, email = $3 WHERE username = $1",
            &[&person.username, &renamed, &moved],
        );
        (person.username, person.email) = (renamed, moved);
        target.secrets.add(&person.email);
        let token = target.token_of(&person);
        target.get_as(&token, ME).is_json(200, &person.public());
        target.get_as(&token, "/api/test/profile").is_json(200, &person.public());
    }
}

fn me_ignores_a_query_and_a_body(target: &Target) {
    let ada = target.ada();
    let answer = target.get_as(&ada.token, &format!("{ME}?username=root&x=%ff&x=2"));
    answer.is_json(200, &ada.person.public());
}

fn a_user_who_is_renamed_is_answered_with_the_new_name(target: &Target) {
    let mut someone = target.signed_in("renamed");
    let name = format!("{}-now", someone.person.username);
    target.database().query(
        "UPDATE users SET username = $2 WHERE username = $1",
        &[&someone.person.username, &name],
    );
    someone.person.username = name;
    target.get_as(&someone.token, ME).is_json(200, &someone.person.public());
}
