//! The signer's tokens and the verifier.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use shared::db::{Group, SigningKeys};
use shared::jwt::Settings;
use shared::verifier::{InvalidToken, UnverifiedToken, Verifier};
use shared::{NumericDate, UserId};
use stage::{NOW, RSA_SIGNING_KEY, SIGNING_KEY, Stage};

fn settings() -> Settings {
    Settings { issuer: "latchkey".parse().unwrap(), audience: "latchkey".into() }
}

/// A token of user 7, signed with `key` and for `audience`.
async fn token_of(stage: &Stage, key: &str, audience: &str) -> String {
    let settings = Settings { audience: audience.into(), ..settings() };
    stage::token(settings, key, stage.clock.clone(), UserId::new(7)).await
}

fn verifier(stage: &Stage) -> Verifier {
    let keys = SigningKeys::new(stage.database_of(Group::Authorizer));
    Verifier::new(settings(), keys, stage.clock.clone())
}

async fn verify(verifier: &Verifier, token: &str) -> Result<UserId, InvalidToken> {
    let token = UnverifiedToken::parse(token).ok_or(InvalidToken)?;
    verifier.verify(&token).await.unwrap().map(|valid| valid.user_id)
}

#[tokio::test]
async fn our_own_token_names_its_user() {
    let stage = Stage::new().await;
    let token = token_of(&stage, SIGNING_KEY, "latchkey").await;
    assert_eq!(verify(&verifier(&stage), &token).await, Ok(UserId::new(7)));
}

#[tokio::test]
async fn a_token_ends_at_its_exp_and_begins_with_little_grace() {
    let stage = Stage::new().await;
    let token = token_of(&stage, SIGNING_KEY, "latchkey").await;
    let verifier = verifier(&stage);
    for (seconds, valid) in [(59, true), (1, false), (-66, false), (1, true)] {
        stage.clock.advance(seconds);
        let at = stage.clock.now().seconds() - NOW.seconds();
        assert_eq!(verify(&verifier, &token).await.is_ok(), valid, "{at} s after it was issued");
    }
}

#[tokio::test]
async fn a_token_that_is_over_can_be_verified_in_all_but_that() {
    let stage = Stage::new().await;
    let verifier = verifier(&stage);
    let token = token_of(&stage, SIGNING_KEY, "latchkey").await;
    let late = async |text: &str| {
        let token = UnverifiedToken::parse(text).ok_or(InvalidToken)?;
        verifier.verify_expired_too(&token).await.unwrap().map(|valid| valid.user_id)
    };
    for seconds in [0, 60, 3600] {
        stage.clock.advance(seconds);
        assert_eq!(late(&token).await, Ok(UserId::new(7)), "{seconds} s later");
    }
    assert_eq!(verify(&verifier, &token).await, Err(InvalidToken), "also from the cache");
    for (key, audience) in [(&*"2".repeat(64), "latchkey"), (SIGNING_KEY, "other")] {
        assert_eq!(late(&token_of(&stage, key, audience).await).await, Err(InvalidToken));
    }
    assert_eq!(late(&format!("{}AAAA", &token[..token.len() - 4])).await, Err(InvalidToken));
    stage.clock.advance(-3666);
    assert_eq!(late(&token).await, Err(InvalidToken), "before it was issued");
}

#[tokio::test]
async fn another_key_or_audience_is_refused() {
    let stage = Stage::new().await;
    let verifier = verifier(&stage);
    for (key, audience) in [(&*"2".repeat(64), "latchkey"), (SIGNING_KEY, "other")] {
        let token = token_of(&stage, key, audience).await;
        assert_eq!(verify(&verifier, &token).await, Err(InvalidToken), "{audience}");
    }
}

#[tokio::test]
async fn every_altered_character_is_noticed() {
    let stage = Stage::new().await;
    let token = token_of(&stage, SIGNING_KEY, "latchkey").await;
    let verifier = verifier(&stage);
    for index in 0..token.len() {
        let other = if token.as_bytes()[index] == b'A' { "B" } else { "A" };
        let altered = format!("{}{other}{}", &token[..index], &token[index + 1..]);
        assert_eq!(verify(&verifier, &altered).await, Err(InvalidToken), "at {index}");
    }
}

