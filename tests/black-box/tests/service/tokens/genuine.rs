//! Issued tokens conform to RFC 9068, and the suite's own writer makes tokens that are accepted.

use crate::check::{Check, checks};
use crate::jws::{Draft, decode};
use crate::target::Target;
use crate::tokens::{draft, fresh_draft};

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_token_with_all_the_right_claims_is_believed also Emulator needs OwnKey;
        a_token_may_spell_its_type_in_full needs OwnKey;
        an_unknown_claim_is_ignored needs OwnKey;
        a_token_valid_since_now_is_believed needs OwnKey;
        a_token_is_an_es256_access_token also Emulator;
        the_header_says_no_more_than_it_must;
        the_key_id_is_the_thumbprint_of_the_key needs OwnKey;
        a_token_holds_the_claims_of_an_access_token_and_nothing_personal also Emulator;
        a_token_lives_as_long_as_the_answer_says also Emulator;
        the_subject_is_the_id_and_not_the_name;
        both_endpoints_issue_the_same_kind_of_token also Emulator;
        two_sign_ins_in_one_second_give_two_tokens;
        a_signature_is_64_bytes;
    ]
}

fn a_token_with_all_the_right_claims_is_believed(target: &Target) {
    let draft = draft(target);
    let own = draft.claim("jti", "of-our-own-making").sign(target.key());
    target.me_as(&own).is_json(200, &target.ada().person.public());
}

fn a_token_may_spell_its_type_in_full(target: &Target) {
    let own = draft(target).header("typ", "application/at+jwt").sign(target.key());
    assert_eq!(target.me_as(&own).status, 200);
}

fn an_unknown_claim_is_ignored(target: &Target) {
    let own = draft(target).claim("scope", "all").claim("x", 1).sign(target.key());
    assert_eq!(target.me_as(&own).status, 200);
}

fn a_token_valid_since_now_is_believed(target: &Target) {
    let draft = fresh_draft(target);
    let own = draft.claim("nbf", draft.number("iat")).sign(target.key());
    assert_eq!(target.me_as(&own).status, 200);
}

fn a_token_is_an_es256_access_token(target: &Target) {
    let draft = draft(target);
    assert_eq!(draft.header["alg"], "ES256");
    assert_eq!(draft.header["typ"], "at+jwt");
}

fn the_header_says_no_more_than_it_must(target: &Target) {
    let draft = draft(target);
    assert_eq!(draft.header.keys().collect::<Vec<_>>(), ["alg", "kid", "typ"]);
}

fn the_key_id_is_the_thumbprint_of_the_key(target: &Target) {
    assert_eq!(draft(target).header["kid"], target.key().kid());
}

fn a_token_holds_the_claims_of_an_access_token_and_nothing_personal(target: &Target) {
    let draft = draft(target);
    let names: Vec<_> = draft.claims.keys().map(String::as_str).collect();
    let expected =
        ["aud", "client_id", "database_id", "exp", "gen", "iat", "iss", "jti", "sid", "sub"];
    assert_eq!(names, expected);
    assert_eq!(draft.number("gen"), 0);
    assert_eq!(draft.claims["client_id"], "latchkey");
    assert!(!draft.text("iss").is_empty() && !draft.text("aud").is_empty());
}

fn a_token_lives_as_long_as_the_answer_says(target: &Target) {
    let person = &target.ada().person;
    let fields = [("username", person.username.as_str()), ("password", &person.password)];
    let answer = target.token(&fields).json();
    let draft = Draft::of(answer["access_token"].as_str().expect("a token"));
    assert_eq!(answer["expires_in"], draft.number("exp") - draft.number("iat"));
}

fn the_subject_is_the_id_and_not_the_name(target: &Target) {
    let subject = draft(target).text("sub").to_owned();
    let id: i64 = subject.parse().expect("a number in text");
    assert_eq!(id.to_string(), subject);
}

fn both_endpoints_issue_the_same_kind_of_token(target: &Target) {
    let person = &target.ada().person;
    let fields = [("username", person.username.as_str()), ("password", &person.password)];
    let answer = target.token(&fields).json();
    let other = Draft::of(answer["access_token"].as_str().expect("a token"));
    let draft = draft(target);
    assert_eq!(other.header, draft.header);
    for claim in ["iss", "aud", "sub", "client_id", "database_id"] {
        assert_eq!(other.claims[claim], draft.claims[claim]);
    }
}

fn two_sign_ins_in_one_second_give_two_tokens(target: &Target) {
    // Of three tokens two are of the same second, unless a hash takes longer.
    let tokens = [(); 3].map(|()| target.token_of(&target.ada().person));
    let ids = tokens.clone().map(|token| Draft::of(&token).text("jti").to_owned());
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        assert_ne!(tokens[one], tokens[other]);
        assert_ne!(ids[one], ids[other]);
    }
}

fn a_signature_is_64_bytes(target: &Target) {
    let token = &target.ada().token;
    let signature = token.rsplit('.').next().expect("a signature");
    assert_eq!(decode(signature).len(), 64);
}
