//! The keys and the numbers of all kinds of attempts.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::environment::Environment;
use crate::user_id::UserId;
use crate::username::Username;

const DAY: i64 = 86_400_000_000;

const PER_ACCOUNT: &str = "GUESSES_PER_ACCOUNT";
const PER_NETWORK: &str = "GUESSES_PER_NETWORK";
const SIGNUPS: &str = "SIGNUPS_PER_NETWORK";

fn env(settings: &[(&str, &str)]) -> Environment {
    settings.iter().copied().collect()
}

fn network(address: &str) -> Network {
    Network::new(address.parse().ok())
}

fn name(name: &str) -> Username {
    Username::parse(name.to_owned()).unwrap()
}

fn guess(settings: &[(&str, &str)], username: &str, network: &Network) -> Charges {
    let mut env = env(settings);
    let charges = Guesses::from_env(&mut env).of_stranger(&name(username), network);
    env.check().unwrap();
    charges
}

fn signup(settings: &[(&str, &str)], network: &Network) -> Charges {
    let mut env = env(settings);
    let charges = Signups::from_env(&mut env).of(network);
    env.check().unwrap();
    charges
}

/// What each charge is of, the attempts at once and the microseconds of one.
fn numbers(charges: &Charges) -> Vec<(Kind, i32, i64)> {
    let micros = |every: f64| format!("{:.0}", every * 1e6).parse().unwrap();
    let of = |charge: &Charge| (charge.kind, charge.budget.burst(), micros(charge.budget.every()));
    charges.iter().map(of).collect()
}

fn keys(charges: &Charges) -> Vec<Key> {
    charges.iter().map(|charge| charge.key).collect()
}

#[test]
fn the_defaults_are_those_that_are_published() {
    let (v4, v6) = (network("203.0.113.7"), network("2001:db8::1"));
    let guesses = [
        (Kind::Account, 20, 1_080_000_000),
        (Kind::Pair, 10, 2_160_000_000),
        (Kind::Network, 60, 29_387_756),
        (Kind::WideNetwork, 240, 7_346_939),
    ];
    assert_eq!(numbers(&guess(&[], "ada", &v6)), guesses);
    assert_eq!(numbers(&guess(&[], "ada", &v4)), guesses[..3]);
    assert_eq!(numbers(&guess(&[], "ada", &network("unknown"))), guesses[..3]);
    let signups = [(Kind::Network, 40, 240_000_000), (Kind::WideNetwork, 160, 60_000_000)];
    assert_eq!(numbers(&signup(&[], &v6)), signups);
    assert_eq!(numbers(&signup(&[], &v4)), signups[..1]);
    let own = OwnGuesses::from_env(&mut env(&[])).of(UserId::new(7));
    assert_eq!(numbers(&own), [(Kind::Caller, 20, 1_080_000_000)]);
    let client = Guesses::from_env(&mut env(&[])).of_client(UserId::new(7), 3);
    assert_eq!(numbers(&client), [(Kind::Client, 20, 1_080_000_000)]);
}

#[test]
fn the_least_and_the_most_of_each_setting_still_let_somebody_in() {
    let v6 = network("2001:db8::1");
    let least = guess(&[(PER_ACCOUNT, "10"), (PER_NETWORK, "100")], "ada", &v6);
    let expected = [
        (Kind::Account, 2, 10_800_000_000),
        (Kind::Pair, 1, 21_600_000_000),
        (Kind::Network, 2, 881_632_654),
        (Kind::WideNetwork, 8, 220_408_164),
    ];
    assert_eq!(numbers(&least), expected);
    let most = guess(&[(PER_ACCOUNT, "10000"), (PER_NETWORK, "1000000")], "ada", &v6);
    let expected = [
        (Kind::Account, 2_000, 10_800_000),
        (Kind::Pair, 1_000, 21_600_000),
        (Kind::Network, 20_000, 88_164),
        (Kind::WideNetwork, 80_000, 22_041),
    ];
    assert_eq!(numbers(&most), expected);
    let least = [(Kind::Network, 2, 4_800_000_000), (Kind::WideNetwork, 8, 1_200_000_000)];
    assert_eq!(numbers(&signup(&[(SIGNUPS, "20")], &v6)), least);
    let most = [(Kind::Network, 100_000, 96_000), (Kind::WideNetwork, 400_000, 24_000)];
    assert_eq!(numbers(&signup(&[(SIGNUPS, "1000000")], &v6)), most);
}

#[test]
fn a_number_out_of_range_ends_the_start_with_one_sentence_without_the_value() {
    let read = |setting, text| {
        let mut env = env(&[(setting, text)]);
        Guesses::from_env(&mut env);
        OwnGuesses::from_env(&mut env);
        Signups::from_env(&mut env);
        env.check().map_err(|invalid| invalid.to_string())
    };
    for (setting, good, bad, range) in [
        (PER_ACCOUNT, ["10", "10000"], ["9", "10001"], "10 to 10000"),
        (PER_NETWORK, ["100", "1000000"], ["99", "1000001"], "100 to 1000000"),
        (SIGNUPS, ["20", "1000000"], ["19", "1000001"], "20 to 1000000"),
    ] {
        for text in good.into_iter().chain(["off", ""]) {
            assert_eq!(read(setting, text), Ok(()), "{setting}={text}");
        }
        for text in bad.into_iter().chain(["0", "-1", "x", "Off", "on", "4294967296"]) {
            let rule = format!("{setting} must be a whole number from {range}, or off");
            assert_eq!(read(setting, text), Err(format!("bad settings: {rule}")), "{text}");
        }
    }
}

