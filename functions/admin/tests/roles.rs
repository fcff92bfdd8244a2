//! `roles` and `users_to_roles`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

use admin::{Change, ListedRole, Removal, Roles, Subject, UserPage, UserRoles};
use shared::{Role, UserId, Username};
use stage::Stage;

fn named(name: &str) -> Subject {
    Subject::Username(Username::parse(name.into()).unwrap())
}

fn ada() -> Subject {
    named("ada")
}

async fn with_ada() -> Stage {
    let stage = Stage::new().await;
    stage.execute("INSERT INTO users (username, email) VALUES ('ada', 'ada@example.com')").await;
    stage
}

fn done(change: Change) -> UserRoles {
    let Change::Done(user) = change else { panic!("{change:?}") };
    user
}

fn names(change: Change) -> Vec<String> {
    done(change).roles
}

#[tokio::test]
async fn a_role_is_given_once_and_taken_once() {
    let roles = Roles::new(with_ada().await.database());
    let granted = ["ROLE_MODERATOR"];
    assert_eq!(names(roles.grant(&ada(), &Role::MODERATOR).await.unwrap()), granted);
    assert_eq!(names(roles.grant(&ada(), &Role::MODERATOR).await.unwrap()), granted);
    let both = names(roles.grant(&ada(), &Role::USER).await.unwrap());
    assert_eq!(both, ["ROLE_USER", "ROLE_MODERATOR"]);
    assert_eq!(names(roles.revoke(&ada(), &Role::USER).await.unwrap()), granted);
    assert_eq!(names(roles.revoke(&ada(), &Role::USER).await.unwrap()), granted);
    let listed = roles.list(None, 10).await.unwrap();
    assert_eq!(
        (listed.users[0].roles.as_slice(), listed.more),
        (granted.map(Into::into).as_slice(), false)
    );
}

#[tokio::test]
async fn an_unknown_user_gets_no_role() {
    let roles = Roles::new(with_ada().await.database());
    for other in [named("Ada"), named("1"), Subject::Id(UserId::new(2))] {
        assert_eq!(roles.grant(&other, &Role::ADMIN).await.unwrap(), Change::NoSuchUser);
        assert_eq!(roles.revoke(&other, &Role::ADMIN).await.unwrap(), Change::NoSuchUser);
    }
}

#[tokio::test]
async fn a_row_of_the_teams_own_is_a_role() {
    let stage = with_ada().await;
    let roles = Roles::new(stage.database());
    let editor = Role::parse("ROLE_EDITOR").unwrap();
    assert_eq!(roles.grant(&ada(), &editor).await.unwrap(), Change::NoSuchRole);
    assert_eq!(roles.revoke(&ada(), &editor).await.unwrap(), Change::NoSuchRole);
    stage.execute("INSERT INTO roles (name) VALUES ('ROLE_EDITOR')").await;
    assert_eq!(names(roles.grant(&ada(), &editor).await.unwrap()), ["ROLE_EDITOR"]);
    assert_eq!(names(roles.revoke(&ada(), &editor).await.unwrap()), [""; 0]);
}

#[tokio::test]
async fn a_role_is_made_once_and_removed_once() {
    let roles = Roles::new(with_ada().await.database());
    let editor = Role::parse("ROLE_EDITOR").unwrap();
    assert_eq!(roles.remove(&editor, true).await.unwrap(), Removal::NoSuchRole);
    assert!(roles.add(&editor).await.unwrap());
    assert!(!roles.add(&editor).await.unwrap());
    let listed = roles.list_roles().await.unwrap();
    let last = ListedRole { name: "ROLE_EDITOR".into(), users: 0 };
    assert_eq!((listed.len(), listed.last()), (4, Some(&last)));
    assert_eq!(roles.remove(&editor, false).await.unwrap(), Removal::Done(0));
    assert_eq!(roles.remove(&editor, false).await.unwrap(), Removal::NoSuchRole);
}

#[tokio::test]
async fn a_role_with_users_is_removed_only_on_request() {
    let stage = with_ada().await;
    stage.execute("INSERT INTO users (username, email) VALUES ('b', 'b'), ('c', 'c')").await;
    let roles = Roles::new(stage.database());
    let editor = Role::parse("ROLE_EDITOR").unwrap();
    assert!(roles.add(&editor).await.unwrap());
    for subject in [ada(), named("b")] {
        done(roles.grant(&subject, &editor).await.unwrap());
        done(roles.grant(&subject, &Role::USER).await.unwrap());
    }
    assert_eq!(roles.remove(&editor, false).await.unwrap(), Removal::Held(2));
    assert_eq!(roles.list_roles().await.unwrap().last().unwrap().users, 2);
    assert_eq!(roles.remove(&editor, true).await.unwrap(), Removal::Done(2));
    let left = roles.list(None, 10).await.unwrap().users;
    assert_eq!(
        left.iter().map(|user| user.roles.join(" ")).collect::<Vec<_>>(),
        ["ROLE_USER", "ROLE_USER", ""]
    );
}

