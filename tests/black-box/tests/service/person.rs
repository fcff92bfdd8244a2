//! The users who sign up and sign in.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::client::Answer;
use crate::target::Target;

/// Distinguishes this run's users from those of earlier runs at the same target.
static RUN: LazyLock<u32> = LazyLock::new(|| {
    let random = RandomState::new().hash_one(std::process::id());
    u32::try_from(random >> 32).unwrap_or_default()
});
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A user with an unused name.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// The name.
    pub(crate) username: String,
    /// The e-mail address.
    pub(crate) email: String,
    /// The password.
    pub(crate) password: String,
}

impl Person {
    /// A new user, not signed up yet.
    pub(crate) fn new(stem: &str) -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let username = format!("{stem}-{:08x}-{number}", *RUN);
        let email = format!("person-{:08x}-{number}@mail.example", *RUN);
        let password = format!("{number} plain horses of {:08x}", *RUN);
        Self { username, email, password }
    }

    /// The same user with another password.
    pub(crate) fn with_password(mut self, password: &str) -> Self {
        password.clone_into(&mut self.password);
        self
    }

    /// The body of a sign-up.
    pub(crate) fn json(&self) -> Value {
        json!({ "username": self.username, "email": self.email, "password": self.password })
    }

    /// The answer of a sign-up and of `me`.
    pub(crate) fn public(&self) -> Value {
        json!({ "username": self.username, "email": self.email })
    }
}

/// A name that nobody has, and that no other check guesses.
pub(crate) fn nobody() -> String {
    Person::new("nobody-of-that-name").username
}

/// A user with a token.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    /// The user.
    pub(crate) person: Person,
    /// The token.
    pub(crate) token: String,
}

impl Target {
    /// Posts a sign-up.
    #[track_caller]
    pub(crate) fn signup(&self, person: &Person) -> Answer {
        self.http.post_json("/api/auth/signup", &person.json()).send()
    }

    /// Posts a sign-in.
    #[track_caller]
    pub(crate) fn signin(&self, username: &str, password: &str) -> Answer {
        let body = json!({ "username": username, "password": password });
        self.http.post_json("/api/auth/signin", &body).send()
    }

    /// Posts to the token endpoint.
    #[track_caller]
    pub(crate) fn token(&self, fields: &[(&str, &str)]) -> Answer {
        self.http.post_form("/api/auth/token", fields).send()
    }

    /// Requests a protected address with a token.
    #[track_caller]
    pub(crate) fn get_as(&self, token: &str, path: &str) -> Answer {
        self.http.get(path).bearer(token).send()
    }

    /// A user who has signed up.
    #[track_caller]
    pub(crate) fn signed_up(&self, stem: &str) -> Person {
        let person = Person::new(stem);
        self.signup(&person).is_json(200, &person.public());
        person
    }

    /// A user who has signed up and in.
    #[track_caller]
    pub(crate) fn signed_in(&self, stem: &str) -> SignedIn {
        let person = self.signed_up(stem);
        let token = self.token_of(&person);
        SignedIn { person, token }
    }

    /// A new token.
    #[track_caller]
    pub(crate) fn token_of(&self, person: &Person) -> String {
        let answer = self.signin(&person.username, &person.password);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["token"].as_str().expect("a token").to_owned()
    }
}
