//! What users do with their accounts.

use shared::Secret;
use shared::db::accounts::{Accounts, Outcome};
use shared::limits::Charges;

use super::*;

/// All that is known of the users, without their sessions' ids.
const USERS: &str = "SELECT concat_ws(' ', \
    (SELECT string_agg(u::text, ' ' ORDER BY u.id) FROM users AS u), \
    (SELECT string_agg(m::text, ' ' ORDER BY m) FROM users_to_roles AS m), \
    (SELECT string_agg(s::text, ' ' ORDER BY s) FROM sign_ins AS s))";

impl World {
    async fn with_roles() -> Self {
        let world = Self::new().await;
        world.stage.execute("INSERT INTO users_to_roles VALUES (1, 1), (1, 3), (2, 1)").await;
        world
    }

    async fn delete(&self, caller: Bearer, verified: &str) -> Outcome {
        let (accounts, verified) =
            (Accounts::new(self.database.clone()), Secret::new(verified.to_owned()));
        let first = accounts.delete(&caller, &verified, NOW).await.unwrap();
        assert_eq!(accounts.delete(&caller, &verified, NOW).await.unwrap(), first);
        first
    }

    /// The caller's hash, the program that made it, and the names; empty if there is none.
    async fn credentials(&self, caller: Bearer, now: NumericDate) -> String {
        let accounts = Accounts::new(self.database.clone());
        let Some(found) = accounts.find(&caller, &Charges::NONE, now).await.unwrap() else {
            return String::new();
        };
        let found = found.unwrap();
        let hash = found.password.hash.as_ref().map(Secret::expose);
        let hashed_by = found.password.hashed_by;
        format!("{hash:?} {hashed_by:?} {} {}", found.username, found.email)
    }
}

#[tokio::test]
async fn a_deleted_user_leaves_nothing_and_no_other_gets_the_id() {
    let world = World::with_roles().await;
    let (mine, _) = (world.signed_in(ADA, NOW).await, world.signed_in(ADA, NOW).await);
    let theirs = world.signed_in(EVE, NOW).await;
    assert_eq!(world.delete(bearer(&mine, ADA), "old").await, Outcome::Done);
    let ids = "SELECT concat_ws(' ', (SELECT string_agg(id::text, ',') FROM users), \
                   (SELECT string_agg(user_id::text, ',') FROM users_to_roles), \
                   (SELECT string_agg(user_id::text, ',') FROM sign_ins))";
    assert_eq!(world.stage.value(ids).await, "2 2 2");
    assert_eq!(world.credentials(bearer(&mine, ADA), NOW).await, "");
    assert!(world.is_signed_in(bearer(&theirs, EVE), NOW).await);
    let again = "SELECT id FROM sign_up('ada', 'ada', 'ada@example.com', 'old')";
    assert_eq!(world.stage.value(again).await, "3");
    // A repetition that arrives late doesn't reach the later user of that name.
    assert_eq!(world.delete(bearer(&mine, ADA), "old").await, Outcome::Done);
    assert_eq!(world.stage.value("SELECT count(*) FROM users").await, "2");
}

#[tokio::test]
async fn a_token_without_a_session_deletes_its_user_too() {
    let world = World::with_roles().await;
    assert_eq!(world.delete(without_session(ADA), "old").await, Outcome::Done);
    assert_eq!(world.stage.value("SELECT string_agg(id::text, ' ') FROM users").await, "2");
}

#[tokio::test]
async fn a_token_that_signs_nobody_in_reads_and_deletes_nothing() {
    let world = World::with_roles().await;
    let (mine, ended) = (world.signed_in(ADA, NOW).await, world.signed_in(ADA, NOW).await);
    assert_eq!(world.sign_out_of(&ended, NOW).await, 1);
    world.end_token(DIGEST, NOW.plus(60), NOW).await;
    let before = world.stage.value(USERS).await;
    for caller in [bearer(&ended, ADA), bearer(&mine, EVE), without_session(ADA)] {
        assert_eq!(world.credentials(caller, NOW).await, "");
        assert_eq!(world.delete(caller, "old").await, Outcome::SignedOut);
    }
    assert_eq!(world.credentials(bearer(&mine, ADA), NOW.plus(3600)).await, "", "after its end");
    let found = r#"Some("old") App ada ada@example.com"#;
    assert_eq!(world.credentials(bearer(&mine, ADA), NOW).await, found);
    assert_eq!(world.stage.value(USERS).await, before);
}

#[tokio::test]
async fn only_the_user_of_the_verified_hash_is_deleted() {
    let world = World::with_roles().await;
    let caller = bearer(&world.signed_in(ADA, NOW).await, ADA);
    assert_eq!(world.delete(caller, "older").await, Outcome::PasswordChanged);
    world.stage.execute("UPDATE users SET password = NULL WHERE id = 1").await;
    assert_eq!(world.delete(caller, "old").await, Outcome::PasswordChanged);
    assert_eq!(world.credentials(caller, NOW).await, "None App ada ada@example.com");
    let without = format!(
        "SELECT delete_account(1, '{}', NULL, NULL, to_timestamp({}))",
        caller.key.session().unwrap(),
        NOW.seconds()
    );
    assert_eq!(world.stage.value(&without).await, "conflict");
    assert_eq!(world.stage.value("SELECT count(*) FROM users").await, "2");
}

#[tokio::test]
async fn a_user_that_the_teams_own_objects_need_stays_as_before() {
    for theirs in [
        "CREATE TABLE orders (buyer int REFERENCES users)",
        "CREATE TABLE orders (buyer int REFERENCES users ON DELETE RESTRICT)",
        "CREATE TABLE orders (buyer int REFERENCES users DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TABLE orders (buyer int NOT NULL REFERENCES users ON DELETE SET NULL)",
        "CREATE TABLE orders (buyer int CHECK (buyer > 0) DEFAULT 0 \
             REFERENCES users ON DELETE SET DEFAULT)",
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql \
             AS $$ BEGIN RETURN NULL; END $$; \
         CREATE TRIGGER keep BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION keep(); \
         CREATE TABLE orders (buyer int)",
    ] {
        let world = World::with_roles().await;
        world.stage.execute(&format!("{theirs}; INSERT INTO orders VALUES (1)")).await;
        let mine = world.signed_in(ADA, NOW).await;
        let before = world.stage.value(USERS).await;
        assert_eq!(world.delete(bearer(&mine, ADA), "old").await, Outcome::InUse, "{theirs}");
        assert_eq!(world.stage.value(USERS).await, before, "{theirs}");
    }
}

#[tokio::test]
async fn what_lets_go_of_the_user_keeps_nobody() {
    for (theirs, left) in [
        ("CREATE TABLE orders (buyer int REFERENCES users ON DELETE CASCADE)", "0"),
        ("CREATE TABLE orders (buyer int REFERENCES users ON DELETE SET NULL)", "1"),
    ] {
        let world = World::with_roles().await;
        world.stage.execute(&format!("{theirs}; INSERT INTO orders VALUES (1)")).await;
        let mine = world.signed_in(ADA, NOW).await;
        assert_eq!(world.delete(bearer(&mine, ADA), "old").await, Outcome::Done, "{theirs}");
        assert_eq!(world.stage.value("SELECT count(*) FROM orders").await, left, "{theirs}");
    }
}
