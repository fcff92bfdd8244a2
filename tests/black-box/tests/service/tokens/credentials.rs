//! A token is accepted only in a single `Authorization` header, after `Bearer` and spaces.

use crate::check::{Check, checks};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        the_scheme_may_be_in_any_case also Emulator;
        several_spaces_after_the_scheme_count_as_one also Emulator;
        no_token_is_refused also Emulator, SamLocal;
        a_token_in_the_query_is_refused also Emulator;
        a_token_in_a_cookie_is_refused also Emulator;
        a_token_in_another_header_is_refused also Emulator;
        another_scheme_is_refused also Emulator needs RefusedTokens;
        a_token_without_a_scheme_is_refused also Emulator needs RefusedTokens;
        other_spacing_is_refused also Emulator needs RefusedTokens;
        two_different_authorization_headers_are_refused also Emulator needs RefusedTokens;
        two_tokens_in_one_header_are_refused also Emulator needs RefusedTokens;
    ]
}

const ME: &str = "/api/auth/users/me";

fn the_scheme_may_be_in_any_case(target: &Target) {
    let ada = target.ada();
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let value = format!("{scheme} {}", ada.token);
        target
            .http
            .get(ME)
            .header("authorization", &value)
            .send()
            .is_json(200, &ada.person.public());
    }
}

fn several_spaces_after_the_scheme_count_as_one(target: &Target) {
    let ada = target.ada();
    for spaces in ["  ", "        "] {
        let value = format!("Bearer{spaces}{}", ada.token);
        let request = target.http.get(ME).header("authorization", &value);
        request.send().is_json(200, &ada.person.public());
    }
}

fn no_token_is_refused(target: &Target) {
    target.http.get(ME).send().is_unauthorized(target);
    target.http.get(ME).header("authorization", "").send().is_unauthorized(target);
}

fn a_token_in_the_query_is_refused(target: &Target) {
    let token = &target.ada().token;
    for name in ["access_token", "token", "authorization", "Authorization", "bearer"] {
        target.http.get(&format!("{ME}?{name}={token}")).send().is_unauthorized(target);
        target.http.get(&format!("{ME}?{name}=Bearer%20{token}")).send().is_unauthorized(target);
    }
}

fn a_token_in_a_cookie_is_refused(target: &Target) {
    let token = &target.ada().token;
    for cookie in [format!("access_token={token}"), format!("Authorization=Bearer {token}")] {
        target.http.get(ME).header("cookie", &cookie).send().is_unauthorized(target);
    }
}

fn a_token_in_another_header_is_refused(target: &Target) {
    let value = format!("Bearer {}", target.ada().token);
    for name in
        ["x-authorization", "proxy-authorization", "x-access-token", "x-forwarded-authorization"]
    {
        target.http.get(ME).header(name, &value).send().is_unauthorized(target);
    }
}

fn another_scheme_is_refused(target: &Target) {
    let token = &target.ada().token;
    for scheme in
        ["Basic", "Token", "JWT", "Digest", "DPoP", "Bearer:", "Bearer,", "Bear", "XBearer"]
    {
        let value = format!("{scheme} {token}");
        target.http.get(ME).header("authorization", &value).send().is_unauthorized(target);
    }
}

fn a_token_without_a_scheme_is_refused(target: &Target) {
    let token = &target.ada().token;
    for value in
        [token.clone(), format!("Bearer{token}"), format!("{token} Bearer"), "Bearer".to_owned()]
    {
        target.http.get(ME).header("authorization", &value).send().is_unauthorized(target);
    }
}

fn other_spacing_is_refused(target: &Target) {
    let token = &target.ada().token;
    for value in [
        format!("Bearer\t{token}"),
        format!("Bearer \t{token}"),
        format!("Bearer {token} x"),
        format!("Bearer {token},"),
        format!("Bearer \"{token}\""),
        format!("Bearer token={token}"),
    ] {
        target.http.get(ME).header("authorization", &value).send().is_unauthorized(target);
    }
}

fn two_different_authorization_headers_are_refused(target: &Target) {
    let good = format!("Bearer {}", target.ada().token);
    for other in ["Bearer x", "Basic eDp5", "", "Bearer"] {
        for pair in [[good.as_str(), other], [other, good.as_str()]] {
            let request = target.http.get(ME).header("authorization", pair[0]);
            request.header("authorization", pair[1]).send().is_unauthorized(target);
        }
    }
    let second = format!("Bearer {}", target.token_of(&target.ada().person));
    let request = target.http.get(ME).header("authorization", &good);
    request.header("authorization", &second).send().is_unauthorized(target);
}

fn two_tokens_in_one_header_are_refused(target: &Target) {
    let token = &target.ada().token;
    for value in [
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer {token} Bearer {token}"),
        format!("Bearer {token},{token}"),
        format!("Bearer {token}; Bearer x"),
    ] {
        target.http.get(ME).header("authorization", &value).send().is_unauthorized(target);
    }
}
