//! The signing key is replaced by one of the other kind while users sign in and are authorized.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use admin::PublishedKeys;
use serde_json::json;
use shared::db::Group;
use shared::jwt::{Algorithm, PublicKey, SigningKey};
use shared::{Clock, Secret};
use signup::Signup;
use stage::{RSA_SIGNING_KEY, SIGNING_KEY};

use crate::container::{Container, runtime};
use crate::fixture::{Fixture, side_by_side};
use crate::gatekeeper::Gatekeeper;
use crate::process::Process;
use crate::secrets_manager::SecretsManager;
use crate::service::{me, sign_in, sign_up};

const KEY: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:key";

/// Another P-256 key than [`SIGNING_KEY`].
const THIRD_KEY: &str = "3333333333333333333333333333333333333333333333333333333333333333";

/// Longer than a container waits before it reads the public keys or the signing key again.
const PHASE: Duration = Duration::from_secs(6);

fn public(key: &str) -> PublicKey {
    SigningKey::parse(&Secret::new(key.to_owned())).unwrap().public_key().clone()
}

/// Users who sign in, and are authorized by all tokens so far.
struct Load {
    signin: Mutex<Process>,
    /// Containers that have cached the public keys.
    warm: Vec<Container<Gatekeeper>>,
    tokens: Mutex<Vec<String>>,
    is_over: AtomicBool,
}

impl Load {
    fn sign_in(&self) {
        while !self.is_over.load(Ordering::Relaxed) {
            let answer = self.signin.lock().unwrap().ask(&sign_in("ada"));
            answer.is_good();
            self.tokens.lock().unwrap().push(answer.body["token"].as_str().unwrap().to_owned());
        }
    }

    fn authorize(&self, gatekeeper: &Container<Gatekeeper>) {
        while !self.is_over.load(Ordering::Relaxed) {
            self.present_all(gatekeeper);
        }
    }

    fn present_all(&self, gatekeeper: &Container<Gatekeeper>) {
        let tokens = self.tokens.lock().unwrap().clone();
        for token in tokens {
            gatekeeper.ask(&me(&token)).is_good();
        }
    }

    /// The number of tokens by this algorithm.
    fn count(&self, algorithm: Algorithm) -> usize {
        // The headers `{"typ":"at+jwt","alg":"ES256"` and `{"typ":"at+jwt","alg":"RS256"` in base64url.
        let header = match algorithm {
            Algorithm::Es256 => "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiI",
            Algorithm::Rs256 => "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJSUzI1NiI",
        };
        let tokens = self.tokens.lock().unwrap();
        tokens.iter().filter(|token| token.starts_with(header)).count()
    }
}

/// Ends the load, also after a failed step.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_rotation_to_the_other_kind_of_key_and_back_signs_nobody_out() {
    let _machine = side_by_side();
    let (fixture, runtime) = (Fixture::new(), runtime());
    let (secrets, url) = SecretsManager::start();
    secrets.hold(KEY, &json!(SIGNING_KEY));
    fixture.start::<Signup>().ask(&sign_up("ada")).is_good();
    let database = fixture.stage.url_of(Group::Signin);
    let signin = Process::start(
        "signin",
        &[
            ("AWS_ENDPOINT_URL", &url),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "example"),
            ("DATABASE_URL", &database),
            ("SIGNING_KEY_ARN", KEY),
            ("BCRYPT_COST", "10"),
        ],
    );
    let load = Load {
        signin: Mutex::new(signin),
        warm: (0..2).map(|_| fixture.start()).collect(),
        tokens: Mutex::default(),
        is_over: AtomicBool::new(false),
    };
    let table = PublishedKeys::new(fixture.stage.database());
    let publish = |current: &str, pending: Option<&str>| {
        let (pending, now) = (pending.map(public), Clock::System.now());
        let current = public(current);
        let published = table.publish(&current, pending.as_ref(), now, now.plus(3_900));
        runtime.block_on(published).unwrap();
    };
    let phase = || {
        let began = Instant::now();
        // A container that starts in this phase.
        let cold: Container<Gatekeeper> = fixture.start();
        while began.elapsed() < PHASE {
            load.present_all(&cold);
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| load.sign_in());
        for gatekeeper in &load.warm {
            scope.spawn(|| load.authorize(gatekeeper));
        }
        let _over = Over(&load.is_over);
        for (old, new) in [(SIGNING_KEY, RSA_SIGNING_KEY), (RSA_SIGNING_KEY, THIRD_KEY)] {
            let algorithm = public(new).algorithm();
            let before = load.count(algorithm);
            // As `deployment/signing-key.sh` does it: `add`, then `promote`.
            publish(old, Some(new));
            phase();
            assert_eq!(load.count(algorithm), before, "it signs nothing yet");
            secrets.hold(KEY, &json!(new));
            publish(new, None);
            phase();
            assert!(load.count(algorithm) > before + 5, "it signs");
        }
    });
    let count = |algorithm| load.count(algorithm);
    println!("{} and {} tokens", count(Algorithm::Es256), count(Algorithm::Rs256));
}
