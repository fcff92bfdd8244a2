//! Other spellings of a valid token: only one is accepted.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE};

use crate::check::{Check, checks};
use crate::jws::{Draft, decode, encode, signed};
use crate::target::Target;
use crate::tokens::{Forgeries, draft};

pub(crate) fn checks() -> Vec<Check> {
    checks![
        another_number_of_segments_is_refused needs RefusedTokens;
        padding_is_refused needs OwnKey RefusedTokens;
        unused_bits_of_base64_must_be_zero needs RefusedTokens;
        characters_outside_base64url_are_refused also Emulator needs RefusedTokens;
        the_other_alphabet_of_base64_is_refused needs OwnKey RefusedTokens;
        a_token_within_a_token_is_refused needs OwnKey RefusedTokens;
        encrypted_tokens_are_refused needs OwnKey RefusedTokens;
        a_text_that_is_no_token_is_refused also Emulator needs RefusedTokens;
    ]
}

fn another_number_of_segments_is_refused(target: &Target) {
    let token = &target.ada().token;
    let parts: Vec<_> = token.split('.').collect();
    let mut forgeries = Forgeries::default();
    for (flaw, forged) in [
        ("one", parts[0].to_owned()),
        ("two, the signature left out", format!("{}.{}", parts[0], parts[1])),
        ("two, the claims left out", format!("{}.{}", parts[0], parts[2])),
        ("an empty signature", format!("{}.{}.", parts[0], parts[1])),
        ("empty claims", format!("{}..{}", parts[0], parts[2])),
        ("an empty header", format!(".{}.{}", parts[1], parts[2])),
        ("nothing but dots", "..".to_owned()),
        ("a dot more at the end", format!("{token}.")),
        ("a dot more at the start", format!(".{token}")),
        ("four", format!("{token}.{}", parts[2])),
        ("five", format!("{token}.{}.{}", parts[1], parts[2])),
        ("six", format!("{token}.{token}")),
        ("a hundred", vec!["e30"; 100].join(".")),
    ] {
        forgeries.add(flaw, forged);
    }
    forgeries.are_refused(target);
}

