//! The rows of a token's claims.

use futures_util::future::join_all;
use shared::db::{Callers, Error, FoundCaller, Group};
use shared::jwt::Kid;
use shared::{DatabaseId, Role, UserId};
use stage::{DATABASE_ID, NOW, Stage};

/// A stage with users 1 to `count`, each with the first role; and the key of its tokens.
async fn stage(count: u32) -> (Stage, Kid) {
    let stage = Stage::new().await;
    let statements = format!(
        "INSERT INTO users (username, email) \
         SELECT 'user' || n, 'user' || n || '@example.com' FROM generate_series(1, {count}) AS n; \
         INSERT INTO users_to_roles SELECT users.id, roles.id FROM users, roles \
         WHERE roles.name = 'ROLE_USER'"
    );
    stage.execute(&statements).await;
    let kid = Kid::new(stage.value("SELECT kid FROM signing_keys").await);
    (stage, kid)
}

fn this() -> DatabaseId {
    DatabaseId::new(DATABASE_ID.into())
}

async fn find(callers: &Callers, id: i32, kid: &Kid) -> Option<FoundCaller> {
    callers.find(UserId::new(id), kid, this(), NOW).await.unwrap()
}

#[tokio::test]
async fn a_caller_is_a_user_by_a_key_that_is_accepted() {
    let (stage, kid) = stage(1).await;
    let callers = Callers::new(stage.database_of(Group::Authorizer));
    let caller = find(&callers, 1, &kid).await.unwrap();
    assert_eq!((caller.username.as_str(), caller.email.as_str()), ("user1", "user1@example.com"));
    assert_eq!(caller.roles, [Role::User]);
    assert_eq!(find(&callers, 2, &kid).await, None);
    assert_eq!(find(&callers, 1, &Kid::new("other".into())).await, None);

    let until = format!("UPDATE signing_keys SET accepted_until = to_timestamp({})", NOW.seconds());
    stage.execute(&until).await;
    assert_eq!(find(&callers, 1, &kid).await, None);
    stage.execute("UPDATE signing_keys SET accepted_until = accepted_until + interval '1s'").await;
    assert!(find(&callers, 1, &kid).await.is_some());
}

#[tokio::test]
async fn a_caller_of_another_database_is_nobody() {
    let (stage, kid) = stage(1).await;
    let callers = Callers::new(stage.database_of(Group::Authorizer));
    let other = DatabaseId::new("another".into());
    assert_eq!(callers.find(UserId::new(1), &kid, other, NOW).await, Ok(None));
    stage.execute("DELETE FROM database_identity").await;
    let failed = callers.find(UserId::new(1), &kid, this(), NOW).await;
    assert!(matches!(failed, Err(Error::NotMigrated(_))), "{failed:?}");
}

#[tokio::test]
async fn a_column_of_others_is_not_taken_for_what_is_asked() {
    let (stage, kid) = stage(2).await;
    for table in ["users", "roles", "users_to_roles", "signing_keys"] {
        let columns = "ADD COLUMN user_ids int[], ADD COLUMN asked_at timestamptz";
        stage.execute(&format!("ALTER TABLE {table} {columns}")).await;
    }
    let callers = Callers::new(stage.database_of(Group::Authorizer));
    assert!(find(&callers, 1, &kid).await.is_some());
    assert_eq!(find(&callers, 3, &kid).await, None);
}

#[tokio::test]
async fn roles_of_others_are_not_ours() {
    let (stage, kid) = stage(1).await;
    stage
        .execute(
            "INSERT INTO roles (name) VALUES ('ROLE_OWNER'); \
             INSERT INTO users_to_roles SELECT 1, id FROM roles WHERE name = 'ROLE_OWNER'",
        )
        .await;
    let caller = find(&Callers::new(stage.database_of(Group::Authorizer)), 1, &kid).await.unwrap();
    assert_eq!(caller.roles, [Role::User]);
}

#[tokio::test]
async fn who_calls_at_the_same_time_gets_an_answer_of_their_own() {
    let (stage, kid) = stage(300).await;
    let other = Kid::new("other".into());
    let callers = Callers::new(stage.database_of(Group::Authorizer));
    let ask = |id: i32| {
        let (callers, kid) = (&callers, if id % 5 == 0 { &other } else { &kid });
        async move { (id, find(callers, id, kid).await) }
    };
    for (id, found) in join_all((1..=350).map(ask)).await {
        let expected = (id % 5 != 0 && id <= 300).then(|| format!("user{id}"));
        let found = found.map(|caller| caller.username.as_str().to_owned());
        assert_eq!(found, expected, "{id}");
    }
}

#[tokio::test]
async fn who_calls_at_the_same_time_shares_a_statement() {
    let (stage, kid) = stage(50).await;
    let callers = Callers::new(stage.database_of(Group::Authorizer));
    // Each statement of ours takes a snapshot of its own, and so the number of the next one.
    stage
        .execute(
            "CREATE SEQUENCE statements; \
             ALTER TABLE signing_keys RENAME TO keys; \
             CREATE VIEW signing_keys AS \
                 SELECT * FROM keys, (SELECT nextval('statements') OFFSET 0) AS counted; \
             GRANT SELECT ON signing_keys TO latchkey_authorizer; \
             GRANT USAGE ON SEQUENCE statements TO latchkey_authorizer",
        )
        .await;
    join_all((1..=50).map(|id| find(&callers, id, &kid))).await;
    let statements: u32 = stage.value("SELECT last_value FROM statements").await.parse().unwrap();
    assert!(statements <= 2, "{statements} statements for 50 callers");
}

#[tokio::test]
async fn who_goes_away_takes_nobody_else_along() {
    let (stage, kid) = stage(20).await;
    let callers = Callers::new(stage.database_of(Group::Authorizer));
    let mut first = Box::pin(find(&callers, 1, &kid));
    // It has asked, and holds the turn.
    assert!(futures_util::poll!(&mut first).is_pending());
    let mut others = Box::pin(join_all((2..=20).map(|id| find(&callers, id, &kid))));
    assert!(futures_util::poll!(&mut others).is_pending());
    drop(first);
    assert!(others.await.iter().all(Option::is_some));
}

#[tokio::test]
async fn all_hear_of_a_failure() {
    let (stage, kid) = stage(3).await;
    let callers = Callers::new(stage.database_of(Group::Authorizer));
    for change in ["ALTER TABLE users RENAME TO people", "DROP FUNCTION callers"] {
        stage.execute(change).await;
        let ask = |id| callers.find(UserId::new(id), &kid, this(), NOW);
        for failed in join_all((1..=3).map(ask)).await {
            assert!(matches!(failed, Err(Error::NotMigrated(_))), "{failed:?}");
        }
    }
}
