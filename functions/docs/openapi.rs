use serde_json::json as value;
use shared::functions::DocsRoute;

use crate::openapi::{MediaType, Operation, Response, Tag, json};

/// Only the page and the document are described: nobody calls the page's scripts and styles.
pub(crate) fn describe(route: DocsRoute) -> Option<Operation> {
    match route {
        DocsRoute::Document => Some(document()),
        DocsRoute::Page => Some(page()),
        DocsRoute::Script
        | DocsRoute::Style
        | DocsRoute::UiScript
        | DocsRoute::UiStyle
        | DocsRoute::Licences => None,
    }
}

fn document() -> Operation {
    let example = value!({ "openapi": "3.1.0" });
    let object = MediaType::any_object().with_example("answer", json(&example));
    Operation::new(Tag::Docs, "getDocument", "This description")
        .described("OpenAPI 3.1. The first server has the address that the client called.")
        .revalidated()
        .answers(
            200,
            Response::new("The document.")
                .with("application/json", object)
                .with_etag()
                .with_cache_control("no-cache"),
        )
}

fn page() -> Operation {
    let html = MediaType::of::<String>().with_example("answer", json("<!doctype html>"));
    Operation::new(Tag::Docs, "getPage", "This page")
        .described("Swagger UI of `openapi.json`. It loads files below `docs/` only.")
        .revalidated()
        .answers(
            200,
            Response::new("The page.")
                .with("text/html", html)
                .with_etag()
                .with_cache_control("no-cache"),
        )
}