fn padding_is_refused(target: &Target) {
    let mut forgeries = Forgeries::default();
    let token = &target.ada().token;
    forgeries.add("= at the end", format!("{token}="));
    forgeries.add("== at the end", format!("{token}=="));
    let parts: Vec<_> = token.split('.').collect();
    for i in 0..2 {
        for padding in ["=", "==", "==="] {
            let mut padded: Vec<_> = parts.iter().map(|&part| part.to_owned()).collect();
            padded[i].push_str(padding);
            forgeries.add(format!("{padding} after segment {i}"), padded.join("."));
        }
    }
    // Signed in this spelling, so that only the spelling can be refused.
    for spaces in 0..3 {
        let claims = draft(target).claims_json() + &" ".repeat(spaces);
        let header = draft(target).header_json() + &" ".repeat(spaces);
        let text = format!("{}.{}", URL_SAFE.encode(header), URL_SAFE.encode(claims));
        if text.contains('=') {
            let signature = encode(target.key().signature(&text));
            forgeries.add("padded and signed so", format!("{text}.{signature}"));
        }
    }
    assert!(forgeries.0.len() > 8);
    forgeries.are_refused(target);
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn unused_bits_of_base64_must_be_zero(target: &Target) {
    let token = &target.ada().token;
    let mut forgeries = Forgeries::default();
    // 64 bytes leave four bits of the 86th character unused.
    let last = token.bytes().last().expect("a character");
    let index = ALPHABET.iter().position(|letter| *letter == last).expect("of base64url");
    for bits in 1..16 {
        let letter = char::from(ALPHABET[index | bits]);
        let respelled = format!("{}{letter}", &token[..token.len() - 1]);
        forgeries.add(format!("unused bits {bits:04b}"), respelled);
    }
    forgeries.are_refused(target);
}

fn characters_outside_base64url_are_refused(target: &Target) {
    let token = &target.ada().token;
    let middle = token.find('.').expect("a dot") + 20;
    let mut forgeries = Forgeries::default();
    for odd in [" ", "\t", "+", "/", "=", "%", "!", "~", "\"", "\\", ",", ";", "%2E", "&", "<", "{"]
    {
        let (head, tail) = token.split_at(middle);
        forgeries.add(format!("{odd:?} within"), format!("{head}{odd}{tail}"));
        forgeries.add(format!("{odd:?} before"), format!("{odd}x{token}"));
        forgeries.add(format!("{odd:?} after"), format!("{token}{odd}x"));
        forgeries.add(format!("{odd:?} at a dot"), token.replacen('.', &format!(".{odd}"), 1));
    }
    forgeries.are_refused(target);
}

fn the_other_alphabet_of_base64_is_refused(target: &Target) {
    let mut forgeries = Forgeries::default();
    let draft = draft(target);
    // Bytes whose encoding has the two letters in which the alphabets differ.
    let claims = draft.claim("x", "\u{7f}\u{3ff}??>>~~\u{fff}?").claims_json();
    let text = format!("{}.{}", encode(draft.header_json()), STANDARD_NO_PAD.encode(claims));
    assert!(text.contains('/') || text.contains('+'));
    let signature = target.key().signature(&text);
    forgeries.add("the claims, signed so", format!("{text}.{}", encode(&signature)));
    let token = draft.signed_part();
    // One of these signatures has one of the two letters.
    for i in 0..8 {
        let signed = draft.claim("x", i).signed_part();
        let signature = STANDARD_NO_PAD.encode(target.key().signature(&signed));
        if signature.contains(['+', '/']) {
            forgeries.add("the signature", format!("{signed}.{signature}"));
        }
    }
    assert!(!token.is_empty() && forgeries.0.len() > 1);
    forgeries.are_refused(target);
}

fn a_token_within_a_token_is_refused(target: &Target) {
    let token = &target.ada().token;
    let header = draft(target).header_json();
    let mut forgeries = Forgeries::default();
    forgeries.add("for claims", signed(&header, token, target.key()));
    let quoted = serde_json::json!(token).to_string();
    forgeries.add("for claims, quoted", signed(&header, &quoted, target.key()));
    let nested = draft(target).header("cty", "JWT").header_json();
    forgeries.add("announced", signed(&nested, token, target.key()));
    forgeries.add("encoded once more", encode(token));
    let parts: Vec<_> = token.split('.').map(encode).collect();
    forgeries.add("each segment encoded once more", parts.join("."));
    let decoded = String::from_utf8(decode(token.split('.').next().expect("a header")));
    forgeries.add("decoded", decoded.expect("JSON"));
    let flattened = serde_json::json!({ "payload": "e30", "protected": "e30", "signature": "" });
    forgeries.add("the JSON serialization", flattened.to_string());
    forgeries.are_refused(target);
}

fn encrypted_tokens_are_refused(target: &Target) {
    let mut forgeries = Forgeries::default();
    for algorithm in ["dir", "RSA-OAEP", "ECDH-ES", "A256KW", "PBES2-HS256+A128KW"] {
        let draft: Draft = draft(target).header("alg", algorithm).header("enc", "A256GCM");
        let header = encode(draft.header_json());
        forgeries.add(format!("{algorithm}, five parts"), format!("{header}..AAAA.AAAA.AAAA"));
        forgeries.add(format!("{algorithm}, filled"), format!("{header}.AAAA.AAAA.AAAA.AAAA"));
        forgeries.add(format!("{algorithm}, three parts"), draft.sign(target.key()));
    }
    let draft = draft(target).header("p2c", 2_147_483_647).header("zip", "DEF");
    forgeries
        .add("with a costly count", draft.header("alg", "PBES2-HS512+A256KW").sign(target.key()));
    forgeries.are_refused(target);
}

fn a_text_that_is_no_token_is_refused(target: &Target) {
    let mut forgeries = Forgeries::default();
    let words = r#"x null undefined true 0 -1 {} Bearer ${jndi:ldap://127.0.0.1/a} ../../etc/passwd %00
        a.b.c "" eyJhbGciOiJub25lIn0.e30. deadbeef AAAA.AAAA.AAAA .... *"#;
    let phrases = ["", "[object Object]", "Bearer x", "' OR 1=1 --", "a b c"];
    for odd in words.split_whitespace().chain(phrases) {
        forgeries.add(format!("{odd:?}"), odd);
    }
    forgeries.add("two thousand letters", "a".repeat(2000));
    forgeries.add("two thousand dots", ".".repeat(2000));
    forgeries.are_refused(target);
}
