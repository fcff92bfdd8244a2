//! Random input is refused and breaks nothing.

use proptest::collection::vec;
use proptest::prelude::{any, prop_assert};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};

use crate::check::{Check, checks};
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        any_bytes_for_json_are_refused needs Quick;
        any_bytes_for_a_form_are_refused needs Quick;
        any_text_for_a_token_is_refused also Emulator needs RefusedTokens Quick;
        any_path_is_answered needs Quick;
    ]
}

/// Tests a property with random inputs from a new seed, which a failure prints.
#[track_caller]
fn holds<S: Strategy>(
    inputs: &S,
    property: impl Fn(S::Value) -> Result<(), proptest::test_runner::TestCaseError>,
) {
    let config = Config { cases: 100, failure_persistence: None, ..Config::default() };
    if let Err(failure) = TestRunner::new(config).run(inputs, property) {
        panic!("{failure}");
    }
}

fn any_bytes_for_json_are_refused(target: &Target) {
    holds(&vec(any::<u8>(), 0..200), |body| {
        for path in ["/api/auth/signup", "/api/auth/signin"] {
            let answer = target.http.post(path, "application/json", body.clone()).send();
            prop_assert!(answer.status == 422, "{path}: {} {}", answer.status, answer.text());
        }
        Ok(())
    });
}

fn any_bytes_for_a_form_are_refused(target: &Target) {
    let kinds = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"];
    holds(&vec(any::<u8>(), 0..200), |body| {
        for kind in kinds {
            let answer = target.http.post("/api/auth/token", kind, body.clone()).send();
            prop_assert!(answer.status == 400, "{kind}: {} {}", answer.status, answer.text());
        }
        Ok(())
    });
}

fn any_text_for_a_token_is_refused(target: &Target) {
    holds(&"[A-Za-z0-9_.=+/ -]{0,300}", |token| {
        let answer = target.get_as(&token, "/api/auth/users/me");
        prop_assert!(answer.status == 401, "{} {}", answer.status, answer.text());
        Ok(())
    });
}

fn any_path_is_answered(target: &Target) {
    holds(&"/[A-Za-z0-9%_.~!$&'()*+,;=:@/-]{0,100}", |path| {
        let answer = target.http.get(&path).send();
        prop_assert!(answer.status < 500, "{} {}", answer.status, answer.text());
        Ok(())
    });
}
