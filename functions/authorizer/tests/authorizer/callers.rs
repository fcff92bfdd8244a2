//! The rows found by a token's claims.

use shared::db::{Error, Group};
use shared::jwt::{Audience, Kid};
use shared::verifier::{Callers, FoundCaller, ValidToken};
use shared::{ClientId, DatabaseId, Role, TokenKey, UserId};
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

/// What a token of that user over that database says.
fn token(id: i32, database_id: DatabaseId) -> ValidToken {
    ValidToken {
        user_id: UserId::new(id),
        key: TokenKey::digest_of("j"),
        generation: None,
        expires_at: NOW.plus(60),
        database_id,
        client_id: ClientId::default(),
        issued_at: NOW,
        jti: "j".into(),
        issuer: "latchkey".into(),
        audience: Audience::One("latchkey".into()),
    }
}

async fn find(callers: &Callers, id: i32, kid: &Kid) -> Option<FoundCaller> {
    callers.find(&token(id, this()), kid, NOW).await.unwrap()
}

#[tokio::test]
async fn a_caller_is_a_user_by_a_key_that_is_accepted() {
    let (stage, kid) = stage(1).await;
    let callers = Callers::new(stage.database_of(Group::Authorizer));
    let caller = find(&callers, 1, &kid).await.unwrap();
    assert_eq!((caller.username.as_str(), caller.email.as_str()), ("user1", "user1@example.com"));
    assert_eq!(caller.roles, [Role::USER]);
    assert_eq!(find(&callers, 2, &kid).await, None);
    assert_eq!(find(&callers, 1, &Kid::new("other".into())).await, None);

    let until = format!("UPDATE signing_keys SET accepted_until = to_timestamp({})", NOW.seconds());
    stage.execute(&until).await;
    assert_eq!(find(&callers, 1, &kid).await, None);
    stage.execute("UPDATE signing_keys SET accepted_until = accepted_until + interval '1s'").await;
    assert!(find(&callers, 1, &kid).await.is_some());
}

#[tokio::test]
async fn a_token_of_another_database_has_no_caller() {
    let (stage, kid) = stage(1).await;
    let callers = Callers::new(stage.database_of(Group::Authorizer));
    let other = DatabaseId::new("another".into());
    assert_eq!(callers.find(&token(1, other), &kid, NOW).await, Ok(None));
    stage.execute("DELETE FROM database_identity").await;
    let failed = callers.find(&token(1, this()), &kid, NOW).await;
    assert!(matches!(failed, Err(Error::NotMigrated(_))), "{failed:?}");
}

#[tokio::test]
async fn a_column_of_others_is_not_taken_for_what_is_asked() {
    let (stage, kid) = stage(2).await;
    for table in ["users", "roles", "users_to_roles", "signing_keys", "sign_ins", "ended_tokens"] {
        for column in [
            "user_id int",
            "session_id uuid",
            "token_digest bytea",
            "token_kid text",
            "asked_at timestamptz",
        ] {
            let add = format!("ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column}");
            stage.execute(&add).await;
        }
    }
    let callers = Callers::new(stage.database_of(Group::Authorizer));
    assert!(find(&callers, 1, &kid).await.is_some());
    assert_eq!(find(&callers, 3, &kid).await, None);
}

#[tokio::test]
async fn a_row_of_the_teams_own_is_a_role_if_its_name_follows_the_rule() {
    let (stage, kid) = stage(1).await;
    stage
        .execute(
            "INSERT INTO roles (id, name) VALUES (-1, 'ROLE_EDITOR'), (9, 'owner'), (8, 'AUDITOR_2'); \
             INSERT INTO users_to_roles SELECT 1, id FROM roles WHERE id NOT IN (1, 2, 3)",
        )
        .await;
    let caller = find(&Callers::new(stage.database_of(Group::Authorizer)), 1, &kid).await.unwrap();
    assert_eq!(Role::joined(&caller.roles), "ROLE_EDITOR ROLE_USER AUDITOR_2");
}

#[tokio::test]
async fn a_schema_that_lacks_a_part_is_not_migrated() {
    let (stage, kid) = stage(1).await;
    let callers = Callers::new(stage.database_of(Group::Authorizer));
    for change in ["ALTER TABLE users RENAME TO people", "DROP FUNCTION authorize"] {
        stage.execute(change).await;
        let failed = callers.find(&token(1, this()), &kid, NOW).await;
        assert!(matches!(failed, Err(Error::NotMigrated(_))), "{failed:?}");
    }
}