#[test]
fn a_limit_that_is_off_charges_nothing_and_leaves_the_others() {
    let v6 = network("2001:db8::1");
    let kinds = |charges: &Charges| charges.iter().map(|it| it.kind).collect::<Vec<_>>();
    let without_account = guess(&[(PER_ACCOUNT, "off")], "ada", &v6);
    assert_eq!(kinds(&without_account), [Kind::Network, Kind::WideNetwork]);
    let without_network = guess(&[(PER_NETWORK, "off")], "ada", &v6);
    assert_eq!(kinds(&without_network), [Kind::Account, Kind::Pair]);
    assert_eq!(guess(&[(PER_ACCOUNT, "off"), (PER_NETWORK, "off")], "ada", &v6), Charges::NONE);
    assert_eq!(signup(&[(SIGNUPS, "off")], &v6), Charges::NONE);
}

#[test]
fn an_unlimited_network_is_charged_for_the_account_alone() {
    let mut unlimited = network("2001:db8::1");
    unlimited.is_unlimited = true;
    let charges = guess(&[], "ada", &unlimited);
    assert_eq!(numbers(&charges), [(Kind::Account, 20, 1_080_000_000)]);
    // The account's key is the one that the others use.
    assert_eq!(keys(&charges)[0], keys(&guess(&[], "ada", &network("1.2.3.4")))[0]);
    assert_eq!(guess(&[(PER_ACCOUNT, "off")], "ada", &unlimited), Charges::NONE);
    assert_eq!(signup(&[], &unlimited), Charges::NONE);
}

#[test]
fn one_customer_has_one_key_for_each_kind_of_attempt_and_no_two_kinds_share_one() {
    let same = |one: &str, other: &str| {
        let guesses = [one, other].map(|it| keys(&guess(&[], "ada", &network(it))));
        let signups = [one, other].map(|it| keys(&signup(&[], &network(it))));
        guesses[0] == guesses[1] && signups[0] == signups[1]
    };
    assert!(same("1.2.3.4", "::ffff:1.2.3.4"));
    assert!(same("2001:db8::1", "2001:db8:0:0::2"));
    assert!(!same("2001:db8::1", "2001:db8:0:1::1"));
    assert!(!same("127.0.0.1", "127.1.2.3"));
    let (one, other) = (network("2001:db8::1"), network("2001:db8:0:1::1"));
    let (here, there) = (keys(&guess(&[], "ada", &one)), keys(&guess(&[], "ada", &other)));
    let equal: Vec<_> = here.iter().zip(&there).map(|(here, there)| here == there).collect();
    assert_eq!(equal, [true, false, false, true], "account, pair, /64, /48");
    let bob = keys(&guess(&[], "bob", &one));
    let equal: Vec<_> = here.iter().zip(&bob).map(|(ada, bob)| ada == bob).collect();
    assert_eq!(equal, [false, false, true, true], "account, pair, /64, /48");
    let clients = (0..8)
        .flat_map(|class| keys(&Guesses::from_env(&mut env(&[])).of_client(UserId::new(7), class)));
    let own = keys(&OwnGuesses::from_env(&mut env(&[])).of(UserId::new(1)));
    let all: Vec<_> = [here, there, bob, keys(&signup(&[], &one)), keys(&signup(&[], &other)), own]
        .into_iter()
        .flatten()
        .chain(clients)
        .collect();
    // Of the three, two share the account and the /64, and all the /48; the sign-ups share theirs.
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len() - 5);
}

/// The most attempts in any 24 hours by a caller that makes each as soon as it may, after a first burst
/// and these pauses.
fn most_in_a_day(budget: Budget, pauses: &[i64]) -> usize {
    let (mut spent_until, mut now, mut made) = (None, 0, Vec::new());
    let mut pauses = pauses.iter().copied();
    while now <= 2 * DAY {
        match budget.charge(spent_until, now) {
            Ok(until) => {
                spent_until = Some(until);
                made.push(now);
            }
            // Now and then later than it may.
            Err(wait) => {
                now += wait + if made.len() % 7 == 0 { pauses.next().unwrap_or(0) } else { 0 }
            }
        }
    }
    let within = |from: usize| made[from..].partition_point(|at| *at <= made[from] + DAY);
    (0..made.len()).map(within).max().unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_24_hours_have_more_attempts_than_the_setting_says(
        per_account in 10..=10_000_u32,
        per_network in 100..=20_000_u32,
        signups in 20..=20_000_u32,
        pauses in prop::collection::vec(0..DAY, 0..6),
    ) {
        let v6 = network("2001:db8::1");
        let texts = [per_account, per_network, signups].map(|number| number.to_string());
        let settings = [(PER_ACCOUNT, &*texts[0]), (PER_NETWORK, &*texts[1]), (SIGNUPS, &*texts[2])];
        let charges = [guess(&settings, "ada", &v6), signup(&settings, &v6)];
        let limits =
            [per_account, per_account / 2, per_network, 4 * per_network, signups, 4 * signups];
        let charges = charges.iter().flat_map(Charges::iter);
        for (charge, limit) in charges.zip(limits) {
            let most = most_in_a_day(charge.budget, &[]);
            prop_assert!(most <= limit as usize, "{charge:?}: {most} of {limit}");
            // And nearly as many are had.
            prop_assert!(most + 1 >= limit as usize, "{charge:?}: {most} of {limit}");
            prop_assert!(most_in_a_day(charge.budget, &pauses) <= limit as usize, "{charge:?}");
        }
    }
}
