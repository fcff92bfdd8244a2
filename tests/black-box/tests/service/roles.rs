//! Roles: none includes another, and a change takes effect at once.

use serde_json::{Value, json};

use crate::check::{Check, checks};
use crate::jws::members;
use crate::person::{Person, SignedIn};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_moderator_sees_moderator_content_and_no_other also Pooler, Emulator needs Operator;
        an_admin_sees_admin_content_and_no_other also Pooler, Emulator needs Operator;
        a_missing_role_has_the_legacy_apps_words also Emulator;
        a_grant_and_a_revocation_apply_at_once also Pooler, Emulator, SamLocal needs Operator;
        any_of_the_three_roles_opens_user_content also Pooler, Emulator needs Operator;
        a_user_without_a_role_sees_only_the_profile also Pooler, Emulator needs Operator;
        granting_twice_is_granting_once also Pooler, Emulator needs Operator Database;
        revoking_what_nobody_has_is_no_mistake also Pooler, Emulator needs Operator;
        an_unknown_user_or_role_is_refused_with_a_sentence also Pooler, Emulator needs Operator;
        the_list_has_each_users_roles also Pooler, Emulator needs Operator;
        a_role_of_the_teams_own_is_one_like_any_other also Pooler, Emulator needs Operator;
        a_token_says_no_role_by_default also Emulator;
        a_token_says_the_roles_where_that_is_set needs Runner;
        a_role_that_only_the_token_still_says_opens_nothing needs Runner;
        roles_come_from_the_database_alone also Emulator needs OwnKey;
    ]
}

const CONTENT: [(&str, &str, &str); 2] = [
    ("ROLE_MODERATOR", "/api/test/mod", "moderator content"),
    ("ROLE_ADMIN", "/api/test/admin", "admin content"),
];

/// Asserts which of `/user`, `/mod`, `/admin` and `/profile` answer 200; the others must be 403.
#[track_caller]
fn opens(target: &Target, someone: &SignedIn) -> [bool; 4] {
    ["user", "mod", "admin", "profile"].map(|path| {
        let answer = target.get_as(&someone.token, &format!("/api/test/{path}"));
        if answer.status != 200 {
            answer.is_forbidden(target);
        }
        answer.status == 200
    })
}

fn a_role_opens_its_own_content(target: &Target, role: &str) {
    let someone = target.signed_in("role");
    target.operator().grant(&someone.person.username, role);
    for (needed, path, words) in CONTENT {
        let answer = target.get_as(&someone.token, path);
        if needed == role {
            answer.is_json(200, &json!(words));
        } else {
            answer.is_forbidden(target);
        }
    }
}

fn a_moderator_sees_moderator_content_and_no_other(target: &Target) {
    a_role_opens_its_own_content(target, "ROLE_MODERATOR");
}

fn an_admin_sees_admin_content_and_no_other(target: &Target) {
    a_role_opens_its_own_content(target, "ROLE_ADMIN");
}

fn a_missing_role_has_the_legacy_apps_words(target: &Target) {
    for (_, path, _) in CONTENT {
        target.get_as(&target.ada().token, path).is_forbidden(target);
    }
}

fn a_grant_and_a_revocation_apply_at_once(target: &Target) {
    let someone = target.signed_in("bite");
    let name = &someone.person.username;
    assert_eq!(opens(target, &someone), [true, false, false, true]);
    for _ in 0..2 {
        target.operator().grant(name, "ROLE_ADMIN");
        assert_eq!(opens(target, &someone), [true, false, true, true]);
        target.operator().revoke(name, "ROLE_ADMIN");
        assert_eq!(opens(target, &someone), [true, false, false, true]);
    }
}

fn any_of_the_three_roles_opens_user_content(target: &Target) {
    let someone = target.signed_in("any");
    let name = &someone.person.username;
    target.operator().revoke(name, "ROLE_USER");
    for role in ["ROLE_MODERATOR", "ROLE_ADMIN"] {
        target.operator().grant(name, role);
        let answer = target.get_as(&someone.token, "/api/test/user");
        answer.is_json(200, &json!("user content"));
        target.operator().revoke(name, role);
    }
}

fn a_user_without_a_role_sees_only_the_profile(target: &Target) {
    let someone = target.signed_in("none");
    target.operator().revoke(&someone.person.username, "ROLE_USER");
    assert_eq!(opens(target, &someone), [false, false, false, true]);
    let answer = target.get_as(&someone.token, "/api/auth/users/me");
    answer.is_json(200, &someone.person.public());
}

fn granting_twice_is_granting_once(target: &Target) {
    let person = target.signed_up("twice");
    target.operator().grant(&person.username, "ROLE_MODERATOR");
    target.operator().grant(&person.username, "ROLE_MODERATOR");
    let rows = target.database().count(
        "SELECT count(*) FROM users_to_roles ur JOIN users u ON u.id = ur.user_id \
         WHERE u.username = $1",
        &[&person.username],
    );
    assert_eq!(rows, 2);
}