/// The statement counts as [`Role::of_user`] does: a role that is granted is one that is read.
#[tokio::test]
async fn a_role_that_would_not_be_read_is_not_granted() {
    let stage = with_ada().await;
    let full = "INSERT INTO roles (name) SELECT repeat('A', 62) || n FROM generate_series(10, 40) AS n; \
                INSERT INTO roles (name) VALUES (repeat('b', 99)); \
                INSERT INTO users_to_roles SELECT 1, id FROM roles WHERE name ~* '^[ab]'; \
                INSERT INTO roles (name) VALUES (repeat('C', 33)), (repeat('D', 34))";
    stage.execute(full).await;
    let roles = Roles::new(stage.database());
    let named = |letter: &str, length| Role::parse(letter.repeat(length)).unwrap();
    let refused = roles.grant(&ada(), &named("D", 34)).await.unwrap();
    assert_eq!(refused, Change::TooManyRoles);
    let all = names(roles.grant(&ada(), &named("C", 33)).await.unwrap());
    assert_eq!(all.len(), 33);
    assert_eq!(Role::joined(&Role::of_user(all)).len(), Role::MAX_BYTES_OF_A_USER);
    let again = roles.grant(&ada(), &named("C", 33)).await.unwrap();
    assert_eq!(names(again).len(), 33);
}

#[tokio::test]
async fn a_user_is_found_by_the_id_too() {
    let stage = with_ada().await;
    stage.execute("INSERT INTO users (id, username, email) VALUES (-5, '1', 'b')").await;
    let roles = Roles::new(stage.database());
    for (id, username) in [(1, "ada"), (-5, "1")] {
        let by_id = Subject::Id(UserId::new(id));
        let granted = done(roles.grant(&by_id, &Role::ADMIN).await.unwrap());
        assert_eq!(
            (granted.username.as_str(), &*granted.roles),
            (username, &["ROLE_ADMIN".into()][..])
        );
        assert_eq!(names(roles.revoke(&by_id, &Role::ADMIN).await.unwrap()), [""; 0]);
    }
}

fn ids(page: &UserPage) -> (Vec<i32>, bool) {
    (page.users.iter().map(|user| user.id.get()).collect(), page.more)
}

#[tokio::test]
async fn a_list_goes_on_where_the_last_one_ended() {
    let stage = with_ada().await;
    stage.execute("INSERT INTO users (username, email) VALUES ('b', 'b'), ('c', 'c')").await;
    let roles = Roles::new(stage.database());
    assert_eq!(ids(&roles.list(None, 2).await.unwrap()), (vec![1, 2], true));
    assert_eq!(ids(&roles.list(Some(UserId::new(2)), 2).await.unwrap()), (vec![3], false));
    assert_eq!(ids(&roles.list(Some(UserId::new(3)), 2).await.unwrap()), (vec![], false));
}

#[tokio::test]
async fn every_id_that_a_row_can_have_is_listed() {
    let stage = with_ada().await;
    let by_hand = "INSERT INTO users (id, username, email) \
                   SELECT id, id, id FROM unnest(ARRAY[-2147483648, -1, 0, 2147483647]) AS id";
    stage.execute(by_hand).await;
    let roles = Roles::new(stage.database());
    let all = vec![i32::MIN, -1, 0, 1, i32::MAX];
    assert_eq!(ids(&roles.list(None, 10).await.unwrap()), (all, false));
    assert_eq!(ids(&roles.list(Some(UserId::new(-1)), 1).await.unwrap()), (vec![0], true));
}

#[tokio::test]
async fn a_page_of_very_long_names_is_a_shorter_one() {
    let stage = with_ada().await;
    let long = "INSERT INTO users (username, email) \
                SELECT n || repeat('x', 200000), n FROM generate_series(2, 9) AS n";
    stage.execute(long).await;
    let roles = Roles::new(stage.database());
    assert_eq!(ids(&roles.list(None, 100).await.unwrap()), (vec![1, 2, 3, 4], true));
    assert_eq!(ids(&roles.list(Some(UserId::new(4)), 2).await.unwrap()), (vec![5, 6], true));
    assert_eq!(ids(&roles.list(Some(UserId::new(7)), 100).await.unwrap()), (vec![8, 9], false));
}
