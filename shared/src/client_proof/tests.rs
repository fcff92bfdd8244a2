use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::environment::Environment;
use crate::limits::{Guesses, Kind};

const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

const ID: UserId = UserId::new(0x0102_0304);

fn secret(seed: u8) -> ProofSecret {
    ProofSecret::from_slice(&[seed; 32]).unwrap()
}

fn account(name: &str) -> Key {
    Guesses::account(name)
}

fn at(seconds: i64) -> NumericDate {
    NumericDate::from_seconds(NOW.seconds() + seconds)
}

/// The text of a client that has just signed in, and had `before`.
fn signed_in(before: &str, name: &str, seed: u64) -> String {
    let random = Random::counted(seed);
    Proofs::parse(before).renewed(&account(name), ID, &secret(1), NOW, &random).expose().clone()
}

/// Whether a text has a valid proof for a name.
fn proves(text: &str, name: &str) -> bool {
    Proofs::parse(text).client(&account(name), &secret(1), NOW).is_some()
}

/// Computed by Python's `hmac` and `hashlib`, with the bytes 0 to 31 as the secret.
#[test]
fn a_proof_is_the_accounts_key_the_class_the_user_the_time_and_their_hmac() {
    let secret = ProofSecret::from_slice(&(0..32).collect::<Vec<_>>()).unwrap();
    let text = Proofs::default().renewed(&account("ada"), ID, &secret, NOW, &Random::counted(1));
    assert_eq!(
        *text.expose(),
        "fnAl-GAl87QnRxRPS94upgUBAgMEZVPxAKxV-pVhg8CuDN0BwbQNLBggquAvaP0V0_j5l_riwiO1"
    );
    let client = Proofs::parse(text.expose()).client(&account("ada"), &secret, NOW);
    assert_eq!(client, Some(ProvenClient { user_id: ID, class: 5 }));
}

#[test]
fn a_proof_is_of_one_account_and_one_secret() {
    let text = signed_in("", "ada", 1);
    assert!(proves(&text, "ada"));
    for other in ["bob", "Ada", "ada ", ""] {
        assert!(!proves(&text, other), "{other}");
        assert!(!Proofs::parse(&text).name(&account(other)), "{other}");
    }
    let proofs = Proofs::parse(&text);
    assert!(proofs.name(&account("ada")));
    assert_eq!(proofs.client(&account("ada"), &secret(2), NOW), None);
    let sign_up = Key::new("signup", Kind::Account, &[b"ada"]);
    assert_eq!(proofs.client(&sign_up, &secret(1), NOW), None);
}

#[test]
fn a_proof_is_valid_for_400_days_and_from_5_minutes_before_its_time() {
    let proofs = Proofs::parse(&signed_in("", "ada", 1));
    let is_valid = |seconds| proofs.client(&account("ada"), &secret(1), at(seconds)).is_some();
    for seconds in [0, -1, -300, 1, 34_560_000] {
        assert!(is_valid(seconds), "{seconds}");
    }
    for seconds in [-301, -86_400, 34_560_001, 401 * 86_400, i64::MIN / 2, i64::MAX / 2] {
        assert!(!is_valid(seconds), "{seconds}");
    }
}

#[test]
fn a_time_that_no_clock_has_is_refused() {
    for seconds in [i64::MIN, i64::MAX] {
        let extreme = NumericDate::from_seconds(seconds);
        let random = Random::counted(1);
        let text = Proofs::default().renewed(&account("ada"), ID, &secret(1), extreme, &random);
        assert!(!proves(text.expose(), "ada"));
    }
}

#[test]
fn a_class_that_we_make_none_of_is_refused() {
    let key = secret(1).key();
    for class in 0..=u8::MAX {
        let proof = signed(&account("ada"), ProvenClient { user_id: ID, class }, NOW, &key);
        let text = URL_SAFE_NO_PAD.encode(proof);
        assert_eq!(proves(&text, "ada"), class < 8, "{class}");
    }
}

