//! That the limits in the document are those of the types behind it.

use own_routes::OwnRoutes;
use proptest::prelude::*;
use regex::Regex;
use serde_json::Value;
use shared::{NewEmail, NewPassword, NewUsername};

/// A rule for a field of a sign-up, as the document has it.
fn rule(field: &str, name: &str) -> Value {
    let document: Value = serde_json::from_str(&super::made(OwnRoutes::NONE)).unwrap();
    document["components"]["schemas"]["NewUser"]["properties"][field][name].clone()
}

fn limit(field: &str, name: &str) -> usize {
    usize::try_from(rule(field, name).as_u64().unwrap()).unwrap()
}

#[test]
fn the_longest_and_the_shortest_username_are_taken_and_no_other() {
    let taken = |length| NewUsername::parse("x".repeat(length)).is_ok();
    let (least, most) = (limit("username", "minLength"), limit("username", "maxLength"));
    assert!(taken(least) && !taken(least - 1));
    assert!(taken(most) && !taken(most + 1));
}

#[test]
fn the_longest_email_is_taken_and_no_longer_one() {
    let taken = |length| NewEmail::parse(format!("{}@b", "x".repeat(length - 2))).is_ok();
    let most = limit("email", "maxLength");
    assert!(taken(most) && !taken(most + 1));
}

#[test]
fn the_longest_password_is_taken_and_no_longer_one() {
    let least = u32::try_from(limit("password", "minLength")).unwrap();
    let taken = |length| NewPassword::parse("x".repeat(length), least).is_ok();
    let most = limit("password", "maxLength");
    assert!(taken(least as usize) && !taken(least as usize - 1));
    assert!(taken(most) && !taken(most + 1));
}

#[test]
fn a_changed_password_has_the_limits_of_a_new_users() {
    let document: Value = serde_json::from_str(&super::made(OwnRoutes::NONE)).unwrap();
    let of = |schema: &str, field: &str| {
        let mut rules = document["components"]["schemas"][schema]["properties"][field].clone();
        for words in ["description", "examples"] {
            rules.as_object_mut().unwrap().remove(words).unwrap();
        }
        rules
    };
    assert_eq!(of("PasswordChange", "new_password"), of("NewUser", "password"));
}

#[test]
fn the_pattern_refuses_what_the_service_refuses() {
    let pattern = Regex::new(rule("email", "pattern").as_str().unwrap()).unwrap();
    for text in ["", "@", "a@", "@b", "not-an-email", "a b@c.d", "a@b c", "a@@b", "a@b@c", "<a@b>"]
    {
        assert!(NewEmail::parse(text.to_owned()).is_err() && !pattern.is_match(text), "{text}");
    }
}

/// A client that checks the pattern first refuses no address that the service accepts.
#[test]
fn every_address_that_is_taken_fits_the_pattern() {
    let pattern = Regex::new(rule("email", "pattern").as_str().unwrap()).unwrap();
    proptest!(|(text in "\\PC{1,12}@[\\PC&&[^ ]]{1,12}")| {
        if NewEmail::parse(text.clone()).is_ok() {
            prop_assert!(pattern.is_match(&text), "{text}");
        }
    });
}
