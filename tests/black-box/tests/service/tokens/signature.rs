//! Altered, truncated, swapped and invented signatures.

use crate::check::{Check, checks};
use crate::jws::{self, Key, decode, encode};
use crate::target::Target;
use crate::tokens::{Forgeries, draft};

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_token_with_any_character_changed_is_refused needs RefusedTokens;
        a_token_with_any_bit_of_its_signature_flipped_is_refused also Emulator needs RefusedTokens;
        a_token_that_was_cut_is_refused also Emulator needs RefusedTokens;
        a_token_signed_by_a_stranger_is_refused also Emulator needs RefusedTokens;
        a_signature_of_zeros_or_of_no_point_is_refused also Emulator needs RefusedTokens;
        a_signature_in_der_is_refused needs OwnKey RefusedTokens;
        a_signature_of_another_length_is_refused needs RefusedTokens;
        the_signature_of_another_token_is_refused needs RefusedTokens;
        hmac_with_anything_public_is_refused needs OwnKey RefusedTokens;
    ]
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn a_token_with_any_character_changed_is_refused(target: &Target) {
    let token = &target.ada().token;
    let mut forgeries = Forgeries::default();
    for (i, byte) in token.bytes().enumerate() {
        let Some(index) = ALPHABET.iter().position(|letter| *letter == byte) else { continue };
        let mut altered = token.clone().into_bytes();
        // Flips the highest of the six bits, which always belong to a whole byte.
        altered[i] = ALPHABET[index ^ 0b10_0000];
        forgeries.add(format!("character {i}"), String::from_utf8(altered).expect("ASCII"));
    }
    assert!(forgeries.0.len() > 300);
    forgeries.are_refused(target);
}

fn a_token_with_any_bit_of_its_signature_flipped_is_refused(target: &Target) {
    let (signed, signature) = target.ada().token.rsplit_once('.').expect("a signature");
    let signature = decode(signature);
    let mut forgeries = Forgeries::default();
    for bit in (0..signature.len() * 8).step_by(5) {
        let mut altered = signature.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        forgeries.add(format!("bit {bit}"), format!("{signed}.{}", encode(altered)));
    }
    forgeries.are_refused(target);
}

fn a_token_that_was_cut_is_refused(target: &Target) {
    let token = &target.ada().token;
    let mut forgeries = Forgeries::default();
    for length in (0..token.len()).step_by(7).chain(token.len() - 6..token.len()) {
        forgeries.add(format!("its first {length} characters"), &token[..length]);
        if length > 0 {
            forgeries.add(format!("without its first {length} characters"), &token[length..]);
        }
    }
    forgeries.are_refused(target);
}

fn a_token_signed_by_a_stranger_is_refused(target: &Target) {
    let stranger = Key::stranger();
    let draft = draft(target);
    let mut forgeries = Forgeries::default();
    forgeries.add("under our key's id", draft.sign(&stranger));
    forgeries.add("under its own id", draft.header("kid", stranger.kid()).sign(&stranger));
    forgeries.add("without an id", draft.no_header("kid").sign(&stranger));
    forgeries.add("with its key", draft.header("jwk", stranger.jwk()).sign(&stranger));
    forgeries.are_refused(target);
}

/// The order of P-256.
const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

