//! `users`.

use shared::Username;
use shared::db::{Error, Group, SigningKeys};
use shared::limits::Charges;
use shared::sign_in::Users;
use stage::{NOW, Stage};

#[tokio::test]
async fn the_seeds_own_insert_makes_a_user_and_a_delete_takes_everything_along() {
    let stage = Stage::new().await;
    stage
        .execute(
            "INSERT INTO users (username, email, password) VALUES ('ada', 'none', NULL); \
             INSERT INTO users_to_roles SELECT 1, id FROM roles",
        )
        .await;
    assert_eq!(stage.value("SELECT hashed_by FROM users").await, "app");
    stage.execute("DELETE FROM users").await;
    assert_eq!(stage.value("SELECT count(*) FROM users_to_roles").await, "0");
}

#[tokio::test]
async fn a_cancelled_query_does_not_delay_the_next_one() {
    let stage = Stage::new().await;
    let database = stage.database();
    let client = stage.client().await;
    client.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let (users, name) = (Users::new(database.clone()), Username::parse("ada".into()).unwrap());
    let charges = Charges::NONE;
    let waiting = async {
        let count = "SELECT count(*) FROM pg_stat_activity \
                     WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while stage.value(count).await == "0" {}
    };
    tokio::select! {
        found = users.find_credentials(&name, &charges, NOW) => panic!("{found:?}"),
        () = waiting => {}
    }
    // This would use the pool's only connection if it had been returned.
    let keys = SigningKeys::new(database).list_accepted(NOW).await.unwrap();
    assert_eq!(keys.len(), 1);
}

#[tokio::test]
async fn a_database_that_is_not_migrated_says_so() {
    let stage = Stage::empty().await;
    let users = Users::new(stage.database_of(Group::Signin));
    let name = Username::parse("ada".into()).unwrap();
    let error = users.find_credentials(&name, &Charges::NONE, NOW).await.unwrap_err();
    assert!(matches!(error, Error::NotMigrated(_)), "{error}");
}
