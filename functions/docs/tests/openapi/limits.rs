//! That the limits in the document are those of the types behind it.

use serde_json::Value;
use shared::password::NewPassword;
use shared::{NewEmail, NewUsername};

fn limit(field: &str, name: &str) -> usize {
    let document: Value = serde_json::from_str(&crate::made()).unwrap();
    let fields = &document["components"]["schemas"]["NewUser"]["properties"];
    usize::try_from(fields[field][name].as_u64().unwrap()).unwrap()
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
