//! A mailer over a database of its own, and a way out that a test decides over.

use std::fmt;
use std::sync::{Arc, Mutex};

use mailer::{Letter, Mailer, Outcome, Report, Sending, Transport};
use shared::db::Group;
use shared::secrets_manager::SecretsManager;
use shared::{Code, Environment, Link, OneTimeKey, Random};
use stage::{NOW, Stage};

const KEY: &str = "2222222222222222222222222222222222222222222222222222222222222222";

/// The address that links begin with.
pub(crate) const LINK_URL: &str = "https://app.example/mail";

/// What became of each mail, by a closure.
type Decide = Arc<dyn Fn(&Letter) -> Outcome + Send + Sync>;

/// A way out that keeps what is sent by it.
#[derive(Clone)]
pub(crate) struct Sink {
    letters: Arc<Mutex<Vec<Letter>>>,
    decide: Decide,
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sink")
    }
}

impl Sink {
    pub(crate) fn new(decide: impl Fn(&Letter) -> Outcome + Send + Sync + 'static) -> Self {
        Self { letters: Arc::default(), decide: Arc::new(decide) }
    }

    pub(crate) fn accepting() -> Self {
        Self::new(|letter| Outcome::Sent(letter.id.clone()))
    }

    /// Waits for the first mail. It is sent, and its sender doesn't know it yet.
    pub(crate) async fn has_sent(&self) {
        while self.letters.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    /// What was sent so far; it is then forgotten.
    pub(crate) fn taken(&self) -> Vec<Letter> {
        std::mem::take(&mut self.letters.lock().unwrap())
    }
}

impl Transport for Sink {
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let outcome = (self.decide)(letter);
            if let Outcome::Sent(_) = outcome {
                self.letters.lock().unwrap().push(letter.clone());
            }
            tokio::task::yield_now().await;
            outcome
        })
    }
}

/// A database with the users `ada`, verified, and `bob`, not verified.
pub(crate) struct World {
    pub(crate) stage: Stage,
}

impl World {
    pub(crate) async fn new() -> Self {
        let stage = Stage::new().await;
        let users = "INSERT INTO users (username, email, password, verified_email) VALUES \
            ('ada', 'Ada@example.com', 'x', 'Ada@example.com'), ('bob', 'bob@example.com', 'x', NULL)";
        stage.execute(users).await;
        Self { stage }
    }

    fn env(&self) -> Environment {
        Environment::from_iter([
            ("DATABASE_URL", self.stage.url_of(Group::Mailer).as_str()),
            ("MAIL_SENDER", "mail@example.com"),
            ("MAIL_LINK_URL", LINK_URL),
            ("MAIL_TRANSPORT", "folder"),
            ("ONE_TIME_KEY", KEY),
        ])
    }

    pub(crate) async fn mailer(&self, sink: &Sink, seed: u64) -> Mailer {
        let mailer = Box::pin(Mailer::local(&mut self.env(), "/nowhere".into())).await.unwrap();
        mailer
            .with_transport(Box::new(sink.clone()))
            .with_clock(self.stage.clock.clone())
            .with_random(Random::counted(seed))
    }

    /// One run of a mailer.
    pub(crate) async fn run(&self, sink: &Sink) -> Report {
        let seed = u64::try_from(self.stage.clock.now().seconds()).unwrap();
        Box::pin(self.mailer(sink, seed).await.run()).await.unwrap()
    }

    /// Asks for a mail, to a user by their id or to an address alone.
    pub(crate) async fn ask(&self, kind: &str, user_id: Option<i32>, address: &str) {
        self.ask_in(kind, user_id, address, "").await;
    }

    pub(crate) async fn ask_in(
        &self,
        kind: &str,
        user_id: Option<i32>,
        address: &str,
        language: &str,
    ) {
        let now = self.stage.clock.now().to_timestamp();
        let client = self.stage.client().await;
        let insert = "INSERT INTO mails (kind, user_id, address, language, asked_at, due_at, \
            user_state) VALUES ($1, $2, $3, $4, to_timestamp($5), to_timestamp($5), user_state($2))";
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&kind, &user_id, &address, &language, &now];
        client.execute(insert, &parameters).await.unwrap();
    }

    pub(crate) async fn waiting(&self) -> String {
        self.stage.value("SELECT count(*) FROM mails").await
    }

    /// Whether the link and the code of a mail are those of one row of the database.
    pub(crate) async fn is_stored(&self, letter: &Letter) -> bool {
        let (link, code) = secrets(letter);
        let key = OneTimeKey::from_env(&mut self.env(), SecretsManager::default()).unwrap();
        let link = key.hash_link(&Link::parse(&link).unwrap()).await.unwrap();
        let code = key.hash_code(&Code::parse(&code).unwrap()).await.unwrap();
        let client = self.stage.client().await;
        let select = "SELECT FROM one_time_secrets WHERE link_hash = $1 AND code_hash = $2";
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 2] =
            [&link.as_slice(), &code.as_slice()];
        client.query(select, &parameters).await.unwrap().len() == 1
    }
}

/// The token of the link and the code of a mail.
pub(crate) fn secrets(letter: &Letter) -> (String, String) {
    let lines = letter.text.plain.lines();
    let link = lines.clone().find(|line| line.starts_with(LINK_URL)).unwrap();
    let code = lines.clone().find(|line| line.len() == 9 && line.as_bytes()[4] == b'-').unwrap();
    (link.rsplit_once('=').unwrap().1.to_owned(), code.to_owned())
}

/// The time of the stage, this much later.
pub(crate) fn after(seconds: u32) -> String {
    format!("to_timestamp({})", NOW.plus(seconds).seconds())
}
