use super::*;

const TEXT: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn of(pairs: &[(&str, &str)]) -> (Option<OneTimeKey>, Option<String>) {
    let mut env: Environment = pairs.iter().copied().collect();
    let key = OneTimeKey::from_env(&mut env, SecretsManager::default());
    (key, env.check().err().map(|invalid| invalid.to_string()))
}

fn hex(bytes: [u8; 32]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from_digit(digit.into(), 16).unwrap()).collect()
}

/// Secrets outlive a release for a day: their hashes stay.
#[tokio::test]
async fn the_hashes_are_those_of_another_implementation() {
    let (key, fault) = of(&[("MAIL_SENDER", "a@b"), (KEY, TEXT)]);
    let (key, link) = (key.unwrap(), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    let link = key.hash_link(&Link::parse(link).unwrap()).await.unwrap();
    let code = key.hash_code(&Code::parse("7K3MQ9XA").unwrap()).await.unwrap();
    assert_eq!(fault, None);
    assert_eq!(hex(link), "d9059d32899c9c2d10bbc395114537e01be7d2f57a2305aae0c215179ad5bce1");
    assert_eq!(hex(code), "e7a4020c14f21b8e199241a32c6a55b1ecba7c8925c5ab5114087afb0e4cc816");
}

#[test]
fn mail_that_is_on_needs_a_good_key() {
    let sender = ("MAIL_SENDER", "a@b");
    let (key, fault) = of(&[sender]);
    assert!(key.is_none() && fault.unwrap().contains("ONE_TIME_KEY or ONE_TIME_KEY_ARN must be"));
    for bad in [&TEXT[..31], &format!("{TEXT}\n"), "{\"key\":\"0123456789abcdef0123456789\"}"] {
        let (key, fault) = of(&[sender, (KEY, bad), (KEY_ARN, "arn")]);
        let fault = fault.unwrap();
        assert!(key.is_none() && fault.contains(KEY) && !fault.contains("0123"), "{fault}");
    }
    assert!(matches!(of(&[sender, (KEY_ARN, "arn")]), (Some(_), None)));
    assert!(matches!(of(&[]), (None, None)));
    assert!(matches!(of(&[(KEY, TEXT)]), (None, None)));
}

#[test]
fn debug_does_not_show_the_key() {
    let (key, _) = of(&[("MAIL_SENDER", "a@b"), (KEY, TEXT)]);
    assert!(!format!("{key:?}").contains("0123"));
}

#[tokio::test]
async fn a_key_that_was_read_is_used_until_it_can_be_read_again() {
    let clock = Clock::fixed(NumericDate::from_seconds(1_000));
    let mut env = Environment::from_iter([("MAIL_SENDER", "a@b"), (KEY_ARN, "arn")]);
    let secrets = SecretsManager::default();
    let key = OneTimeKey::with_clock(&mut env, secrets, clock.clone()).unwrap();
    let read = Key::parse(&Secret::new(TEXT.to_owned())).unwrap();
    *key.found.lock().unwrap() = Some((read, clock.now()));
    clock.advance(i64::from(KEPT_SECONDS) - 1);
    assert!(key.warm_up().await.is_ok());
}
