//! Secrets that are unreachable, or that change.

use serde_json::{Value, json};
use signup::Signup;
use stage::{BY_PASSWORD, SIGNING_KEY};

use crate::blackhole::DEADLINE;
use crate::fixture::{Fixture, side_by_side};
use crate::process::Process;
use crate::secrets_manager::SecretsManager;
use crate::service::{sign_in, sign_up};

const LOGIN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:login";
const KEY: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:key";

/// A function whose login and signing key are secrets.
struct Keeping {
    fixture: Fixture,
    secrets: SecretsManager,
    url: String,
    user: &'static str,
}

impl Keeping {
    /// With a database login of this name that needs a password.
    fn new(user: &'static str) -> Self {
        let (fixture, (secrets, url)) = (Fixture::new(), SecretsManager::start());
        fixture
            .execute(&format!("CREATE ROLE {user} LOGIN IN ROLE latchkey_signin, {BY_PASSWORD}"));
        fixture.start::<Signup>().ask(&sign_up("ada")).is_good();
        Self { fixture, secrets, url, user }
    }

    /// Changes the password at the server.
    fn set_password(&self, password: &str) {
        self.fixture.execute(&format!("ALTER ROLE {} PASSWORD '{password}'", self.user));
    }

    /// The secret in the form that RDS writes.
    fn login(&self, password: &str) -> Value {
        let url = self.fixture.proxy.url(&self.fixture.stage.url);
        let (_, server) = url.split_once('@').unwrap();
        let (address, name) = server.split_once('/').unwrap();
        let (host, port) = address.split_once(':').unwrap();
        let port: u16 = port.parse().unwrap();
        json!({
            "username": self.user, "password": password,
            "host": host, "port": port, "dbname": name,
        })
    }

    fn start(&self) -> Process {
        Process::start(
            "signin",
            &[
                ("AWS_ENDPOINT_URL", &self.url),
                ("AWS_REGION", "eu-central-1"),
                ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
                ("AWS_SECRET_ACCESS_KEY", "example"),
                ("DATABASE_SECRET_ARN", LOGIN),
                ("SIGNING_KEY_ARN", KEY),
                ("BCRYPT_COST", "10"),
            ],
        )
    }
}

#[test]
fn a_function_that_starts_without_a_secret_recovers() {
    let _machine = side_by_side();
    let keeping = Keeping::new("without_a_secret");
    keeping.set_password("one");
    let mut signin = keeping.start();
    for _ in 0..2 {
        signin.ask(&sign_in("ada")).is_unavailable_within(DEADLINE);
    }
    // First the login becomes readable, then the key.
    keeping.secrets.hold(LOGIN, &keeping.login("one"));
    keeping.secrets.hold(KEY, &json!("no key"));
    // More often than a name is guessed: a right password costs nothing.
    for _ in 0..12 {
        signin.ask(&sign_in("ada")).is_unavailable_within(DEADLINE);
    }
    keeping.secrets.hold(KEY, &json!(SIGNING_KEY));
    signin.ask(&sign_in("ada")).is_good();
    // A secret that was read is kept.
    let reads = [LOGIN, KEY].map(|id| keeping.secrets.reads(id));
    signin.ask(&sign_in("ada")).is_good();
    assert_eq!([LOGIN, KEY].map(|id| keeping.secrets.reads(id)), reads);
    assert_eq!(reads[0], 1);
}

#[test]
fn a_password_that_is_rotated_is_read_again_once() {
    let _machine = side_by_side();
    let keeping = Keeping::new("rotated");
    keeping.set_password("one");
    keeping.secrets.hold(LOGIN, &keeping.login("one"));
    keeping.secrets.hold(KEY, &json!(SIGNING_KEY));
    let mut signin = keeping.start();
    signin.ask(&sign_in("ada")).is_good();
    // An open connection outlives the password.
    keeping.set_password("two");
    keeping.secrets.hold(LOGIN, &keeping.login("two"));
    signin.ask(&sign_in("ada")).is_good();
    assert_eq!(keeping.secrets.reads(LOGIN), 1);
    // The next connect is refused (28P01), and the one after it succeeds within the same request.
    let connects = keeping.fixture.proxy.connects();
    keeping.fixture.proxy.cut();
    signin.ask(&sign_in("ada")).is_good();
    assert_eq!(keeping.secrets.reads(LOGIN), 2);
    assert_eq!(keeping.fixture.proxy.connects(), connects + 2);
    // While the secret is older than the server's password, each request reads it once.
    keeping.set_password("three");
    keeping.fixture.proxy.cut();
    signin.ask(&sign_in("ada")).is_unavailable_within(DEADLINE);
    assert_eq!(keeping.secrets.reads(LOGIN), 3);
    keeping.secrets.hold(LOGIN, &keeping.login("three"));
    signin.ask(&sign_in("ada")).is_good();
    assert_eq!(keeping.secrets.reads(LOGIN), 4);
}