#[test]
fn four_people_at_one_browser_keep_theirs_and_a_fifth_replaces_the_oldest() {
    let mut text = String::new();
    for (seed, name) in ["ada", "bob", "cyd", "dan"].into_iter().enumerate() {
        text = signed_in(&text, name, seed as u64);
    }
    assert_eq!(text.len(), 307);
    assert_eq!(signed_in(&signed_in("", "ada", 1), "ada", 2).len(), PROOF_CHARACTERS);
    for name in ["ada", "bob", "cyd", "dan"] {
        assert!(proves(&text, name), "{name}");
    }
    // The proof of a client that comes back is the newest again.
    let text = signed_in(&text, "ada", 7);
    assert_eq!(text.len(), 307, "one for each account");
    let text = signed_in(&text, "eve", 8);
    assert_eq!(text.len(), 307);
    for (name, is_kept) in
        [("eve", true), ("ada", true), ("dan", true), ("cyd", true), ("bob", false)]
    {
        assert_eq!(proves(&text, name), is_kept, "{name}");
    }
}

#[test]
fn what_is_not_valid_is_not_passed_on() {
    let (bob, cyd) = (signed_in("", "bob", 1), signed_in("", "cyd", 2));
    let forged =
        Proofs::default().renewed(&account("dan"), ID, &secret(2), NOW, &Random::counted(3));
    let old = NumericDate::from_seconds(NOW.seconds() - 401 * 86_400);
    let old = Proofs::default().renewed(&account("eve"), ID, &secret(1), old, &Random::counted(4));
    let before = [&*bob, forged.expose(), old.expose(), &cyd].join(".");
    let after = signed_in(&before, "ada", 5);
    let (ada, others) = after.split_once('.').unwrap();
    assert!(proves(ada, "ada"));
    assert_eq!(others, format!("{bob}.{cyd}"));
    let after = signed_in(&format!("garbage..{bob}.===."), "ada", 6);
    assert_eq!(after.split_once('.').unwrap().1, bob);
}

#[test]
fn of_two_proofs_for_one_account_the_newest_valid_one_counts() {
    let key = secret(1).key();
    let proof = |class, at| {
        let client = ProvenClient { user_id: ID, class };
        URL_SAFE_NO_PAD.encode(signed(&account("ada"), client, at, &key))
    };
    let text = [proof(5, at(301)), proof(2, at(-1)), proof(3, NOW), proof(4, NOW)].join(".");
    let client = Proofs::parse(&text).client(&account("ada"), &secret(1), NOW);
    assert_eq!(client.unwrap().class, 3);
}

/// As of a browser with an old cookie, and another with other attributes.
#[test]
fn of_two_texts_the_newest_proof_of_each_account_goes_on() {
    let key = secret(1).key();
    let proof = |name, class, at| {
        let client = ProvenClient { user_id: ID, class };
        URL_SAFE_NO_PAD.encode(signed(&account(name), client, at, &key))
    };
    let old = ["ada", "bob", "cyd", "dan"].map(|name| proof(name, 1, at(-9)));
    let new = ["dan", "bob", "eve"].map(|name| proof(name, 2, at(-7))).join(".");
    let texts = [old.join("."), new.clone(), old.join("."), new.clone(), proof("eve", 3, NOW)];
    let sent = Proofs::parse_all(texts.iter().map(|text| &**text));
    assert_eq!(sent.client(&account("bob"), &secret(1), NOW).unwrap().class, 2);
    assert_eq!(sent.client(&account("ada"), &secret(1), NOW).unwrap().class, 1);
    assert_eq!(sent.client(&account("eve"), &secret(1), NOW).unwrap().class, 2, "of four texts");
    let after = sent.renewed(&account("ada"), ID, &secret(1), NOW, &Random::counted(1));
    assert_eq!(after.expose().split_once('.').unwrap().1, new);
}