#[tokio::test]
async fn a_new_key_is_found_and_forged_ones_cost_one_query() {
    let stage = Stage::new().await;
    let verifier = verifier(&stage);
    let old = token_of(&stage, SIGNING_KEY, "latchkey").await;
    assert_eq!(verify(&verifier, &old).await, Ok(UserId::new(7)));
    let token = token_of(&stage, &"2".repeat(64), "latchkey").await;
    stage
        .admin_with(&"2".repeat(64))
        .handle(serde_json::json!({ "verb": "migrate" }))
        .await
        .unwrap();
    // The keys were just read: a key id that may be forged doesn't cause another read.
    assert_eq!(verify(&verifier, &token).await, Err(InvalidToken));
    stage.clock.advance(5);
    assert_eq!(verify(&verifier, &token).await, Ok(UserId::new(7)));
    assert_eq!(verify(&verifier, &old).await, Ok(UserId::new(7)));
}

/// A stage over which the RSA key signs, and the P-256 key of before is accepted still.
async fn with_both_kinds() -> Stage {
    let stage = Stage::new().await;
    let operator = stage.admin_with(RSA_SIGNING_KEY);
    operator.handle(serde_json::json!({ "verb": "migrate" })).await.unwrap();
    stage
}

#[tokio::test]
async fn keys_of_both_kinds_are_accepted_side_by_side() {
    let stage = with_both_kinds().await;
    let verifier = verifier(&stage);
    for (key, header) in [(SIGNING_KEY, r#""alg":"ES256""#), (RSA_SIGNING_KEY, r#""alg":"RS256""#)]
    {
        let token = token_of(&stage, key, "latchkey").await;
        let (first, _) = token.split_once('.').unwrap();
        let first = URL_SAFE_NO_PAD.decode(first).unwrap();
        assert!(str::from_utf8(&first).unwrap().contains(header));
        assert_eq!(verify(&verifier, &token).await, Ok(UserId::new(7)), "{header}");
        // Also from the cache of verified signatures.
        assert_eq!(verify(&verifier, &token).await, Ok(UserId::new(7)), "{header}");
    }
}

#[tokio::test]
async fn a_header_that_names_the_other_kind_of_key_or_algorithm_is_refused() {
    let stage = with_both_kinds().await;
    let verifier = verifier(&stage);
    let p256 = token_of(&stage, SIGNING_KEY, "latchkey").await;
    let rsa = token_of(&stage, RSA_SIGNING_KEY, "latchkey").await;
    for token in [&p256, &rsa] {
        assert_eq!(verify(&verifier, token).await, Ok(UserId::new(7)));
    }
    let header = |token: &str| {
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
        serde_json::from_slice::<serde_json::Value>(&header).unwrap()
    };
    let keys = [(SIGNING_KEY, header(&p256)), (RSA_SIGNING_KEY, header(&rsa))];
    for (signed_with, own) in &keys {
        for (_, named) in &keys {
            for algorithm in ["ES256", "RS256"] {
                let mut forged = named.clone();
                forged["alg"] = algorithm.into();
                // The other kind's signature, over this very header.
                let payload = p256.split('.').nth(1).unwrap();
                let message = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(forged.to_string()));
                let token = format!("{message}.{}", signature(signed_with, &message));
                let is_right = *own == forged;
                assert_eq!(verify(&verifier, &token).await.is_ok(), is_right, "{own} {forged}");
            }
        }
    }
}

/// The signature of a text by the key's own algorithm.
fn signature(key: &str, message: &str) -> String {
    let random = SystemRandom::new();
    let signature = if key == RSA_SIGNING_KEY {
        let der: String = key.lines().filter(|line| !line.starts_with('-')).collect();
        let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
        signature
    } else {
        let der = [&[0x30, 0x31, 2, 1, 1, 4, 32][..], &[0x11; 32], &OF_P256].concat();
        let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &der);
        pair.unwrap().sign(&random, message.as_bytes()).unwrap().as_ref().to_vec()
    };
    URL_SAFE_NO_PAD.encode(signature)
}

/// The parameters of an `ECPrivateKey` (RFC 5915): P-256.
const OF_P256: [u8; 12] = [0xa0, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

#[tokio::test]
async fn a_retired_key_ends_with_its_last_token() {
    let stage = Stage::new().await;
    stage
        .admin_with(&"2".repeat(64))
        .handle(serde_json::json!({ "verb": "migrate" }))
        .await
        .unwrap();
    let keys = SigningKeys::new(stage.database_of(Group::Authorizer));
    let accepted = async |at: NumericDate| keys.list_accepted(at).await.unwrap().len();
    assert_eq!(accepted(NOW.plus(3600)).await, 2);
    assert_eq!(accepted(NOW.plus(3600 + 300)).await, 1);
}
