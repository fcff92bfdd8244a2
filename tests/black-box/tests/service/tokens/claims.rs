//! Claims that are missing, wrong, or of another type, signed with the service's own key.

use serde_json::{Value, json};

use crate::check::{Check, checks};
use crate::target::Target;
use crate::tokens::{Forgeries, draft, fresh_draft};

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_token_without_one_of_its_claims_is_refused needs OwnKey RefusedTokens;
        a_claim_of_another_type_is_refused needs OwnKey RefusedTokens;
        another_issuer_is_refused also Emulator needs OwnKey RefusedTokens;
        another_audience_is_refused also Emulator needs OwnKey RefusedTokens;
        a_token_of_a_malformed_client_id_is_refused needs OwnKey RefusedTokens;
        another_database_is_refused also Pooler, Emulator needs OwnKey RefusedTokens;
        an_expired_token_is_refused also Emulator needs OwnKey RefusedTokens;
        a_token_that_expires_now_is_refused needs OwnKey RefusedTokens;
        a_token_that_is_not_yet_valid_is_refused needs OwnKey RefusedTokens;
        numbers_at_the_edge_never_break_it also Emulator needs OwnKey RefusedTokens;
    ]
}

const CLAIMS: [&str; 8] = ["aud", "client_id", "database_id", "exp", "iat", "iss", "jti", "sub"];

fn a_token_without_one_of_its_claims_is_refused(target: &Target) {
    let mut forgeries = Forgeries::default();
    for claim in CLAIMS {
        forgeries.add(format!("no {claim}"), draft(target).no_claim(claim).sign(target.key()));
        let renamed = draft(target).no_claim(claim).claim(&claim.to_uppercase(), "x");
        forgeries.add(format!("{claim} in capitals"), renamed.sign(target.key()));
        for other in CLAIMS.into_iter().filter(|other| *other > claim) {
            let draft = draft(target).no_claim(claim).no_claim(other);
            forgeries.add(format!("no {claim}, no {other}"), draft.sign(target.key()));
        }
    }
    forgeries.are_refused(target);
}

fn a_claim_of_another_type_is_refused(target: &Target) {
    let mut forgeries = Forgeries::default();
    for claim in CLAIMS {
        let right = draft(target).claims[claim].clone();
        let mut odd = vec![
            json!(null),
            json!(true),
            json!(false),
            json!([]),
            json!({}),
            json!([[]]),
            json!({ "value": right }),
            json!([null]),
        ];
        if right.is_string() {
            odd.extend([json!(1), json!(0), json!(-1), json!(1.5), json!([1])]);
        } else {
            odd.extend([json!("x"), json!(""), json!(right.to_string()), json!([right])]);
        }
        for value in odd {
            let token = draft(target).claim(claim, value.clone()).sign(target.key());
            forgeries.add(format!("{claim} {value}"), token);
        }
    }
    forgeries.are_refused(target);
}

/// Texts that differ slightly from the right one.
fn near(right: &str) -> Vec<String> {
    vec![
        String::new(),
        format!("{right} "),
        format!(" {right}"),
        format!("{right}/"),
        format!("{right}\0"),
        format!("{right}x"),
        right[..right.len() - 1].to_owned(),
        right.to_uppercase(),
        format!("{right},{right}"),
        "*".to_owned(),
        "https://issuer.example".to_owned(),
    ]
}

fn another_text(target: &Target, claim: &str) {
    let right = draft(target).text(claim).to_owned();
    let mut forgeries = Forgeries::default();
    for other in near(&right).into_iter().filter(|other| *other != right) {
        let token = draft(target).claim(claim, other.clone()).sign(target.key());
        forgeries.add(format!("{claim} {other:?}"), token);
    }
    forgeries.are_refused(target);
}

fn another_issuer_is_refused(target: &Target) {
    another_text(target, "iss");
}

fn another_audience_is_refused(target: &Target) {
    another_text(target, "aud");
    let mut forgeries = Forgeries::default();
    for audience in
        [json!(["x"]), json!(["x", "y"]), json!([""]), json!([[draft(target).text("aud")]])]
    {
        let token = draft(target).claim("aud", audience.clone()).sign(target.key());
        forgeries.add(format!("aud {audience}"), token);
    }
    forgeries.are_refused(target);
}

