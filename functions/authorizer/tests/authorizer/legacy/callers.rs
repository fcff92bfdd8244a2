//! The rows found by the name in a token of the legacy app.

use authorizer::AdoptedCallers;
use legacy::tokens::Refusal;
use shared::db::{Error, Group};
use shared::verifier::FoundCaller;
use shared::{Role, TokenKey, UserId, Username};
use stage::{NOW, Stage};

/// A stage with users 1 to `count`, each with the first role, adopted with these users.
async fn stage(count: u32) -> Stage {
    let stage = Stage::new().await;
    let statements = format!(
        "INSERT INTO users (username, email) \
         SELECT 'user' || n, 'user' || n || '@example.com' FROM generate_series(1, {count}) AS n; \
         INSERT INTO users_to_roles SELECT users.id, roles.id FROM users, roles \
         WHERE roles.name = 'ROLE_USER'; \
         INSERT INTO adoption (adopted_at, last_user_id) VALUES (now(), {count})"
    );
    stage.execute(&statements).await;
    stage
}

fn callers(stage: &Stage) -> AdoptedCallers {
    AdoptedCallers::new(stage.database_of(Group::Authorizer))
}

async fn answer(
    callers: &AdoptedCallers,
    name: &str,
) -> Result<Result<(UserId, FoundCaller), Refusal>, Error> {
    let name = Username::parse(name.to_owned()).unwrap();
    callers.find(&name, &TokenKey::Digest([7; 32]), NOW).await
}

async fn find(callers: &AdoptedCallers, name: &str) -> Option<(UserId, FoundCaller)> {
    answer(callers, name).await.unwrap().ok()
}

async fn id_of(callers: &AdoptedCallers, name: &str) -> Option<i32> {
    find(callers, name).await.map(|(id, _)| id.get())
}

#[tokio::test]
async fn a_caller_is_a_user_of_that_very_name_who_was_there_at_the_adoption() {
    let stage = stage(2).await;
    let callers = callers(&stage);
    let (id, caller) = find(&callers, "user2").await.unwrap();
    assert_eq!((id.get(), caller.username.as_str()), (2, "user2"));
    assert_eq!(
        (caller.email.as_str(), &caller.roles[..]),
        ("user2@example.com", &[Role::USER][..])
    );
    for other in ["User2", "user2 ", "user3", "", "%", "user_"] {
        assert_eq!(id_of(&callers, other).await, None, "{other:?}");
    }

    stage.execute("INSERT INTO users (username, email) VALUES ('user3', 'e')").await;
    assert_eq!(id_of(&callers, "user3").await, None, "made since");
    stage.execute("UPDATE users SET username = '' WHERE id = 1").await;
    assert_eq!(id_of(&callers, "").await, Some(1), "an adopted name may be empty");
}

#[tokio::test]
async fn a_later_account_of_the_same_name_is_not_found() {
    let stage = stage(2).await;
    let callers = callers(&stage);
    for id in [1, 2] {
        let name = format!("user{id}");
        assert_eq!(id_of(&callers, &name).await, Some(id));
        stage.execute(&format!("DELETE FROM users WHERE id = {id}")).await;
        assert_eq!(id_of(&callers, &name).await, None);
        let take = format!("INSERT INTO users (username, email) VALUES ('{name}', 'eve{id}')");
        stage.execute(&take).await;
        assert_eq!(id_of(&callers, &name).await, None);
    }
}

#[tokio::test]
async fn a_database_that_was_never_adopted_has_no_legacy_callers() {
    let stage = stage(1).await;
    let callers = callers(&stage);
    assert_eq!(id_of(&callers, "user1").await, Some(1));
    stage.execute("UPDATE adoption SET last_user_id = 0").await;
    assert_eq!(id_of(&callers, "user1").await, None, "adopted without users");
    stage.execute("DELETE FROM adoption").await;
    assert_eq!(id_of(&callers, "user1").await, None, "never adopted");
}

#[tokio::test]
async fn a_token_that_was_signed_out_has_no_caller() {
    let stage = stage(2).await;
    let callers = callers(&stage);
    let refusal = async |name: &str| answer(&callers, name).await.unwrap().err();
    assert_eq!((refusal("user1").await, refusal("user2").await), (None, None));
    stage.execute("UPDATE users SET session_epoch = 1 WHERE id = 2").await;
    assert_eq!((refusal("user1").await, refusal("user2").await), (None, Some(Refusal::SignedOut)));
    let digest = format!("'\\x{}'", "07".repeat(32));
    stage.execute(&format!("INSERT INTO ended_tokens VALUES ({digest}, now())")).await;
    assert_eq!(refusal("user1").await, Some(Refusal::SignedOut));
    assert_eq!(refusal("user3").await, Some(Refusal::UnknownUser));
}

#[tokio::test]
async fn a_name_is_found_by_its_index() {
    let stage = stage(20_000).await;
    stage.execute("ANALYZE users").await;
    let find = shared::functions::logins::statements()
        .into_iter()
        .find(|sql| sql.text().contains("adoption"))
        .unwrap();
    let statement = find.text().replace("$1", "'user7'").replace("$2", "NULL").replace("$3", "0");
    let plan = stage.client().await.simple_query(&format!("EXPLAIN {statement}")).await.unwrap();
    assert!(format!("{plan:?}").contains("users_username_key"), "{plan:?}");
}

#[tokio::test]
async fn a_table_that_is_missing_is_reported() {
    let stage = stage(1).await;
    let callers = callers(&stage);
    stage.execute("DROP TABLE adoption").await;
    let found = answer(&callers, "user1").await;
    assert!(matches!(found, Err(Error::NotMigrated(_))), "{found:?}");
}
