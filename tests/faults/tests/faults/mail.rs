//! A container of each function of mail, and requests for them, each of which can succeed once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use change_email::ChangeEmail;
use mail_request::MailRequest;
use reset_password::ResetPassword;
use serde_json::{Value, json};
use shared::http::Endpoint;
use shared::secrets_manager::SecretsManager;
use shared::{Environment, Link, OneTimeKey, Random};
use verify::Verify;

use crate::container::{Answer, Container, runtime};
use crate::fixture::Fixture;
use crate::member::Member;
use crate::service::{PASSWORD, post};

/// With these, mail is on.
pub(crate) const SETTINGS: [(&str, &str); 2] = [
    ("MAIL_SENDER", "mail@example.com"),
    ("ONE_TIME_KEY", "2222222222222222222222222222222222222222222222222222222222222222"),
];

/// How many users of each purpose have a mail with a link.
const READERS: u32 = 400;

type Ask<'a> = &'a (dyn Fn() -> Answer + Sync);

/// A container of each, and users with mails.
pub(crate) struct Mail {
    request: Container<MailRequest>,
    reset: Container<ResetPassword>,
    verify: Container<Verify>,
    change: Container<ChangeEmail>,
    member: Member,
    /// The links for a new password, for a verification, and for another address.
    links: [Vec<Link>; 3],
    next: AtomicU32,
}

impl Mail {
    pub(crate) const CONTAINERS: usize = 4;

    /// A reset counts an attempt before its hash, and a change of address a guess.
    pub(crate) const STATEMENTS: usize = Self::CONTAINERS + 2;

    pub(crate) fn start(fixture: &Fixture, member: Member) -> Self {
        let links = ["reset", "verify", "change"].map(|purpose| send(fixture, purpose, READERS));
        Self {
            request: start(fixture),
            reset: start(fixture),
            verify: start(fixture),
            change: start(fixture),
            member,
            links,
            next: AtomicU32::new(0),
        }
    }

    /// One request to each function, all at the same time.
    pub(crate) fn ask(&self) -> [Answer; Self::CONTAINERS] {
        self.ask_by(&self.member, |asks| {
            thread::scope(|scope| {
                asks.map(|ask| scope.spawn(ask)).map(|asked| asked.join().unwrap())
            })
        })
    }

    /// One request to each function, one after another; for another address, by this user.
    pub(crate) fn ask_in_order(&self, member: &Member) -> [Answer; Self::CONTAINERS] {
        self.ask_by(member, |asks| asks.map(|ask| ask()))
    }

    /// The next time, the requests name other secrets only if all these succeed, which is to be asserted.
    fn ask_by(
        &self,
        member: &Member,
        send: impl FnOnce([Ask<'_>; Self::CONTAINERS]) -> [Answer; Self::CONTAINERS],
    ) -> [Answer; Self::CONTAINERS] {
        let number = self.asked();
        let [reset, first, second] = &self.links;
        // Verifications of both kinds alternate.
        let links = if number.is_multiple_of(2) { first } else { second };
        let answers = send([
            &|| self.request.ask(&request(&somewhere())),
            &|| self.reset.ask(&reset_by(&reset[number])),
            &|| self.verify.ask(&verify_by(&links[number])),
            &|| self.change.ask(&elsewhere(member.change_email(&somewhere()))),
        ]);
        if answers.iter().all(|answer| answer.status < 300) {
            self.next.fetch_add(1, Ordering::SeqCst);
        }
        answers
    }

    /// How often [`Mail::ask`] has succeeded.
    pub(crate) fn asked(&self) -> usize {
        self.next.load(Ordering::SeqCst) as usize
    }
}

/// A container of a function, with mail on.
pub(crate) fn start<E: Endpoint>(fixture: &Fixture) -> Container<E> {
    Container::with(runtime(), &fixture.url_for(E::FUNCTION), &SETTINGS)
}

/// Makes users, and stores the secret of a mail for each, as the mailer does.
pub(crate) fn send(fixture: &Fixture, purpose: &str, number: u32) -> Vec<Link> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let mut env = SETTINGS.into_iter().collect::<Environment>();
    let key = OneTimeKey::from_env(&mut env, SecretsManager::default()).unwrap();
    let (runtime, random) = (runtime(), Random::System);
    let first = COUNT.fetch_add(number, Ordering::SeqCst);
    let links: Vec<_> = (0..number).map(|_| Link::new(&random)).collect();
    let rows = links.iter().zip(first..).map(|(link, reader)| {
        let hash = runtime.block_on(key.hash_link(link)).unwrap();
        let [high, low] =
            [&hash[..16], &hash[16..]].map(|it| u128::from_be_bytes(it.try_into().unwrap()));
        format!("('reader-{reader}', '{high:032x}{low:032x}')")
    });
    let rows = rows.collect::<Vec<_>>().join(", ");
    // A mail of a change has another address.
    fixture.execute(&format!(
        "SET statement_timeout = 0; \
         INSERT INTO users (username, email, password) \
         SELECT r.name, r.name || '@example.com', 'old' FROM (VALUES {rows}) AS r (name, hash); \
         INSERT INTO one_time_secrets \
             (purpose, user_id, address, link_hash, code_hash, link_until, code_until, user_state) \
         SELECT '{purpose}', u.id, CASE '{purpose}' WHEN 'change' THEN 'new-' ELSE '' END || u.email, \
             decode(r.hash, 'hex'), decode(r.hash, 'hex'), now() + interval '1 hour', now(), \
             user_state(u.id) \
         FROM users AS u JOIN (VALUES {rows}) AS r (name, hash) ON r.name = u.username"
    ));
    links
}

pub(crate) fn request(address: &str) -> Value {
    elsewhere(post("/api/auth/forgot-password", &json!({ "email": address })))
}

pub(crate) fn reset_by(link: &Link) -> Value {
    let token = link.to_text();
    let body = json!({ "token": token.expose(), "password": PASSWORD });
    elsewhere(post("/api/auth/reset-password", &body))
}

pub(crate) fn verify_by(link: &Link) -> Value {
    elsewhere(post("/api/auth/verify", &json!({ "token": link.to_text().expose() })))
}

/// An unused address.
pub(crate) fn somewhere() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("somewhere-{}@example.com", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// From a network of its own, since one may ask so often.
fn elsewhere(mut event: Value) -> Value {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let [.., high, middle, low] = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    event["requestContext"]["identity"] =
        json!({ "sourceIp": format!("11.{high}.{middle}.{low}") });
    event
}