#[test]
fn whatever_is_longer_than_ours_is_none() {
    let ada = signed_in("", "ada", 1);
    for text in [
        format!("{ada}.{}", "A".repeat(8_192)),
        [&*ada; 5].join("."),
        format!("{ada}{}", ".".repeat(232)),
    ] {
        assert_eq!(Proofs::parse(&text), Proofs::default());
    }
    assert!(proves(&format!("{ada}{}", ".".repeat(231)), "ada"));
}

/// Without the classes, each of these proofs would be a budget.
#[test]
fn ten_thousand_minted_proofs_have_eight_budgets() {
    let guesses = Guesses::from_env(&mut Environment::default());
    let random = Random::counted(1);
    let account = account("ada");
    let mut keys = BTreeSet::new();
    for _ in 0..10_000 {
        let text = Proofs::default().renewed(&account, ID, &secret(1), NOW, &random);
        let client = Proofs::parse(text.expose()).client(&account, &secret(1), NOW).unwrap();
        let charges = guesses.of_client(client.user_id, client.class);
        let [charge] = charges.iter().collect::<Vec<_>>()[..] else { panic!("{charges:?}") };
        assert_eq!((charge.kind, charge.budget.burst()), (Kind::Client, 20));
        assert!((charge.budget.every() - 1080.0).abs() < f64::EPSILON);
        keys.insert(charge.key);
    }
    assert_eq!(keys.len(), 8);
    assert!(!keys.contains(&account));
}

#[test]
fn nothing_of_a_proof_or_a_secret_is_printed() {
    let text = signed_in("", "ada", 1);
    assert_eq!(format!("{:?}", Proofs::parse(&text)), "Proofs([[redacted]])");
    assert_eq!(format!("{:?}", secret(1)), "ProofSecret([redacted])");
}

#[test]
fn a_secret_has_32_bytes() {
    for length in [0, 16, 31, 33] {
        assert_eq!(ProofSecret::from_slice(&vec![1; length]), None);
    }
}

proptest! {
    #[test]
    fn a_proof_proves_its_name_alone(name in ".{0,20}", other in ".{0,20}", seed: u64) {
        let text = signed_in("", &name, seed);
        prop_assert!(proves(&text, &name));
        prop_assert_eq!(proves(&text, &other), name == other);
    }

    #[test]
    fn a_proof_with_a_bit_changed_is_none(seed: u64, bit in 0..PROOF_BYTES * 8) {
        let mut proof = URL_SAFE_NO_PAD.decode(signed_in("", "ada", seed)).unwrap();
        proof[bit / 8] ^= 1 << (bit % 8);
        let (text, changed) = (URL_SAFE_NO_PAD.encode(&proof), Secret::new(proof.try_into().unwrap()));
        prop_assert_eq!(Proofs::parse(&text), Proofs(vec![changed]), "it is read");
        prop_assert!(!proves(&text, "ada"));
        prop_assert_eq!(signed_in(&text, "bob", 1).len(), PROOF_CHARACTERS);
    }

    #[test]
    fn a_proof_with_a_character_more_less_or_other_is_none(
        seed: u64, index in 0..PROOF_CHARACTERS, character in "[ -~]",
    ) {
        let text = signed_in("", "ada", seed);
        prop_assert!(!proves(&text[..index], "ada"));
        prop_assert!(!proves(&text[index + 1..], "ada"));
        let mut longer = text.clone();
        longer.insert_str(index, &character);
        prop_assert_eq!(proves(&longer, "ada"), longer == format!(".{text}"));
        let mut other = text.clone();
        other.replace_range(index..=index, &character);
        prop_assert_eq!(proves(&other, "ada"), other == text);
    }

    #[test]
    fn no_text_panics_or_proves(text in "[A-Za-z0-9_.=-]{0,320}|.{0,80}") {
        prop_assert!(!proves(&text, "ada"));
        let after = signed_in(&text, "ada", 1);
        prop_assert_eq!(after.len(), PROOF_CHARACTERS, "nothing of it goes on");
    }
}