fn a_token_of_a_malformed_client_id_is_refused(target: &Target) {
    let mut forgeries = Forgeries::default();
    for client in [String::new(), "caf\u{e9}".to_owned(), "a\nb".to_owned(), "x".repeat(256)] {
        let token = draft(target).claim("client_id", client.clone()).sign(target.key());
        forgeries.add(format!("client_id {client:?}"), token);
    }
    forgeries.are_refused(target);
}

fn another_database_is_refused(target: &Target) {
    another_text(target, "database_id");
    let zeros = draft(target).claim("database_id", "00000000-0000-0000-0000-000000000000");
    let mut forgeries = Forgeries::default();
    forgeries.add("a database_id of zeros", zeros.sign(target.key()));
    forgeries.are_refused(target);
}

fn an_expired_token_is_refused(target: &Target) {
    let draft = fresh_draft(target);
    let now = draft.number("iat");
    let mut forgeries = Forgeries::default();
    for age in [1, 2, 5, 30, 59, 60, 61, 3600, 86_400, 2_592_000] {
        let old = draft.claim("exp", now - age).claim("iat", now - age - 3600);
        forgeries.add(format!("expired for {age} s"), old.sign(target.key()));
        let backwards = draft.claim("exp", now - age);
        forgeries.add(format!("expired {age} s before it was made"), backwards.sign(target.key()));
    }
    for never in [json!(0), json!(1), json!(-1), json!(-9_999_999_999_i64), json!(i64::MIN)] {
        let token = draft.claim("exp", never.clone()).sign(target.key());
        forgeries.add(format!("exp {never}"), token);
    }
    forgeries.are_refused(target);
}

fn a_token_that_expires_now_is_refused(target: &Target) {
    let mut forgeries = Forgeries::default();
    let draft = fresh_draft(target);
    let now = draft.number("iat");
    forgeries.add("exp is iat is now", draft.claim("exp", now).sign(target.key()));
    let older = draft.claim("iat", now - 3600).claim("exp", now);
    forgeries.add("exp is now", older.sign(target.key()));
    forgeries.are_refused(target);
}

fn a_token_that_is_not_yet_valid_is_refused(target: &Target) {
    let draft = fresh_draft(target);
    let now = draft.number("iat");
    let mut forgeries = Forgeries::default();
    for ahead in [120, 600, 3000, 86_400, 9_999_999_999] {
        let later = draft.claim("exp", now + ahead + 3600);
        forgeries
            .add(format!("nbf in {ahead} s"), later.claim("nbf", now + ahead).sign(target.key()));
        forgeries
            .add(format!("iat in {ahead} s"), later.claim("iat", now + ahead).sign(target.key()));
    }
    for odd in [json!("x"), json!(""), json!(true), json!([]), json!({}), json!(now.to_string())] {
        forgeries.add(format!("nbf {odd}"), draft.claim("nbf", odd).sign(target.key()));
    }
    forgeries.are_refused(target);
}

/// The contract leaves open whether such a token is accepted; it must not cause a failure.
fn numbers_at_the_edge_never_break_it(target: &Target) {
    let draft = draft(target);
    let header = draft.header_json();
    for claim in ["exp", "iat", "nbf"] {
        for number in [
            "1e3",
            "1e18",
            "1e308",
            "1e400",
            "-1e400",
            "9007199254740993",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "4102444800.5",
            "4102444800.0",
            "0.1",
            "-0",
            "-0.0",
            "1E+2",
            "99999999999999999999999999999999999999",
        ] {
            let placeholder = draft.claim(claim, Value::from("number"));
            let claims = placeholder.claims_json().replace("\"number\"", number);
            let token = crate::jws::signed(&header, &claims, target.key());
            let answer = target.me_as(&token);
            assert!(matches!(answer.status, 200 | 401), "{claim} {number}: {}", answer.status);
        }
    }
}
