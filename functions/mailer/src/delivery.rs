//! One mail: from its row to the way out.

use std::time::Duration;

use shared::db::{self, Database};
use shared::log::{self, MailLine};
use shared::{Clock, Code, Link, OneTimeKey, Random, UserId};
use tokio::time::timeout;

use crate::kind::{Kind, NOTICE_SECONDS, Purpose};
use crate::language;
use crate::letter::{Letter, mailbox};
use crate::outbox::{Asked, Hashes, Outbox};
use crate::recipient::{Recipient, recipient};
use crate::settings::Settings;
use crate::texts::{Parts, Texts, languages};
use crate::way_out::{Outcome, Transport};

/// How long a mail may take to be handed over.
const SENDING: Duration = Duration::from_secs(8);

/// What is needed to send mails.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) outbox: Outbox,
    pub(crate) key: OneTimeKey,
    pub(crate) texts: Texts,
    pub(crate) settings: Settings,
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Its mail was sent, and it is gone.
    Sent,
    /// It is gone without a mail.
    Dropped,
    /// It alone waits.
    Waits,
    /// It waits, and the way out seems to be down.
    Down,
    /// It waits, and the provider accepts no more for now.
    Throttled,
}

impl Delivery {
    /// The delivery of mails of this database.
    pub(crate) fn new(
        database: Database,
        key: OneTimeKey,
        settings: Settings,
        texts: Texts,
        transport: Box<dyn Transport>,
    ) -> Self {
        let (outbox, clock, random) = (Outbox::new(database), Clock::System, Random::System);
        Self { outbox, key, texts, settings, transport, clock, random }
    }

    /// Sends the mail of a row that was claimed. A row is removed only after its mail was accepted, so that
    /// a mail may be sent twice, and never not at all. Fails with a cause for the log; the row then waits.
    pub(crate) async fn deliver(&self, asked: &Asked) -> Result<Step, String> {
        let Some(kind) = Kind::parse(&asked.kind) else { return self.keep_for_a_day(asked).await };
        let Some(recipient) = recipient(kind, asked) else { return self.drop_row(asked).await };
        let Recipient { kind, user_id, address, proven } = recipient;
        let report = |event, id: Option<&str>, cause: Option<&str>| {
            let (app, kind) = (self.settings.app.as_str(), kind.name());
            log::mail(&MailLine { app, event, kind, user_id, mail_id: id, cause });
        };
        if kind.is_over(asked.at, asked.attempts, self.clock.now()) {
            report("mail_given_up", None, None);
            return self.drop_row(asked).await;
        }
        let Some(to) = mailbox(address) else {
            report("mail_address_unusable", None, None);
            return self.drop_row(asked).await;
        };
        let secret = match kind.purpose() {
            Some(purpose) => match self.mint(purpose, user_id, address).await? {
                Some(secret) => Some(secret),
                None => return self.drop_row(asked).await,
            },
            None => None,
        };
        let secret =
            secret.as_ref().map(|(link, code, hours)| (link.as_str(), code.as_str(), *hours));
        let default = self.settings.language;
        let available: Vec<_> = languages().collect();
        let language = language::choose(&asked.language, &available, default);
        let text = self.texts.render(language, kind, &Parts { secret, proven });
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                report("mail_waits", None, Some(&format!("{language}: {error}")));
                return Ok(Step::Waits);
            }
        };
        let from = self.settings.sender.clone();
        let letter =
            Letter { kind, from, to, language, text, id: self.id(), date: self.clock.now() };
        let outcome = timeout(SENDING, self.transport.send(&letter)).await;
        match outcome.unwrap_or_else(|_| Outcome::Unavailable("no answer in time".into())) {
            Outcome::Sent(id) => {
                report("mail_sent", Some(&id), None);
                self.outbox.finish(asked.id, self.clock.now()).await.map_err(cause)?;
                Ok(Step::Sent)
            }
            Outcome::Refused(reason) => {
                report("mail_refused", None, Some(&reason));
                self.drop_row(asked).await
            }
            Outcome::Throttled => {
                report("mail_throttled", None, None);
                Ok(Step::Throttled)
            }
            Outcome::Postponed(cause) => {
                report("mail_waits", None, Some(&cause));
                Ok(Step::Waits)
            }
            Outcome::Unavailable(cause) => {
                report("mail_waits", None, Some(&cause));
                Ok(Step::Down)
            }
        }
    }

    /// A later release's kind waits for that release, as long as any mail may.
    async fn keep_for_a_day(&self, asked: &Asked) -> Result<Step, String> {
        if self.clock.now() < asked.at.plus(NOTICE_SECONDS) {
            return Ok(Step::Waits);
        }
        log::notice(None, "mail_given_up", Some("no kind of this release's"));
        self.drop_row(asked).await
    }

    async fn drop_row(&self, asked: &Asked) -> Result<Step, String> {
        self.outbox.finish(asked.id, self.clock.now()).await.map_err(cause)?;
        Ok(Step::Dropped)
    }

    /// Makes a secret and stores its hashes: the link, the code, and the link's lifetime in hours. `None` if
    /// the user is gone or has another address by now.
    async fn mint(
        &self,
        purpose: Purpose,
        user_id: UserId,
        address: &str,
    ) -> Result<Option<(String, String, u32)>, String> {
        let (link, code) = (Link::new(&self.random), Code::new(&self.random));
        let hashes = Hashes {
            link: self.key.hash_link(&link).await?,
            code: self.key.hash_code(&code).await?,
            at: self.clock.now(),
        };
        if !self.outbox.store(purpose, user_id, address, &hashes).await.map_err(cause)? {
            return Ok(None);
        }
        let (url, name) = (&self.settings.link_url, purpose.name);
        let link = format!("{url}#{name}={}", link.to_text().expose());
        Ok(Some((link, code.to_text().expose().clone(), purpose.hours)))
    }

    /// A new `Message-ID`.
    fn id(&self) -> String {
        let random = u128::from_be_bytes(self.random.bytes());
        format!("<{random:032x}@{}>", self.settings.sender.email.domain())
    }
}

/// A database's error for the log.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(crate) fn cause(error: db::Error) -> String {
    error.to_string()
}
