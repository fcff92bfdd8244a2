//! A client that has signed in before has a budget of its own.

mod users;

use shared::client_proof::{ProofSecret, Proofs};
use shared::limits::Key;
use stage::Proxy;

use super::*;

const RIGHT: (&str, &str) = ("ada", "correct horse");
const WRONG: (&str, &str) = ("ada", "wrong");

/// Four networks of strangers, each of which has ten attempts at once; the account has twenty.
const STRANGERS: [&str; 4] = ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1"];

async fn set_secret(stage: &Stage, byte: u8) -> ProofSecret {
    let set = format!(
        "DELETE FROM proof_keys; INSERT INTO proof_keys SELECT decode(repeat('{byte:02x}', 32), 'hex')"
    );
    stage.execute(&set).await;
    ProofSecret::from_slice(&[byte; 32]).unwrap()
}

/// A database with a user and a secret.
async fn with_secret() -> (Stage, ProofSecret) {
    let stage = with_user("ada", "correct horse", COST).await;
    let secret = set_secret(&stage, 7).await;
    (stage, secret)
}

/// What a client gets that signs in the first user by this name.
fn proofs(secret: &ProofSecret, name: &str, seed: u64) -> String {
    let (account, id, random) = (Guesses::account(name), UserId::new(1), Random::counted(seed));
    let text = Proofs::default().renewed(&account, id, secret, NOW, &random);
    text.expose().clone()
}

async fn from(
    sign_in: &SignIn,
    (name, password): (&str, &str),
    address: &str,
    proofs: Option<&str>,
) -> Result<Result<SignedIn, Refusal>, Error> {
    let attempt = Attempt {
        username: &Username::parse(name.into()).unwrap(),
        password: Password::parse(password.into()).unwrap(),
        client_id: &ClientId::default(),
        wants: Wants::Access,
        device: Device::default(),
        languages: Languages::default(),
        network: Network::new(address.parse().ok()),
        proofs: proofs.map(Proofs::parse),
    };
    sign_in.authenticate(attempt).await
}

/// Uses up what strangers have of the account.
async fn lock_out(sign_in: &SignIn) {
    for address in STRANGERS {
        for _ in 0..5 {
            drop(from(sign_in, WRONG, address, Some("")).await);
        }
    }
    assert_eq!(limited(from(sign_in, RIGHT, "192.0.2.77", Some("")).await), "account");
}

/// The key that refused.
fn limited(outcome: Result<Result<SignedIn, Refusal>, Error>) -> &'static str {
    match outcome {
        Err(Error::RateLimited(limited)) => limited.by,
        other => panic!("{other:?}"),
    }
}

/// Which of these keys have a row.
async fn counted(stage: &Stage, keys: &[Key]) -> usize {
    let mut count = 0;
    for key in keys {
        let number = u128::from_be_bytes(*key.as_bytes());
        let rows =
            format!("SELECT count(*) FROM limits WHERE encode(key, 'hex') = '{number:032x}'");
        count += stage.value(&rows).await.parse::<usize>().unwrap();
    }
    count
}

fn clients(id: i32) -> Vec<Key> {
    let guesses = Guesses::from_env(&mut Environment::default());
    let charges = (0..8).map(|class| guesses.of_client(UserId::new(id), class));
    charges.flat_map(|it| it.iter().map(|charge| charge.key).collect::<Vec<_>>()).collect()
}

#[tokio::test]
async fn a_client_that_has_signed_in_is_not_locked_out_by_strangers() {
    let (stage, _) = with_secret().await;
    let sign_in = sign_in(&stage);
    let signed_in = from(&sign_in, RIGHT, "192.0.2.9", Some("")).await.unwrap().unwrap();
    let proofs = signed_in.proofs.unwrap().expose().clone();
    lock_out(&sign_in).await;
    for _ in 0..30 {
        let again = from(&sign_in, RIGHT, "192.0.2.9", Some(&proofs)).await;
        assert!(again.unwrap().unwrap().proofs.is_some());
    }
    // Strangers still are, and so is another process.
    assert_eq!(limited(from(&sign_in, RIGHT, "192.0.2.9", Some("")).await), "account");
    let other = super::sign_in(&stage);
    from(&other, RIGHT, "192.0.2.9", Some(&proofs)).await.unwrap().unwrap();
    assert_eq!(limited(from(&other, RIGHT, "192.0.2.9", None).await), "account");
}

