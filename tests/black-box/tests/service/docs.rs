//! `GET /docs`, the files that it loads, and `GET /openapi.json`.

mod document;

use crate::check::{Check, checks};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    let own = checks![
        the_page_links_the_document_beside_it also Emulator, SamLocal;
        the_page_runs_no_script_and_no_style_but_its_own;
        every_file_of_the_page_is_served_and_may_be_kept also Emulator;
        the_licences_are_where_the_script_says;
        an_unchanged_answer_is_not_sent_again also Emulator;
        a_304_has_the_media_type_and_no_length needs RawRequests;
        the_page_and_the_document_need_no_token also Emulator;
        an_unknown_file_of_the_page_is_not_found needs GatewayWords;
        the_title_is_the_services_name needs Runner;
    ];
    own.into_iter().chain(document::checks()).collect()
}

const PAGE: &str = "/docs";
pub(crate) const DOCUMENT: &str = "/openapi.json";

#[track_caller]
fn page(target: &Target) -> String {
    let answer = target.http.get(PAGE).header("accept", "text/html,*/*;q=0.8").send();
    assert_eq!((answer.status, answer.media_type()), (200, "text/html"), "{answer:?}");
    answer.text()
}

/// The values of an attribute in the HTML.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let parts = html.split(&format!(" {attribute}=\"")).skip(1).collect::<Vec<_>>();
    parts.into_iter().map(|rest| rest.split('"').next().expect("a quote")).collect()
}

/// All addresses in the page, without its own data.
fn addresses(html: &str) -> Vec<&str> {
    let all = [values(html, "href"), values(html, "src")].concat();
    all.into_iter().filter(|address| !address.starts_with("data:")).collect()
}

/// The paths of the files that the page loads, with their queries.
fn loaded(html: &str) -> Vec<String> {
    let own = addresses(html).into_iter().filter(|address| address.starts_with("docs/"));
    own.map(|address| format!("/{address}")).collect()
}

/// The path of the licences that Swagger UI's script names.
#[track_caller]
fn licences(target: &Target) -> String {
    let files = loaded(&page(target));
    let script = files.iter().find(|it| it.contains("swagger-ui") && it.contains(".js"));
    let text = target.http.get(script.expect("Swagger UI's script")).send().text();
    let name = text.split_once("license information please see ").expect("a name").1;
    format!("/docs/{}", name.split_whitespace().next().expect("a name"))
}

/// The paths of all files of the page.
#[track_caller]
pub(crate) fn files(target: &Target) -> Vec<String> {
    loaded(&page(target)).into_iter().chain([licences(target)]).collect()
}

/// The sources that a directive of the policy allows.
#[track_caller]
fn directive<'a>(policy: &'a str, name: &str) -> Vec<&'a str> {
    let mut directives = policy.split(';').map(|it| it.trim().split(' '));
    let found =
        directives.find_map(|mut words| (words.next() == Some(name)).then(|| words.collect()));
    found.unwrap_or_else(|| panic!("no {name} in {policy}"))
}

fn the_page_links_the_document_beside_it(target: &Target) {
    let html = page(target);
    let addresses = addresses(&html);
    assert!(addresses.contains(&"openapi.json"), "{addresses:?}");
    // Only relative addresses work below a stage too.
    for address in addresses {
        assert!(!address.starts_with('/') && !address.contains(':'), "{address}");
    }
}

fn the_page_runs_no_script_and_no_style_but_its_own(target: &Target) {
    let answer = target.http.get(PAGE).send();
    let policy = answer.header("content-security-policy").expect("a policy");
    for name in ["script-src", "style-src", "connect-src"] {
        assert_eq!(directive(policy, name), ["'self'"], "{policy}");
    }
    for name in ["default-src", "base-uri", "frame-ancestors"] {
        assert_eq!(directive(policy, name), ["'none'"], "{policy}");
    }
    let html = answer.text();
    assert!(values(&html, "style").is_empty() && !html.contains("<style"), "{html}");
    for script in html.split("<script").skip(1) {
        assert!(script.starts_with(" src="), "{script}");
        let (_, inner) = script.split_once('>').expect("an end of the tag");
        assert!(inner.starts_with("</script>"), "{script}");
    }
}

