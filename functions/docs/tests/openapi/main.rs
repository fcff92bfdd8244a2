//! `openapi.json`, made of the table of routes, the types and the errors, and compared with what
//! is committed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

mod answer;
mod content;
mod docs;
mod document;
mod items;
mod keys;
mod limits;
mod me;
mod operation;
mod sign_in;
mod sign_up;
mod token;

use std::path::Path;

use shared::functions::ROUTES;
use shared::routes::Route;

use document::Document;
use operation::Operation;

const COMMITTED: &str = include_str!("../../openapi.json");

/// The description of a route; `None` for what is a part of the page and nothing to call.
fn describe(route: &Route) -> Option<Operation> {
    Some(match (route.method, route.path) {
        ("POST", "/api/auth/signup") => sign_up::operation(),
        ("POST", "/api/auth/signin") => sign_in::operation(),
        ("POST", "/api/auth/token") => token::operation(),
        ("GET", "/api/auth/users/me") => me::operation(),
        ("GET", "/api/auth/users/me/items") => items::operation(),
        ("GET", "/") => content::hello(),
        ("GET", "/api/test/all") => content::all(),
        ("GET", "/api/test/user") => content::user(),
        ("GET", "/api/test/mod") => content::moderator(),
        ("GET", "/api/test/admin") => content::admin(),
        ("GET", "/api/test/profile") => content::profile(),
        ("GET", "/.well-known/jwks.json") => keys::operation(),
        ("GET", "/openapi.json") => docs::document(),
        ("GET", "/docs") => docs::page(),
        ("GET", path) if path.starts_with("/docs/") => return None,
        _ => panic!("{route:?} is not described: give it a line here"),
    })
}

fn made() -> String {
    let described = ROUTES.iter().filter_map(|route| Some((route, describe(route)?)));
    let document = Document::of(described);
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

#[test]
fn the_document_is_that_of_the_routes_and_the_types() {
    let made = made();
    #[expect(
        clippy::disallowed_methods,
        reason = "no setting of the service: a switch of its test"
    )]
    if std::env::var_os("REWRITE_OPENAPI").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
        std::fs::write(path, made).unwrap();
        return;
    }
    if made != COMMITTED {
        let lines = COMMITTED.lines().zip(made.lines()).enumerate();
        let other = lines.into_iter().find(|(_, (committed, made))| committed != made);
        let (number, (committed, made)) = other.unwrap_or_default();
        panic!(
            "functions/docs/openapi.json is not up to date, from its line {} on: it has\n{committed}\n\
             where there should be\n{made}\n\
             To bring it up to date: REWRITE_OPENAPI=1 cargo test -p docs --test openapi",
            number + 1
        );
    }
}