#[tokio::test]
async fn a_guess_with_a_proof_is_charged_to_its_class_alone() {
    let (stage, secret) = with_secret().await;
    let sign_in = sign_in(&stage);
    let proofs = proofs(&secret, "ada", 1);
    for _ in 0..20 {
        from(&sign_in, WRONG, STRANGERS[0], Some(&proofs)).await.unwrap().unwrap_err();
    }
    assert_eq!(limited(from(&sign_in, RIGHT, STRANGERS[1], Some(&proofs)).await), "client");
    assert_eq!(stage.value("SELECT count(*) FROM limits").await, "1");
    assert_eq!(counted(&stage, &clients(1)).await, 1);
    from(&sign_in, RIGHT, STRANGERS[0], None).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_proof_for_another_account_or_with_a_bit_changed_is_none() {
    let (stage, secret) = with_secret().await;
    let sign_in = sign_in(&stage);
    lock_out(&sign_in).await;
    let mut changed = proofs(&secret, "ada", 1).into_bytes();
    changed[40] = if changed[40] == b'A' { b'B' } else { b'A' };
    let other = ProofSecret::from_slice(&[8; 32]).unwrap();
    for none in [
        proofs(&secret, "bob", 1),
        String::from_utf8(changed).unwrap(),
        proofs(&other, "ada", 1),
        "garbage".into(),
    ] {
        assert_eq!(limited(from(&sign_in, RIGHT, "192.0.2.9", Some(&none)).await), "account");
    }
    assert_eq!(counted(&stage, &clients(1)).await, 0);
}

#[tokio::test]
async fn a_proof_for_a_name_that_nobody_has_is_none() {
    let (stage, secret) = with_secret().await;
    let sign_in = sign_in(&stage);
    let proofs = proofs(&secret, "nobody", 1);
    for _ in 0..10 {
        let outcome = from(&sign_in, ("nobody", "wrong"), STRANGERS[0], Some(&proofs)).await;
        assert_eq!(reason(outcome.unwrap().unwrap_err()), RefusalReason::UnknownUser);
    }
    let over = from(&sign_in, ("nobody", "wrong"), STRANGERS[0], Some(&proofs)).await;
    assert_eq!(limited(over), "pair");
}

#[tokio::test]
async fn both_spellings_of_a_name_are_one_account() {
    let (stage, _) = with_secret().await;
    let sign_in = sign_in(&stage);
    stage.execute("UPDATE users SET username = U&'Zo\\00EB'").await;
    let signed_in = from(&sign_in, ("Zoe\u{308}", RIGHT.1), STRANGERS[0], Some("")).await;
    let proofs = signed_in.unwrap().unwrap().proofs.unwrap().expose().clone();
    stage.execute("DELETE FROM limits").await;
    for name in ["Zo\u{eb}", "Zoe\u{308}"] {
        from(&sign_in, (name, "wrong"), STRANGERS[0], Some(&proofs)).await.unwrap().unwrap_err();
    }
    assert_eq!(stage.value("SELECT count(*) FROM limits").await, "1");
    assert_eq!(counted(&stage, &clients(1)).await, 1);
}

/// Each process may have kept the old secret, and one has none yet.
#[tokio::test]
async fn a_proof_from_before_the_secret_was_changed_never_counts() {
    let (stage, old) = with_secret().await;
    let old = proofs(&old, "ada", 1);
    let (warm, cold) = (sign_in(&stage), sign_in(&stage));
    lock_out(&warm).await;
    from(&warm, RIGHT, "192.0.2.9", Some(&old)).await.unwrap().unwrap();
    let new = proofs(&set_secret(&stage, 8).await, "ada", 1);
    for sign_in in [&warm, &cold] {
        for password in [RIGHT, WRONG] {
            let over = from(sign_in, password, "192.0.2.9", Some(&old)).await;
            assert_eq!(limited(over), "account");
        }
        from(sign_in, RIGHT, "192.0.2.9", Some(&new)).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_proof_of_a_new_secret_counts_at_once_where_the_old_one_was_kept() {
    let (stage, _) = with_secret().await;
    let sign_in = sign_in(&stage);
    lock_out(&sign_in).await;
    let new = proofs(&set_secret(&stage, 8).await, "ada", 1);
    let signed_in = from(&sign_in, RIGHT, "192.0.2.9", Some(&new)).await.unwrap().unwrap();
    // What it gets is made with the new one, too.
    let text = signed_in.proofs.unwrap();
    let secret = ProofSecret::from_slice(&[8; 32]).unwrap();
    let client = Proofs::parse(text.expose()).client(&Guesses::account("ada"), &secret, NOW);
    assert_eq!(client.unwrap().user_id, UserId::new(1));
}

#[tokio::test]
async fn before_a_migration_has_made_the_secret_there_are_no_proofs() {
    let (stage, secret) = with_secret().await;
    let sign_in = sign_in(&stage);
    let proofs = proofs(&secret, "ada", 1);
    from(&sign_in, RIGHT, STRANGERS[0], Some(&proofs)).await.unwrap().unwrap();
    stage.execute("DELETE FROM proof_keys; DELETE FROM limits").await;
    for sign_in in [sign_in, super::sign_in(&stage)] {
        for text in [Some(&*proofs), Some(""), None] {
            let signed_in = from(&sign_in, RIGHT, STRANGERS[0], text).await.unwrap().unwrap();
            assert!(signed_in.proofs.is_none());
        }
    }
    assert_eq!(counted(&stage, &clients(1)).await, 1, "the first was counted before");
    assert_eq!(counted(&stage, &[Guesses::account("ada")]).await, 1);
}

#[tokio::test]
async fn a_proof_costs_a_statement_in_a_new_process_alone() {
    let (stage, secret) = with_secret().await;
    let proxy = Proxy::to(&stage.url_of(Group::Signin));
    let sign_in = sign_in(&stage.by(&proxy));
    let proofs = proofs(&secret, "ada", 1);
    let cost = async |proofs| {
        let before = proxy.statements();
        from(&sign_in, RIGHT, STRANGERS[0], proofs).await.unwrap().unwrap();
        proxy.statements() - before
    };
    assert_eq!(cost(Some(&proofs)).await, 3, "the secret first");
    for text in [Some(&*proofs), Some(""), None, Some(&*proofs)] {
        assert_eq!(cost(text).await, 2, "{text:?}");
    }
    set_secret(&stage, 8).await;
    assert_eq!(cost(Some(&proofs)).await, 3, "counted again");
    assert_eq!(cost(Some(&proofs)).await, 2);
}

#[tokio::test]
async fn a_client_that_gets_no_proofs_has_none() {
    let (stage, _) = with_secret().await;
    let signed_in = from(&sign_in(&stage), RIGHT, STRANGERS[0], None).await.unwrap().unwrap();
    assert!(signed_in.proofs.is_none());
}

#[tokio::test]
async fn while_the_database_takes_no_writes_a_proof_counts_the_same() {
    let (stage, secret) = with_secret().await;
    let proofs = proofs(&secret, "ada", 1);
    let warm = sign_in(&stage);
    from(&warm, RIGHT, STRANGERS[0], Some("")).await.unwrap().unwrap();
    let new = self::proofs(&set_secret(&stage, 8).await, "ada", 1);
    stage.execute(super::without_writes::FAULTS[0]).await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    stage.execute(end).await;
    for sign_in in [warm, sign_in(&stage)] {
        lock_out(&sign_in).await;
        // The secret was changed before.
        assert_eq!(limited(from(&sign_in, RIGHT, "192.0.2.9", Some(&proofs)).await), "account");
        let signed_in = from(&sign_in, RIGHT, "192.0.2.9", Some(&new)).await.unwrap().unwrap();
        assert!(signed_in.proofs.is_some());
        for _ in 0..20 {
            from(&sign_in, WRONG, "192.0.2.9", Some(&new)).await.unwrap().unwrap_err();
        }
        assert_eq!(limited(from(&sign_in, RIGHT, "192.0.2.9", Some(&new)).await), "client");
    }
}
