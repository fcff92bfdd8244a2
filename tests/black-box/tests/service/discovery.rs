//! `GET /.well-known/openid-configuration` and `GET /.well-known/oauth-authorization-server`.

use serde_json::{Value, json};

use crate::check::{Check, checks};
use crate::jws::Draft;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        the_issuer_is_that_of_a_token_to_the_letter also Emulator, SamLocal;
        a_runners_issuer_is_its_address needs Runner;
        the_issuer_alone_leads_to_the_keys also Emulator;
        the_token_endpoint_is_named_while_it_is_on needs Runner;
        the_documents_need_no_token_and_may_be_cached also Emulator;
        no_header_of_a_request_changes_the_documents needs Runner;
        pages_of_any_origin_may_read_them also Emulator needs OwnCors;
        pages_of_any_origin_may_ask_for_them needs Preflights;
    ]
}

pub(crate) const OPENID: &str = "/.well-known/openid-configuration";
const KEYS: &str = "/.well-known/jwks.json";
const ALL: [&str; 3] = [KEYS, OPENID, "/.well-known/oauth-authorization-server"];

fn issuer(target: &Target) -> String {
    Draft::of(&target.ada().token).text("iss").to_owned()
}

/// The document; `None` if the operator has named no address as the issuer.
fn document(target: &Target) -> Option<Value> {
    let issuer = issuer(target);
    let answers = ALL.map(|path| target.http.get(path).send());
    let [_, openid, oauth] = answers;
    if !issuer.contains("://") {
        openid.says(target, 404, "Not Found");
        oauth.says(target, 404, "Not Found");
        return None;
    }
    openid.is_json(200, &oauth.json());
    Some(openid.json())
}

fn the_issuer_is_that_of_a_token_to_the_letter(target: &Target) {
    if let Some(document) = document(target) {
        assert_eq!(document["issuer"], json!(issuer(target)));
    }
}

fn a_runners_issuer_is_its_address(target: &Target) {
    assert_eq!(issuer(target), target.http.base());
    assert_eq!(issuer(target.variant()), "https://issuer.example");
}

fn the_issuer_alone_leads_to_the_keys(target: &Target) {
    let Some(document) = document(target) else { return };
    let issuer = issuer(target);
    let keys = document["jwks_uri"].as_str().expect("an address");
    assert_eq!(keys, format!("{issuer}{KEYS}"));
    if issuer == target.http.base() {
        let path = keys.strip_prefix(&issuer).expect("below the issuer");
        let kid = &Draft::of(&target.ada().token).header["kid"];
        let keys = target.http.get(path).send().json();
        assert!(keys["keys"].as_array().expect("a list").iter().any(|key| &key["kid"] == kid));
    }
    let algorithms = document["id_token_signing_alg_values_supported"].as_array();
    let algorithm = &Draft::of(&target.ada().token).header["alg"];
    assert!(algorithms.expect("a list").contains(algorithm), "{document}");
    // There is none, whatever the document says of it.
    assert_eq!(document.get("authorization_endpoint"), None);
    assert_eq!(document["response_types_supported"], json!([]));
    assert_eq!(document["subject_types_supported"], json!(["public"]));
}

fn the_token_endpoint_is_named_while_it_is_on(target: &Target) {
    let on = document(target).expect("the runner's address");
    let address = on["token_endpoint"].as_str().expect("an address");
    let path = address.strip_prefix(target.http.base()).expect("below the issuer");
    let ada = &target.ada().person;
    let fields = [("username", ada.username.as_str()), ("password", ada.password.as_str())];
    assert_eq!(target.http.post_form(path, &fields).send().status, 200);
    assert_eq!(on["grant_types_supported"], json!(["password", "refresh_token"]));
    assert_eq!(on["token_endpoint_auth_methods_supported"], json!(["none"]));
    let off = document(target.variant()).expect("the variant's issuer");
    assert_eq!(off.get("token_endpoint"), None);
    assert_eq!(off["grant_types_supported"], json!([]));
}

fn the_documents_need_no_token_and_may_be_cached(target: &Target) {
    if document(target).is_none() {
        return;
    }
    for path in ALL {
        let answer = target.http.get(path).bearer("x").send();
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"), "{path}");
        let tag = answer.header("etag").expect("a tag");
        let again = target.http.get(path).header("if-none-match", tag).send();
        assert_eq!((answer.status, again.status), (200, 304), "{path}");
    }
}

fn no_header_of_a_request_changes_the_documents(target: &Target) {
    let expected = document(target);
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "host=evil.example;proto=https"),
        ("origin", "https://evil.example"),
    ] {
        let answer = target.http.get(OPENID).header(name, value).send();
        assert_eq!(Some(answer.json()), expected, "{name}");
    }
}

fn pages_of_any_origin_may_read_them(target: &Target) {
    let origins =
        [None, Some("http://localhost:3000"), Some("https://other.example"), Some("null")];
    for (path, origin) in ALL.iter().flat_map(|path| origins.map(|origin| (path, origin))) {
        let request = target.http.get(path);
        let answer = match origin {
            Some(origin) => request.header("origin", origin).send(),
            None => request.send(),
        };
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{answer:?}");
        assert_eq!(answer.header("access-control-allow-credentials"), None, "{answer:?}");
    }
}

fn pages_of_any_origin_may_ask_for_them(target: &Target) {
    for target in [target, target.caching()] {
        for path in ALL {
            let request = target.http.request("OPTIONS", path);
            let request = request.header("access-control-request-method", "GET");
            let answer = request.header("origin", "https://other.example").send();
            assert!(matches!(answer.status, 200 | 204), "{answer:?}");
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{answer:?}");
            assert_eq!(answer.header("access-control-allow-credentials"), None, "{answer:?}");
            let methods = answer.header("access-control-allow-methods").unwrap_or_default();
            assert!(methods.split(',').any(|method| method == "GET"), "{answer:?}");
        }
    }
}
