//! The outbox, and what the secrets of its mails do, once each.

mod addresses;
mod intruder;
mod logins;
mod races;
mod void;

use shared::db::one_time_secrets::{Mark, OneTimeSecrets, Verification};
use shared::db::outbox::{Asked, Outbox};
use shared::db::{Group, Parameter, Sql, mails};
use shared::limits::{Budget, Charge, Charges, Key, Kind, Over};
use shared::one_time_key::Hashed;
use shared::{AskedEmail, Languages, NumericDate, Random, Secret};
use stage::{NOW, Stage};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

const USERS: &str = "INSERT INTO users (username, email, password) VALUES \
    ('ada', 'Ada@Example.com', 'old'), ('bob', 'bob@example.com', 'old')";

const ADA: &str = "Ada@Example.com";
const BOB: &str = "bob@example.com";

/// The hash of a link is its first byte, repeated; so is that of its code.
type Mail = u8;

struct World {
    stage: Stage,
}

fn link(mail: Mail) -> Hashed {
    Hashed::Link([mail; 32])
}

fn code(mail: Mail, address: &str) -> Hashed {
    Hashed::Code([mail; 32], asked(address))
}

fn asked(address: &str) -> AskedEmail {
    AskedEmail::parse(address.to_owned()).unwrap()
}

fn mark(number: u64) -> Mark {
    Mark::new(&Random::counted(number))
}

impl World {
    async fn new() -> Self {
        let stage = Stage::new().await;
        stage.execute(USERS).await;
        Self { stage }
    }

    fn secrets(&self) -> OneTimeSecrets {
        OneTimeSecrets::new(self.stage.database())
    }

