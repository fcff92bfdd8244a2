//! Several processes over one database, and a restart.

use super::{AT_ONCE, guess, guess_times};
use crate::check::{Check, checks};
use crate::target::{CHEAP, Target};

pub(crate) fn checks() -> Vec<Check> {
    checks![
        two_services_and_a_restart_share_one_count also Pooler needs Runner;
    ]
}

fn two_services_and_a_restart_share_one_count(target: &Target) {
    let beside = |name: &str| {
        let started = target.beside(name, &["AuthorizerCacheSeconds=0", CHEAP]);
        started.unwrap_or_else(|sentence| panic!("{sentence}"))
    };
    let person = target.signed_up("limited");
    let name = &person.username;
    guess_times(target, name, 3);
    let other = beside("beside");
    guess_times(&other, name, 3);
    guess_times(target, name, 1);
    other.stop();
    let restarted = beside("restarted");
    guess_times(&restarted, name, AT_ONCE - 7);
    for service in [&restarted, target] {
        guess(service, name).is_limited();
        service.signin(name, &person.password).is_limited();
    }
    restarted.stop();
}