fn revoking_what_nobody_has_is_no_mistake(target: &Target) {
    let someone = target.signed_in("spare");
    target.operator().revoke(&someone.person.username, "ROLE_ADMIN");
    assert_eq!(opens(target, &someone), [true, false, false, true]);
}

fn an_unknown_user_or_role_is_refused_with_a_sentence(target: &Target) {
    let name = target.ada().person.username.as_str();
    for verb in [
        ["grant", "nobody-of-that-name", "ROLE_ADMIN"],
        ["revoke", "nobody-of-that-name", "ROLE_ADMIN"],
        ["grant", name, "ROLE_KING"],
        ["grant", name, "role_admin"],
        ["grant", name, ""],
        ["revoke", name, "ADMIN"],
    ] {
        let output = target.operator().run(&verb);
        assert!(!output.status.success(), "{verb:?}");
        let complaint = [output.stderr, output.stdout].concat();
        let complaint = String::from_utf8_lossy(&complaint).into_owned();
        assert!(complaint.trim().len() > 10, "{verb:?}: {complaint}");
        assert!(!complaint.contains("panicked"), "{verb:?}: {complaint}");
    }
}

fn the_list_has_each_users_roles(target: &Target) {
    let person = target.signed_up("listed");
    target.operator().grant(&person.username, "ROLE_MODERATOR");
    let list = target.operator().succeeds(&["list"]);
    let line = list.lines().find(|line| line.contains(&person.username)).expect("the name");
    assert!(line.contains("ROLE_USER") && line.contains("ROLE_MODERATOR"), "{line}");
    assert!(!list.contains(&person.email) && !list.contains("$2"), "{list}");
}

/// It opens no route of another role.
fn a_role_of_the_teams_own_is_one_like_any_other(target: &Target) {
    const ROLE: &str = "ROLE_EDITOR_2";
    let someone = target.signed_in("editor");
    let name = someone.person.username.as_str();
    let operator = target.operator();
    operator.succeeds(&["role", "add", ROLE]);
    assert!(operator.succeeds(&["role", "list"]).contains(ROLE));
    operator.revoke(name, "ROLE_USER");
    let granted = operator.grant(name, ROLE);
    assert!(granted.contains(ROLE) && !granted.contains("ROLE_USER"), "{granted}");
    assert_eq!(opens(target, &someone), [false, false, false, true]);
    assert!(!operator.run(&["role", "remove", ROLE]).status.success(), "a user has it");
    assert!(!operator.revoke(name, ROLE).contains(ROLE));
    operator.succeeds(&["role", "remove", ROLE]);
    assert!(!operator.run(&["grant", name, ROLE]).status.success(), "it is removed");
}

fn a_token_says_no_role_by_default(target: &Target) {
    let claims = members(target.ada().token.split('.').nth(1).expect("the claims"));
    assert!(!claims.contains_key("roles") && !claims.contains_key("scope"), "{claims:?}");
}

/// A user who is an administrator too, and the answer of the token endpoint.
fn administrator(target: &Target) -> (Person, Value) {
    let person = target.signed_up("administrator");
    target.operator().grant(&person.username, "ROLE_ADMIN");
    let fields = [("username", &*person.username), ("password", &*person.password)];
    let answer = target.token(&[&fields[..], &[("scope", "openid")]].concat());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let body = answer.json();
    (person, body)
}

fn a_token_says_the_roles_where_that_is_set(target: &Target) {
    let target = target.costly();
    let (person, body) = administrator(target);
    assert_eq!(body["scope"], "ROLE_USER ROLE_ADMIN", "{body}");
    let signed_in = target.token_of(&person);
    for token in [body["access_token"].as_str().expect("a token"), &signed_in] {
        let claims = members(token.split('.').nth(1).expect("the claims"));
        assert_eq!(claims["roles"], json!(["ROLE_USER", "ROLE_ADMIN"]));
        assert_eq!(claims["scope"], "ROLE_USER ROLE_ADMIN");
        assert_eq!(target.get_as(token, "/api/test/admin").status, 200);
    }
}

fn a_role_that_only_the_token_still_says_opens_nothing(target: &Target) {
    let target = target.costly();
    let (person, body) = administrator(target);
    let token = body["access_token"].as_str().expect("a token");
    assert_eq!(target.get_as(token, "/api/test/admin").status, 200);
    target.operator().revoke(&person.username, "ROLE_ADMIN");
    target.get_as(token, "/api/test/admin").is_forbidden(target);
    assert_eq!(target.get_as(token, "/api/test/user").status, 200);
}

fn roles_come_from_the_database_alone(target: &Target) {
    let draft = crate::jws::Draft::of(&target.ada().token);
    for claim in ["roles", "role", "groups", "entitlements", "scope"] {
        let token = draft.claim(claim, json!(["ROLE_ADMIN", "ROLE_MODERATOR"])).sign(target.key());
        for (_, path, _) in CONTENT {
            target.get_as(&token, path).is_forbidden(target);
        }
    }
}
