//! A container of each function that queries the database, and requests for them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use serde_json::{Value, json};
use signin::Signin;
use signup::Signup;

use crate::container::{Answer, Container};
use crate::fixture::Fixture;
use crate::gatekeeper::Gatekeeper;

/// A container of each.
pub(crate) struct Service {
    signup: Container<Signup>,
    signin: Container<Signin>,
    gatekeeper: Container<Gatekeeper>,
    /// The name of a user who exists.
    ada: String,
    token: String,
}

impl Service {
    /// One connection per container, and a user with a token.
    pub(crate) fn start(fixture: &Fixture) -> Self {
        let (signup, signin) = (fixture.start(), fixture.start());
        let gatekeeper: Container<Gatekeeper> = fixture.start();
        let ada = somebody();
        signup.ask(&sign_up(&ada)).is_good();
        let signed_in = signin.ask(&sign_in(&ada));
        signed_in.is_good();
        let token = signed_in.body["token"].as_str().unwrap().to_owned();
        let service = Self { signup, signin, gatekeeper, ada, token };
        service.ask().iter().for_each(Answer::is_good);
        service
    }

    /// The number of containers, each with one connection.
    pub(crate) const CONTAINERS: usize = 3;

    /// One request to each function, all at the same time.
    pub(crate) fn ask(&self) -> [Answer; Self::CONTAINERS] {
        thread::scope(|scope| {
            let write = scope.spawn(|| self.write());
            let [signed_in, let_in] = self.read();
            [write.join().unwrap(), signed_in, let_in]
        })
    }

    /// One request to each function that only reads, all at the same time.
    pub(crate) fn read(&self) -> [Answer; 2] {
        thread::scope(|scope| {
            let signed_in = scope.spawn(|| self.signin.ask(&sign_in(&self.ada)));
            let let_in = scope.spawn(|| self.gatekeeper.ask(&me(&self.token)));
            [signed_in, let_in].map(|asked| asked.join().unwrap())
        })
    }

    /// A sign-in of a client that wants a refresh token, or a cookie.
    pub(crate) fn sign_in_for(&self, session: &str) -> Answer {
        let mut body = credentials(&self.ada);
        body["session"] = session.into();
        self.signin.ask(&post("/api/auth/signin", &body))
    }

    /// A request that writes.
    pub(crate) fn write(&self) -> Answer {
        self.signup.ask(&sign_up(&somebody()))
    }

    /// A new user signs up, signs in, and is authorized.
    pub(crate) fn ask_of_a_newcomer(&self) -> [Answer; Self::CONTAINERS] {
        let name = somebody();
        let signed_up = self.signup.ask(&sign_up(&name));
        let signed_in = self.signin.ask(&sign_in(&name));
        let token = signed_in.body["token"].as_str().unwrap_or(&self.token);
        let let_in = self.gatekeeper.ask(&me(token));
        [signed_up, signed_in, let_in]
    }
}

/// An unused name.
pub(crate) fn somebody() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("somebody-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn sign_up(name: &str) -> Value {
    let email = format!("{name}@example.com");
    let person = json!({ "username": name, "email": email, "password": "correct horse" });
    post("/api/auth/signup", &person)
}

pub(crate) fn sign_in(name: &str) -> Value {
    post("/api/auth/signin", &credentials(name))
}

fn credentials(name: &str) -> Value {
    json!({ "username": name, "password": "correct horse" })
}

pub(crate) fn keys() -> Value {
    json!({ "resource": "/.well-known/jwks.json", "httpMethod": "GET" })
}

pub(crate) fn me(token: &str) -> Value {
    let headers = json!({ "Authorization": format!("Bearer {token}") });
    let context = json!({
        "sub": "1", "username": "", "email": "", "roles": "", "exp": "0",
        "sid": "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "token_digest": "",
    });
    json!({
        "resource": "/api/auth/users/me", "httpMethod": "GET", "headers": headers,
        "requestContext": { "authorizer": context },
    })
}

fn post(resource: &str, body: &Value) -> Value {
    let headers = json!({ "Content-Type": "application/json" });
    let body = body.to_string();
    json!({ "resource": resource, "httpMethod": "POST", "headers": headers, "body": body })
}