fn every_file_of_the_page_is_served_and_may_be_kept(target: &Target) {
    let files = loaded(&page(target));
    let is = |file: &str, end: &str| file.split('?').next().expect("a path").ends_with(end);
    assert!(files.iter().any(|file| is(file, ".css")), "{files:?}");
    assert!(files.iter().any(|file| is(file, ".js")), "{files:?}");
    for file in files {
        let answer = target.http.get(&file).send();
        let wanted = if is(&file, ".css") { "text/css" } else { "text/javascript" };
        assert_eq!((answer.status, answer.media_type()), (200, wanted), "{file}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{file}");
        let caching = answer.header("cache-control").unwrap_or_default();
        assert!(caching.contains("immutable"), "{file}: {caching}");
        // The content at such an address never changes.
        assert!(file.contains('?'), "{file}");
    }
}

fn the_licences_are_where_the_script_says(target: &Target) {
    let answer = target.http.get(&licences(target)).send();
    assert_eq!((answer.status, answer.media_type()), (200, "text/plain"), "{answer:?}");
    assert!(answer.text().contains("Apache License"));
}

fn an_unchanged_answer_is_not_sent_again(target: &Target) {
    for path in [PAGE, DOCUMENT, "/.well-known/jwks.json"] {
        let answer = target.http.get(path).send();
        let tag = answer.header("etag").expect("a tag").to_owned();
        let caching = answer.header("cache-control").unwrap_or_default();
        assert!(!caching.contains("no-store"), "{path}: {caching}");
        let again = target.http.get(path).header("if-none-match", &tag).send();
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        // A cache adopts these headers, so they must equal the 200's.
        for name in ["etag", "cache-control", "vary", "content-security-policy"] {
            assert_eq!(again.header(name), answer.header(name), "{path}: {name}");
        }
        let other = target.http.get(path).header("if-none-match", "\"other\"").send();
        assert_eq!((other.status, other.body), (200, answer.body), "{path}");
    }
}

/// A cache updates its stored answer with both headers (RFC 9110 §8.6, §15.4.5).
fn a_304_has_the_media_type_and_no_length(target: &Target) {
    for path in [PAGE, DOCUMENT, "/.well-known/jwks.json"] {
        let answer = target.http.get(path).send();
        let tag = answer.header("etag").expect("a tag").to_owned();
        let again = target.http.get(path).header("if-none-match", &tag).send();
        assert_eq!((again.status, again.header("content-length")), (304, None), "{path}");
        assert_eq!(again.header("content-type"), answer.header("content-type"), "{path}");
    }
}

fn the_page_and_the_document_need_no_token(target: &Target) {
    for path in [PAGE, DOCUMENT] {
        assert_eq!(target.get_as("x", path).status, 200, "{path}");
    }
}

fn an_unknown_file_of_the_page_is_not_found(target: &Target) {
    for path in [
        "/docs/index.html",
        "/docs/x.js",
        "/docs/swagger-ui.css.map",
        "/docs/openapi.json",
        "/docs/../openapi.json",
        "/docs/%2e%2e/openapi.json",
        "/openapi.yaml",
        "/openapi",
        "/redoc",
    ] {
        target.http.get(path).send().is_text(404, "Not Found");
    }
    let slash = target.http.get("/docs/").send();
    assert_eq!((slash.status, slash.header("location")), (307, Some("../docs")));
}

fn the_title_is_the_services_name(target: &Target) {
    let variant = target.variant();
    assert_eq!(document::read(variant)["info"]["title"], "A & \"B\" </title>");
    assert!(page(variant).contains("<title>A &amp; \"B\" &lt;/title></title>"));
}