    /// Sends a statement.
    async fn row(&self, sql: &Sql, parameters: &[Parameter<'_>]) -> Row {
        self.stage.database().only_row(sql, parameters).await.unwrap()
    }

    async fn ask(&self, address: &str) {
        self.charged(address, &Charges::NONE).await.unwrap();
    }

    async fn charged(&self, address: &str, charges: &Charges) -> Result<(), Over> {
        let outbox = Outbox::new(self.stage.database());
        let languages = Languages::default();
        outbox.ask(Asked::Reset, &asked(address), &languages, charges, NOW).await.unwrap()
    }

    /// Stores the secret of a mail, as the mailer does.
    async fn store(&self, purpose: &str, user: i32, address: &str, mail: Mail) -> bool {
        let hash = [mail; 32];
        let parameters = [
            (&purpose as _, Type::TEXT),
            (&user as _, Type::INT4),
            (&address as _, Type::TEXT),
            (&&hash[..] as _, Type::BYTEA),
            (&&hash[..] as _, Type::BYTEA),
            (&NOW.plus(3600).to_timestamp() as _, Type::FLOAT8),
            (&NOW.plus(600).to_timestamp() as _, Type::FLOAT8),
        ];
        self.row(&mails::STORE_SECRET, &parameters).await.try_get("is_stored").unwrap()
    }

    /// Asks for a change of a user's address.
    async fn ask_change(&self, user: i32, address: &str) {
        let ask = format!(
            "SELECT (ask_email_change({user}, NULL::uuid, '\\x00'::bytea, u.password::text, \
                 '{address}'::text, ''::text, '{{}}'::bytea[], '{{}}'::float8[], '{{}}'::int[], \
                 now())).outcome FROM users AS u WHERE u.id = {user}"
        );
        assert_eq!(self.stage.value(&ask).await, "asked");
    }

    /// Stores the secret of a change of Ada's address.
    async fn store_change(&self, address: &str, mail: Mail) -> bool {
        self.ask_change(1, address).await;
        self.store("change", 1, address, mail).await
    }

    /// The user that a secret belongs to.
    async fn finds(&self, secret: &Hashed, now: NumericDate) -> Option<i32> {
        let found = self.secrets().try_reset(secret, &Charges::NONE, now).await;
        found.unwrap().unwrap().map(|user| user.id.get())
    }

    /// The user whose password is set.
    async fn reset(&self, secret: &Hashed, mark: &Mark) -> Option<i32> {
        let (new, languages) = (Secret::new("new".to_owned()), Languages::default());
        let reset = self.secrets().reset(secret, &new, &languages, mark, NOW).await;
        reset.unwrap().map(|reset| reset.user_id.get())
    }

    /// The address that is verified.
    async fn verify(&self, secret: &Hashed, mark: &Mark) -> Result<String, Verification> {
        let languages = Languages::default();
        let verified = self.secrets().verify(secret, &Charges::NONE, &languages, mark, NOW).await;
        match verified.unwrap().unwrap() {
            Verification::Verified(user) => Ok(user.email),
            other => Err(other),
        }
    }

    async fn claim(&self, later: u32) -> Vec<Row> {
        let parameters =
            [(&NOW.plus(later).to_timestamp() as _, Type::FLOAT8), (&10_i32 as _, Type::INT4)];
        self.stage.database().rows(&mails::CLAIM, &parameters).await.unwrap()
    }

    async fn waiting(&self, kind: &str) -> String {
        let value = format!("SELECT count(*) FROM mails WHERE kind = '{kind}'");
        self.stage.value(&value).await
    }
}

#[tokio::test]
async fn a_mail_is_asked_for_once_and_claimed_until_it_is_finished() {
    let world = World::new().await;
    for address in ["ada@example.com", "ada@example.com", "nobody@example.com"] {
        world.ask(address).await;
    }
    assert_eq!(world.claim(0).await.len(), 2);
    world.ask("ada@example.com").await;
    assert_eq!(world.claim(0).await.len(), 1);
    assert_eq!(world.claim(119).await.len(), 0);
    assert_eq!(world.claim(120).await.len(), 3);
}

#[tokio::test]
async fn a_request_over_its_limit_asks_for_nothing_whether_or_not_the_user_exists() {
    let world = World::new().await;
    for address in [ADA, "nobody@example.com"] {
        let key = Key::new("mail", Kind::Mailbox, &[address.as_bytes()]);
        let charge = Charge { kind: Kind::Mailbox, key, budget: Budget::per_day(27, 3) };
        let charges: Charges = [charge].into_iter().collect();
        for _ in 0..3 {
            assert!(world.charged(address, &charges).await.is_ok());
            world.claim(0).await;
        }
        let over = Err(Over { by: Kind::Mailbox, wait: 3600.0 });
        assert_eq!(world.charged(address, &charges).await, over);
        assert_eq!(world.claim(0).await.len(), 0);
    }
}

#[tokio::test]
async fn a_secret_is_used_once_and_the_same_request_may_be_repeated() {
    let world = World::new().await;
    assert!(!world.store("reset", 1, "other@example.com", 1).await);
    assert!(world.store("reset", 1, ADA, 1).await);
    assert!(world.store("reset", 1, ADA, 2).await);
    for _ in 0..2 {
        assert_eq!(world.reset(&link(1), &mark(1)).await, Some(1));
    }
    for mail in [1, 2] {
        assert_eq!(world.reset(&link(mail), &mark(2)).await, None);
        assert_eq!(world.reset(&code(mail, ADA), &mark(2)).await, None);
    }
    let after = "SELECT password || verified_email || session_epoch FROM users WHERE id = 1";
    assert_eq!(world.stage.value(after).await, "newAda@Example.com1");
    assert_eq!(world.waiting("password_changed").await, "1");
}

#[tokio::test]
async fn a_request_that_is_repeated_is_answered_alike_whatever_came_since() {
    let world = World::new().await;
    assert!(world.store("reset", 1, ADA, 1).await && world.store("verify", 2, BOB, 2).await);
    let moved = "UPDATE users SET email = 'third' || id || '@example.com'";
    for then in [moved, "SELECT 1"] {
        assert_eq!(world.reset(&link(1), &mark(1)).await, Some(1));
        assert!(world.verify(&link(2), &mark(2)).await.is_ok());
        world.stage.execute(then).await;
    }
    let epochs = "SELECT string_agg(email || session_epoch, ' ' ORDER BY id) FROM users";
    assert_eq!(world.stage.value(epochs).await, "third1@example.com1 third2@example.com0");
}

#[tokio::test]
async fn of_two_mails_with_one_code_the_latest_counts() {
    let world = World::new().await;
    assert!(world.store("reset", 1, ADA, 1).await && world.store("verify", 1, ADA, 2).await);
    assert!(world.store_change("new@example.com", 3).await);
    let same = "UPDATE one_time_secrets SET code_hash = decode(repeat('01', 32), 'hex'), \
                address = 'Ada@Example.com'";
    world.stage.execute(same).await;
    assert_eq!(world.verify(&code(1, ADA), &mark(1)).await, Ok(ADA.into()));
    let left =
        "SELECT string_agg(purpose, ' ' ORDER BY id) FROM one_time_secrets WHERE used_by IS NULL";
    assert_eq!(world.stage.value(left).await, "reset verify");
}

#[tokio::test]
async fn a_link_lives_for_an_hour_and_a_code_for_ten_minutes() {
    let world = World::new().await;
    assert!(world.store("reset", 1, ADA, 1).await);
    for (secret, seconds) in [(link(1), 3600), (code(1, ADA), 600)] {
        assert_eq!(world.finds(&secret, NOW.plus(seconds - 1)).await, Some(1));
        assert_eq!(world.finds(&secret, NOW.plus(seconds)).await, None);
    }
    for other in [link(2), code(2, ADA), code(1, "bob@example.com"), code(1, "x@example.com")] {
        assert_eq!(world.finds(&other, NOW).await, None);
    }
    assert_eq!(world.verify(&link(1), &mark(1)).await, Err(Verification::Invalid));
    assert_eq!(world.finds(&link(1), NOW).await, Some(1));
}

#[tokio::test]
async fn a_change_of_address_is_verified_unless_another_user_has_it() {
    let world = World::new().await;
    assert!(world.store_change("bob@EXAMPLE.com", 1).await);
    assert_eq!(world.verify(&link(1), &mark(1)).await, Err(Verification::Taken));
    assert!(world.store_change("new@example.com", 2).await);
    assert!(world.store("reset", 1, ADA, 3).await);
    for _ in 0..2 {
        assert_eq!(world.verify(&link(2), &mark(1)).await, Ok("new@example.com".into()));
    }
    assert_eq!(world.verify(&link(2), &mark(2)).await, Err(Verification::Invalid));
    assert_eq!(world.reset(&link(3), &mark(3)).await, None);
    let addresses =
        "SELECT string_agg(address, ' ' ORDER BY id) FROM mails WHERE kind = 'email_changed'";
    assert_eq!(world.stage.value(addresses).await, "Ada@Example.com new@example.com");
    let verified = "SELECT verified_email = email FROM users WHERE id = 1";
    assert_eq!(world.stage.value(verified).await, "t");
}
