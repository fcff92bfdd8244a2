//! `POST /api/auth/signup`.

mod blocklist;
mod bodies;
mod passwords;
mod rules;
mod validation;

use std::sync::Arc;

use serde_json::json;

use crate::check::{Check, checks};
use crate::person::Person;
use crate::target::Target;

pub(crate) const SIGNUP: &str = "/api/auth/signup";

pub(crate) fn checks() -> Vec<Check> {
    let own = checks![
        a_new_user_is_answered_with_name_and_email also Pooler, Emulator, SamLocal;
        a_new_user_has_the_role_of_a_user_and_no_other also Pooler, Emulator;
        a_new_user_is_one_row_with_one_role also Pooler, Emulator needs Database;
        extra_fields_are_ignored;
        a_name_that_is_taken_is_a_conflict also Pooler, Emulator;
        an_email_that_is_taken_is_a_conflict also Pooler, Emulator;
        a_name_and_an_email_that_are_taken_are_a_conflict_of_the_name also Pooler;
        names_and_emails_are_compared_exactly;
        the_domain_of_an_email_is_compared_without_case also Pooler;
        a_name_may_be_in_any_script also Pooler, Emulator;
        the_password_is_stored_as_bcrypt also Emulator needs Database;
        the_default_cost_of_bcrypt_is_12 needs Runner;
        a_long_password_is_stored_as_bcrypt_sha256 also Emulator needs Database;
        an_answer_with_an_email_is_not_stored_by_caches also Emulator;
        the_same_person_can_be_deleted_and_sign_up_again also Pooler, Emulator needs Database;
    ];
    [
        own,
        validation::checks(),
        rules::checks(),
        passwords::checks(),
        blocklist::checks(),
        bodies::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn a_new_user_is_answered_with_name_and_email(target: &Target) {
    let person = Person::new("new");
    target.signup(&person).is_json(200, &person.public());
}

fn a_new_user_has_the_role_of_a_user_and_no_other(target: &Target) {
    let token = &target.ada().token;
    assert_eq!(target.get_as(token, "/api/test/user").status, 200);
    target.get_as(token, "/api/test/mod").is_forbidden(target);
    target.get_as(token, "/api/test/admin").is_forbidden(target);
}

fn a_new_user_is_one_row_with_one_role(target: &Target) {
    let person = target.signed_up("row");
    let roles = target.database().query(
        "SELECT r.name FROM users u JOIN users_to_roles ur ON ur.user_id = u.id \
         JOIN roles r ON r.id = ur.role_id WHERE u.username = $1",
        &[&person.username],
    );
    let names: Vec<String> = roles.iter().map(|row| row.get(0)).collect();
    assert_eq!(names, ["ROLE_USER"]);
}

fn extra_fields_are_ignored(target: &Target) {
    let person = Person::new("extra");
    let mut body = person.json();
    body["roles"] = json!(["ROLE_ADMIN"]);
    body["role"] = json!("ROLE_ADMIN");
    body["id"] = json!(1);
    body["nested"] = json!({ "a": [1, { "b": null }] });
    target.http.post_json(SIGNUP, &body).send().is_json(200, &person.public());
    let token = target.token_of(&person);
    target.get_as(&token, "/api/test/admin").is_forbidden(target);
}

fn a_name_that_is_taken_is_a_conflict(target: &Target) {
    let mut other = Person::new("other");
    other.username.clone_from(&target.ada().person.username);
    target.signup(&other).is_text(409, "Username already registered");
}

fn an_email_that_is_taken_is_a_conflict(target: &Target) {
    let mut other = Person::new("other");
    other.email.clone_from(&target.ada().person.email);
    target.signup(&other).is_text(409, "Email already registered");
}

fn a_name_and_an_email_that_are_taken_are_a_conflict_of_the_name(target: &Target) {
    target.signup(&target.ada().person).is_text(409, "Username already registered");
}

fn names_and_emails_are_compared_exactly(target: &Target) {
    let person = target.signed_up("exact");
    let mut louder = Person::new("exact");
    louder.username = person.username.to_uppercase();
    louder.email = person.email.to_uppercase();
    target.signup(&louder).is_json(200, &louder.public());
    target
        .signin(&person.username.to_uppercase(), &person.password)
        .is_text(401, "Incorrect username or password");
}

fn the_domain_of_an_email_is_compared_without_case(target: &Target) {
    let mut person = Person::new("domain");
    let (local, domain) = person.email.split_once('@').expect("an address");
    let (lower, upper) = (person.email.clone(), format!("{local}@{}", domain.to_uppercase()));
    person.email.clone_from(&upper);
    target.signup(&person).is_json(200, &person.public());
    for email in [lower, upper] {
        let mut other = Person::new("other");
        other.email = email;
        target.signup(&other).is_text(409, "Email already registered");
    }
}

fn a_name_may_be_in_any_script(target: &Target) {
    for stem in
        ["Ada Lovelace", "Zoë", "\u{645}\u{631}\u{64a}\u{645}", "\u{738b}\u{ff}", "\u{1f511}"]
    {
        let person = target.signed_up(stem);
        let token = target.token_of(&person);
        target.get_as(&token, "/api/auth/users/me").is_json(200, &person.public());
        let items = json!([{ "item_id": "Foo", "owner": person.username }]);
        target.get_as(&token, "/api/auth/users/me/items").is_json(200, &items);
    }
}

#[track_caller]
fn is_stored_as_bcrypt(target: &Target, cost: u32) {
    let person = target.signed_up("stored");
    let hash = target.database().hash_of(&person.username).expect("a hash");
    assert!(hash.starts_with(&format!("$2b${cost:02}$")), "{}", &hash[..7]);
    assert_eq!(hash.len(), 60);
}

fn the_password_is_stored_as_bcrypt(target: &Target) {
    is_stored_as_bcrypt(target, target.bcrypt_cost());
}

fn the_default_cost_of_bcrypt_is_12(target: &Target) {
    let defaults = Target::runner("defaults", &[], Arc::clone(&target.secrets));
    let defaults = defaults.unwrap_or_else(|sentence| panic!("{sentence}"));
    is_stored_as_bcrypt(&defaults, 12);
    defaults.stop();
}

fn a_long_password_is_stored_as_bcrypt_sha256(target: &Target) {
    let person = Person::new("stored").with_password(&"long words ".repeat(7));
    assert_eq!(target.signup(&person).status, 200);
    let hash = target.database().hash_of(&person.username).expect("a hash");
    let start = format!("$bcrypt-sha256$v=2,t=2b,r={}$", target.bcrypt_cost());
    assert!(hash.starts_with(&start), "{}", &hash[..29]);
}

fn an_answer_with_an_email_is_not_stored_by_caches(target: &Target) {
    let answer = target.signup(&Person::new("cache"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

fn the_same_person_can_be_deleted_and_sign_up_again(target: &Target) {
    let person = target.signed_up("again");
    let id = target.database().id_of(&person.username);
    target.database().delete(&person.username);
    target.signup(&person).is_json(200, &person.public());
    assert!(target.database().id_of(&person.username) > id, "an id is never given out again");
}
