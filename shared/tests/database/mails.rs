//! The outbox, and what the secrets of its mails do, once each.

use shared::db::{Parameter, Sql, mails};
use stage::{NOW, Stage};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

const USERS: &str = "INSERT INTO users (username, email, password) VALUES \
    ('ada', 'Ada@Example.com', 'old'), ('bob', 'bob@example.com', 'old')";

struct World {
    stage: Stage,
}

type Keys = (Vec<Vec<u8>>, Vec<f64>, Vec<i32>);

fn no_keys() -> Keys {
    (Vec::new(), Vec::new(), Vec::new())
}

impl World {
    async fn new() -> Self {
        let stage = Stage::new().await;
        stage.execute(USERS).await;
        Self { stage }
    }

    /// Sends a statement.
    async fn row(&self, sql: &Sql, parameters: &[Parameter<'_>]) -> Row {
        self.stage.database().only_row(sql, parameters).await.unwrap()
    }

    async fn ask(&self, kind: &str, address: &str) -> bool {
        let (keys, every, burst) = no_keys();
        let parameters = [
            (&kind as _, Type::TEXT),
            (&address as _, Type::TEXT),
            (&"de" as _, Type::TEXT),
            (&keys as _, Type::BYTEA_ARRAY),
            (&every as _, Type::FLOAT8_ARRAY),
            (&burst as _, Type::INT4_ARRAY),
            (&NOW.to_timestamp() as _, Type::FLOAT8),
        ];
        self.row(&mails::ASK, &parameters).await.try_get("counted").unwrap()
    }

    /// Stores a secret whose hashes are these texts.
    async fn store(
        &self,
        purpose: &str,
        user: i32,
        address: &str,
        (link, code): (&str, &str),
    ) -> bool {
        let parameters = [
            (&purpose as _, Type::TEXT),
            (&user as _, Type::INT4),
            (&address as _, Type::TEXT),
            (&link.as_bytes() as _, Type::BYTEA),
            (&code.as_bytes() as _, Type::BYTEA),
            (&NOW.plus(3600).to_timestamp() as _, Type::FLOAT8),
            (&NOW.plus(600).to_timestamp() as _, Type::FLOAT8),
        ];
        self.row(&mails::STORE_SECRET, &parameters).await.try_get("is_stored").unwrap()
    }

    /// The user whose password is set by a link.
    async fn reset(&self, link: &str, mark: &str) -> Option<i32> {
        let parameters = [
            (&Some(link.as_bytes()) as _, Type::BYTEA),
            (&None::<&[u8]> as _, Type::BYTEA),
            (&"" as _, Type::TEXT),
            (&"new" as _, Type::TEXT),
            (&mark.as_bytes() as _, Type::BYTEA),
            (&NOW.to_timestamp() as _, Type::FLOAT8),
        ];
        self.row(&mails::RESET, &parameters).await.try_get("user_id").unwrap()
    }

    /// The user and the address that are verified by a link, and whether another user has it.
    async fn verify(&self, link: &str, mark: &str) -> (Option<i32>, Option<String>, bool) {
        let (keys, every, burst) = no_keys();
        let parameters = [
            (&Some(link.as_bytes()) as _, Type::BYTEA),
            (&None::<&[u8]> as _, Type::BYTEA),
            (&"" as _, Type::TEXT),
            (&keys as _, Type::BYTEA_ARRAY),
            (&every as _, Type::FLOAT8_ARRAY),
            (&burst as _, Type::INT4_ARRAY),
            (&mark.as_bytes() as _, Type::BYTEA),
            (&NOW.to_timestamp() as _, Type::FLOAT8),
        ];
        let row = self.row(&mails::VERIFY, &parameters).await;
        let read = |name: &str| row.try_get(name).unwrap();
        (read("user_id"), row.try_get("email").unwrap(), row.try_get("taken").unwrap())
    }

    async fn claim(&self, later: u32) -> Vec<Row> {
        let parameters =
            [(&NOW.plus(later).to_timestamp() as _, Type::FLOAT8), (&10_i32 as _, Type::INT4)];
        self.stage.database().rows(&mails::CLAIM, &parameters).await.unwrap()
    }
}

#[tokio::test]
async fn a_mail_is_asked_for_once_and_claimed_until_it_is_finished() {
    let world = World::new().await;
    for address in ["ada@example.com", "ada@example.com", "nobody@example.com"] {
        assert!(world.ask("reset", address).await);
    }
    let claimed = world.claim(0).await;
    let users: Vec<Option<i32>> =
        claimed.iter().map(|row| row.try_get("user_id").unwrap()).collect();
    assert_eq!(users, [None, None]);
    assert!(world.ask("reset", "ADA@EXAMPLE.COM").await);
    assert!(world.claim(0).await[0].try_get::<_, Option<i32>>("user_id").unwrap().is_none());
    assert_eq!(world.claim(119).await.len(), 0);
    assert_eq!(world.claim(120).await.len(), 3);
}

#[tokio::test]
async fn a_secret_is_used_once_and_the_same_request_may_be_repeated() {
    let world = World::new().await;
    let (ada, address) = (1, "Ada@Example.com");
    assert!(!world.store("reset", ada, "other@example.com", ("l", "c")).await);
    assert!(world.store("reset", ada, address, ("l", "c")).await);
    assert!(world.store("reset", ada, address, ("m", "d")).await);
    assert_eq!(world.reset("l", "first").await, Some(ada));
    assert_eq!(world.reset("l", "first").await, Some(ada));
    for link in ["l", "m"] {
        assert_eq!(world.reset(link, "second").await, None);
    }
    let after = "SELECT password || verified_email || session_epoch FROM users WHERE id = 1";
    assert_eq!(world.stage.value(after).await, "newAda@Example.com1");
    assert_eq!(world.stage.value("SELECT count(*) FROM mails").await, "1");
}

#[tokio::test]
async fn a_change_of_address_is_verified_unless_another_user_has_it() {
    let world = World::new().await;
    assert!(world.store("change", 1, "bob@EXAMPLE.com", ("l", "c")).await);
    assert_eq!(world.verify("l", "first").await, (None, None, true));
    assert!(world.store("change", 1, "new@example.com", ("m", "d")).await);
    assert!(world.store("reset", 1, "Ada@Example.com", ("r", "s")).await);
    let new = || Some("new@example.com".to_owned());
    assert_eq!(world.verify("m", "first").await, (Some(1), new(), false));
    assert_eq!(world.verify("m", "first").await, (Some(1), new(), false));
    assert_eq!(world.verify("m", "second").await, (None, None, false));
    assert_eq!(world.reset("r", "third").await, None);
    assert_eq!(world.stage.value("SELECT count(*) FROM mails").await, "2");
}

#[tokio::test]
async fn the_index_of_mailboxes_finds_an_address() {
    let world = World::new().await;
    let plan = "SET enable_seqscan = off; EXPLAIN SELECT id FROM users AS u \
                WHERE mailbox(u.email::text) = ANY (ARRAY[mailbox('a@b'), mailbox('c@d')])";
    let client = world.stage.client().await;
    let plan = format!("{:?}", client.simple_query(plan).await.unwrap());
    assert!(plan.contains("users_mailbox_idx"), "{plan}");
}
