//! The JSON of a token's header and claims: an object, in UTF-8, with each member once.

use crate::check::{Check, checks};
use crate::jws::{encode, signed};
use crate::target::Target;
use crate::tokens::{Forgeries, draft};

pub(crate) fn checks() -> Vec<Check> {
    checks![
        json_that_is_no_object_is_refused needs OwnKey RefusedTokens;
        a_deep_claim_never_breaks_it also Emulator needs OwnKey RefusedTokens;
        json_with_a_member_twice_is_refused needs OwnKey RefusedTokens;
        json_in_another_encoding_is_refused needs OwnKey RefusedTokens;
    ]
}

fn json_that_is_no_object_is_refused(target: &Target) {
    let draft = draft(target);
    let (header, claims) = (draft.header_json(), draft.claims_json());
    let mut forgeries = Forgeries::default();
    for odd in
        ["", " ", "null", "true", "1", "\"x\"", "[]", "{}", "{", "[{}]", "{}{}", "nul", "{'a':1}"]
    {
        forgeries.add(format!("{odd:?} for claims"), signed(&header, odd, target.key()));
        forgeries.add(format!("{odd:?} for a header"), signed(odd, &claims, target.key()));
    }
    for (what, text) in [
        ("a list of one", format!("[{claims}]")),
        ("cut", claims[..claims.len() - 1].to_owned()),
        ("followed by more", format!("{claims}x")),
        ("followed by another", format!("{claims}{claims}")),
        ("in a string", serde_json::Value::from(claims.clone()).to_string()),
        ("with a comma more", claims.replacen('}', ",}", 1)),
        ("nested a thousand deep", format!("{}{}", "[".repeat(1000), "]".repeat(1000))),
    ] {
        forgeries.add(format!("claims {what}"), signed(&header, &text, target.key()));
    }
    // Serde reads a struct from an array, too.
    let believed: serde_json::Value = serde_json::from_str(&claims).expect("claims are JSON");
    let in_order = |names: &[&str]| {
        let members: serde_json::Value = names.iter().map(|name| believed[*name].clone()).collect();
        members.to_string()
    };
    let without_nbf =
        in_order(&["iss", "aud", "sub", "client_id", "iat", "exp", "jti", "database_id"]);
    let with_nbf =
        in_order(&["iss", "aud", "sub", "client_id", "iat", "exp", "iat", "jti", "database_id"]);
    for text in [without_nbf, with_nbf] {
        forgeries.add(format!("an array of {text}"), signed(&header, &text, target.key()));
    }
    let kid = target.key().kid();
    let members = format!(r#"["ES256","at+jwt","{kid}"]"#);
    forgeries.add("an array for a header", signed(&members, &claims, target.key()));
    forgeries.are_refused(target);
}

/// The contract leaves open whether such a token is accepted; it must not cause a failure.
fn a_deep_claim_never_breaks_it(target: &Target) {
    let draft = draft(target);
    for levels in [100, 1000, 4000] {
        let deep = format!("{{\"x\":{}{},", "[".repeat(levels), "]".repeat(levels));
        let claims = draft.claims_json().replacen('{', &deep, 1);
        let token = signed(&draft.header_json(), &claims, target.key());
        let answer = target.me_as(&token);
        assert!(matches!(answer.status, 200 | 401 | 431), "{levels}: {}", answer.status);
    }
}

fn json_with_a_member_twice_is_refused(target: &Target) {
    let draft = draft(target);
    let (header, claims) = (draft.header_json(), draft.claims_json());
    let twice = |text: &str, name: &str, value: &str, first: bool| {
        if first {
            text.replacen('{', &format!("{{\"{name}\":{value},"), 1)
        } else {
            format!("{},\"{name}\":{value}}}", &text[..text.len() - 1])
        }
    };
    let mut forgeries = Forgeries::default();
    for first in [true, false] {
        for (name, value) in [
            ("sub", "\"1\""),
            ("exp", "9999999999"),
            ("iat", "1"),
            ("iss", "\"x\""),
            ("aud", "\"x\""),
            ("client_id", "\"x\""),
            ("jti", "\"x\""),
            ("database_id", "\"x\""),
        ] {
            let text = twice(&claims, name, value, first);
            forgeries.add(format!("{name} twice"), signed(&header, &text, target.key()));
        }
        for (name, value) in [("alg", "\"none\""), ("kid", "\"x\""), ("typ", "\"JWT\"")] {
            let text = twice(&header, name, value, first);
            forgeries.add(format!("{name} twice"), signed(&text, &claims, target.key()));
        }
    }
    forgeries.are_refused(target);
}

fn json_in_another_encoding_is_refused(target: &Target) {
    let draft = draft(target);
    let header = encode(draft.header_json());
    let claims = draft.claims_json();
    let utf16: Vec<u8> = claims.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut latin = claims.clone().into_bytes();
    latin.splice(1..1, b"\"x\":\"\xe9\",".iter().copied());
    let mut forgeries = Forgeries::default();
    for (what, bytes) in [
        ("UTF-16", utf16),
        ("Latin-1", latin),
        ("a byte order mark first", [b"\xef\xbb\xbf", claims.as_bytes()].concat()),
        ("a NUL last", [claims.as_bytes(), b"\0"].concat()),
    ] {
        let text = format!("{header}.{}", encode(bytes));
        let signature = target.key().signature(&text);
        forgeries.add(what, format!("{text}.{}", encode(signature)));
    }
    forgeries.are_refused(target);
}
