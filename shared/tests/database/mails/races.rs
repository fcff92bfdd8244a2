//! Of many requests at once, one uses a secret.

use futures_util::future::join_all;

use super::*;

const AT_ONCE: usize = 16;

/// How many of the requests have reset Ada's password, each of which uses the next of the secrets.
async fn winners(world: &World, secrets: &[Hashed]) -> usize {
    let requests = secrets.iter().cycle().take(AT_ONCE).enumerate().map(|(number, secret)| {
        let (database, secret) = (world.stage.database(), secret.clone());
        tokio::spawn(async move {
            let (new, languages) = (Secret::new("new".to_owned()), Languages::default());
            let (secrets, mark) = (OneTimeSecrets::new(database), mark(number as u64));
            secrets.reset(&secret, &new, &languages, &mark, NOW).await.unwrap()
        })
    });
    let reset = join_all(requests).await;
    reset.into_iter().filter(|reset| reset.as_ref().unwrap().is_some()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_sixteen_requests_resets_a_password() {
    for secrets in [
        vec![link(1)],
        vec![link(1), code(1, ADA)],
        vec![link(1), link(2)],
        vec![code(1, ADA), code(2, ADA), link(1), link(2)],
    ] {
        let world = World::new().await;
        for mail in [1, 2] {
            assert!(world.store("reset", 1, ADA, mail).await);
        }
        assert_eq!(winners(&world, &secrets).await, 1, "{secrets:?}");
        assert_eq!(world.waiting("password_changed").await, "1");
        let epoch = "SELECT session_epoch FROM users WHERE id = 1";
        assert_eq!(world.stage.value(epoch).await, "1");
    }
}

/// How many of the requests have verified an address, each of which uses one of two links.
async fn verified(world: &World) -> usize {
    let requests = (0..AT_ONCE).map(|number| {
        let secrets = world.secrets();
        let secret = link(if number % 2 == 0 { 1 } else { 2 });
        tokio::spawn(async move {
            let (languages, mark) = (Languages::default(), mark(number as u64));
            let verified = secrets.verify(&secret, &Charges::NONE, &languages, &mark, NOW).await;
            matches!(verified.unwrap().unwrap(), Verification::Verified(_))
        })
    });
    join_all(requests).await.into_iter().filter(|it| *it.as_ref().unwrap()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_sixteen_requests_changes_an_address() {
    let world = World::new().await;
    for (mail, address) in [(1, "new@example.com"), (2, "newer@example.com")] {
        assert!(world.store_change(address, mail).await);
    }
    assert_eq!(verified(&world).await, 1);
    assert_eq!(world.waiting("email_changed").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_users_gets_an_address_that_both_change_to() {
    let world = World::new().await;
    let address = "new@example.com";
    for (user, mail) in [(1, 1), (2, 2)] {
        world.ask_change(user, address).await;
        assert!(world.store("change", user, address, mail).await);
    }
    assert_eq!(verified(&world).await, 1);
    let users = "SELECT count(*) FROM users WHERE email = 'new@example.com'";
    assert_eq!(world.stage.value(users).await, "1");
    assert_eq!(world.waiting("email_changed").await, "2");
}

/// What a change to this address comes to while another program stores it and does so before it ends.
async fn meets(
    world: &World,
    address: &str,
    before: &str,
    taken: &str,
) -> Result<String, Verification> {
    assert!(world.store_change(address, 1).await);
    let other = world.stage.client().await;
    other.batch_execute(&format!("BEGIN; {before}")).await.unwrap();
    let insert = format!("INSERT INTO users (username, email) VALUES ('eve', '{taken}')");
    other.batch_execute(&insert).await.unwrap();
    let (secret, mark) = (link(1), mark(1));
    let verify = world.verify(&secret, &mark);
    let commit = async {
        let waits = "SELECT count(*) FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) \
                     WHERE a.datname = current_database() AND NOT l.granted";
        while world.stage.value(waits).await == "0" {}
        other.batch_execute("COMMIT").await.unwrap();
    };
    tokio::pin!(verify, commit);
    tokio::select! {
        // It didn't wait.
        verified = &mut verify => verified,
        () = &mut commit => verify.await,
    }
}

#[tokio::test]
async fn an_address_that_a_sign_up_or_another_program_is_storing_is_taken() {
    let (address, spelled) = ("new@example.com", "new@EXAMPLE.com");
    let lock = "SELECT pg_advisory_xact_lock(hashtext('latchkey'), hashtext('new@example.com'))";
    for (before, taken) in [("", address), (lock, address), (lock, spelled)] {
        let world = World::new().await;
        let met = meets(&world, address, before, taken).await;
        assert_eq!(met, Err(Verification::Taken), "{before} {taken}");
        world.stage.execute("DELETE FROM users WHERE username = 'eve'").await;
        assert_eq!(world.verify(&link(1), &mark(1)).await, Ok(address.into()), "it stays good");
    }
}
