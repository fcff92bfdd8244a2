//! Limits the allocations of a warm request.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use allocation_counter::measure;
use hot_path::{Service, authorizer_event, me_event, sign_in_event};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

/// Allocations of our code and its callees, from the event's text to the answer's, without Lambda's
/// runtime, the log and bcrypt's thread (docs/develop/performance.md includes those).
const AUTHORIZER: u64 = 79;
const ME: u64 = 141;
const SIGN_IN: u64 = 251;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// The allocations of a second request, once lasting state exists.
fn of_a_second(mut answer: impl FnMut() -> Vec<u8>) -> u64 {
    let first = answer();
    assert!(!first.is_empty());
    measure(|| drop(answer())).count_total
}

fn text(event: &Value) -> Vec<u8> {
    serde_json::to_vec(event).unwrap()
}

#[test]
fn a_warm_request_asks_for_memory_no_more_often_than_it_did() {
    let runtime = runtime();
    let (service, token) = runtime.block_on(async {
        let service = Service::start().await;
        let token = service.token().await;
        (service, token)
    });
    let event = text(&authorizer_event(&token));
    let authorizer = of_a_second(|| runtime.block_on(service.authorize(&event)));
    let event = text(&me_event(&token));
    let me = of_a_second(|| runtime.block_on(service.me(&event)));
    let event = text(&sign_in_event("ada", "correct horse"));
    let sign_in = of_a_second(|| runtime.block_on(service.sign_in(&event)));
    let asked = [authorizer, me, sign_in];
    assert!(asked.iter().zip([AUTHORIZER, ME, SIGN_IN]).all(|(it, most)| *it <= most), "{asked:?}");
}
