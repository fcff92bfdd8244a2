//! `roles` and `users_to_roles`.

use shared::db::{Roles, UserRoles};
use shared::{Role, UserId, Username};
use stage::Stage;

fn ada() -> Username {
    Username::parse("ada".into()).unwrap()
}

async fn with_ada() -> Stage {
    let stage = Stage::new().await;
    stage.execute("INSERT INTO users (username, email) VALUES ('ada', 'ada@example.com')").await;
    stage
}

fn names(user: Option<UserRoles>) -> Vec<String> {
    user.unwrap().roles
}

#[tokio::test]
async fn a_role_is_given_once_and_taken_once() {
    let roles = Roles::new(with_ada().await.database());
    let granted = ["ROLE_MODERATOR"];
    assert_eq!(names(roles.grant(&ada(), Role::Moderator).await.unwrap()), granted);
    assert_eq!(names(roles.grant(&ada(), Role::Moderator).await.unwrap()), granted);
    let both = names(roles.grant(&ada(), Role::User).await.unwrap());
    assert_eq!(both, ["ROLE_USER", "ROLE_MODERATOR"]);
    assert_eq!(names(roles.revoke(&ada(), Role::User).await.unwrap()), granted);
    assert_eq!(names(roles.revoke(&ada(), Role::User).await.unwrap()), granted);
    let listed = roles.list(UserId::new(0), 10).await.unwrap();
    assert_eq!(listed[0].roles, granted);
}

#[tokio::test]
async fn nobody_is_nobody() {
    let roles = Roles::new(with_ada().await.database());
    let other = Username::parse("Ada".into()).unwrap();
    assert_eq!(roles.grant(&other, Role::Admin).await.unwrap(), None);
    assert_eq!(roles.revoke(&other, Role::Admin).await.unwrap(), None);
}

#[tokio::test]
async fn a_list_goes_on_where_the_last_one_ended() {
    let stage = with_ada().await;
    stage.execute("INSERT INTO users (username, email) VALUES ('b', 'b'), ('c', 'c')").await;
    let roles = Roles::new(stage.database());
    let ids = |users: Vec<UserRoles>| users.iter().map(|user| user.id.get()).collect::<Vec<_>>();
    assert_eq!(ids(roles.list(UserId::new(0), 2).await.unwrap()), [1, 2]);
    assert_eq!(ids(roles.list(UserId::new(2), 2).await.unwrap()), [3]);
}