fn bytes(digits: &str) -> Vec<u8> {
    let byte = |i| u8::from_str_radix(&digits[i..i + 2], 16).expect("digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}

fn a_signature_of_zeros_or_of_no_point_is_refused(target: &Target) {
    let order = bytes(ORDER);
    let one = bytes(&format!("{:064x}", 1));
    let (zero, full) = (vec![0; 32], vec![0xff; 32]);
    let draft = draft(target);
    let mut forgeries = Forgeries::default();
    for (r_name, r) in [("0", &zero), ("1", &one), ("n", &order), ("2^256-1", &full)] {
        for (s_name, s) in [("0", &zero), ("1", &one), ("n", &order), ("2^256-1", &full)] {
            let token = draft.with_signature(&[&r[..], &s[..]].concat());
            forgeries.add(format!("r = {r_name}, s = {s_name}"), token);
        }
    }
    forgeries.are_refused(target);
}

fn a_signature_in_der_is_refused(target: &Target) {
    let draft = draft(target);
    let signature = target.key().signature(&draft.signed_part());
    let integer = |number: &[u8]| {
        let digits: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
        let sign = if digits[0] >= 0x80 { vec![0] } else { vec![] };
        let body = [sign, digits].concat();
        [&[2, u8::try_from(body.len()).expect("short")][..], &body].concat()
    };
    let body = [integer(&signature[..32]), integer(&signature[32..])].concat();
    let der = [&[0x30, u8::try_from(body.len()).expect("short")][..], &body].concat();
    let mut forgeries = Forgeries::default();
    forgeries.add("in DER", draft.with_signature(&der));
    forgeries.are_refused(target);
}

fn a_signature_of_another_length_is_refused(target: &Target) {
    let (signed, signature) = target.ada().token.rsplit_once('.').expect("a signature");
    let signature = decode(signature);
    let mut forgeries = Forgeries::default();
    for length in [0, 1, 31, 32, 33, 48, 62, 63] {
        forgeries
            .add(format!("{length} bytes"), format!("{signed}.{}", encode(&signature[..length])));
    }
    for more in [1, 2, 32, 64, 960] {
        let longer = [signature.clone(), vec![0; more]].concat();
        forgeries.add(format!("{more} bytes more"), format!("{signed}.{}", encode(longer)));
        let longer = [vec![0; more], signature.clone()].concat();
        forgeries.add(format!("{more} bytes before"), format!("{signed}.{}", encode(longer)));
    }
    let swapped = [&signature[32..], &signature[..32]].concat();
    forgeries.add("s before r", format!("{signed}.{}", encode(swapped)));
    forgeries.are_refused(target);
}

fn the_signature_of_another_token_is_refused(target: &Target) {
    let one = target.ada().token.clone();
    let other = target.token_of(&target.ada().person);
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (parts(&one), parts(&other));
    let mut forgeries = Forgeries::default();
    forgeries.add("another's signature", format!("{}.{}.{}", one[0], one[1], other[2]));
    forgeries.add("another's claims", format!("{}.{}.{}", one[0], other[1], one[2]));
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], [0, 0, 0], [1, 1, 2]] {
        let [a, b, c] = order.map(|i| one[i].as_str());
        forgeries.add(format!("segments {order:?}"), format!("{a}.{b}.{c}"));
    }
    forgeries.are_refused(target);
}

fn hmac_with_anything_public_is_refused(target: &Target) {
    let key = target.key();
    let spki = key.spki();
    let pem = pem("PUBLIC KEY", &spki);
    let secrets: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("the point", key.point()),
        ("x and y", key.point()[1..].to_vec()),
        ("the SPKI", spki),
        ("the PEM", pem.clone().into_bytes()),
        ("the PEM without its last line end", pem.trim_end().as_bytes().to_vec()),
        ("the JWK", key.jwk().to_string().into_bytes()),
        ("the key's id", key.kid().into_bytes()),
        ("the private key's digits", jws::KNOWN_KEY.as_bytes().to_vec()),
        ("a word", b"secret".to_vec()),
    ];
    let mut forgeries = Forgeries::default();
    for (what, secret) in secrets {
        for algorithm in ["HS256", "ES256", "hs256", "HS384"] {
            let draft = draft(target).header("alg", algorithm);
            let token = draft.with_signature(&jws::hmac(&secret, &draft.signed_part()));
            forgeries.add(format!("{algorithm} with {what} for a secret"), token);
        }
    }
    forgeries.are_refused(target);
}

/// The PEM of DER with this label.
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<_> =
        text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
