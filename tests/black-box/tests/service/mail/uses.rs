//! How a client uses the secrets of mails.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio_postgres::types::ToSql;

use super::mailbox::Mail;
use super::{FORGOT, REQUEST_VERIFY};
use crate::client::Answer;
use crate::person::{Person, SignedIn};
use crate::target::Target;

/// The path of a new password.
pub(crate) const RESET: &str = "/api/auth/reset-password";
/// The path of a proof of a mailbox.
pub(crate) const VERIFY: &str = "/api/auth/verify";
/// The path of a change of address.
pub(crate) const CHANGE: &str = "/api/auth/change-email";

/// What a client sends of a mail.
pub(super) type Way = fn(&Mail) -> Value;

/// By its link, and by its code.
pub(super) const WAYS: [Way; 2] = [Mail::by_link, Mail::by_code];

impl Mail {
    /// The fields of a request with its link.
    pub(super) fn by_link(&self) -> Value {
        json!({ "token": self.token() })
    }

    /// The fields of a request with its code.
    pub(super) fn by_code(&self) -> Value {
        json!({ "email": self.header("To"), "code": self.code() })
    }
}

impl Target {
    /// Sets a password by the fields of a secret.
    #[track_caller]
    pub(super) fn reset(&self, secret: &Value, password: &str) -> Answer {
        let mut body = secret.clone();
        body["password"] = json!(password);
        self.http.post_json(RESET, &body).send()
    }

    /// Proves a mailbox by the fields of a secret.
    #[track_caller]
    pub(super) fn verify(&self, secret: &Value) -> Answer {
        self.http.post_json(VERIFY, secret).send()
    }

    /// Asks for another address.
    #[track_caller]
    pub(super) fn change_email(&self, token: &str, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password });
        self.http.post_json(CHANGE, &body).bearer(token).send()
    }

    /// The mail of a forgotten password, which is asked for.
    #[track_caller]
    pub(super) fn reset_mail(&self, person: &Person) -> Arc<Mail> {
        self.mail_of(FORGOT, &person.email)
    }

    /// The mail that proves a user's address, which is asked for.
    #[track_caller]
    pub(super) fn verify_mail(&self, person: &Person) -> Arc<Mail> {
        self.mail_of(REQUEST_VERIFY, &person.email)
    }

    /// The mail of a change to this address, the first to it, which is asked for.
    #[track_caller]
    pub(super) fn change_mail(&self, someone: &SignedIn, email: &str) -> Arc<Mail> {
        let asked = self.change_email(&someone.token, email, &someone.person.password);
        asked.is_json(202, &Value::Null);
        self.await_mail("change", email)
    }

    /// Has the mails sent that wait for the schedule, by a request for another.
    #[track_caller]
    pub(super) fn nudge(&self) {
        self.ask(FORGOT, &new_address()).is_json(202, &Value::Null);
    }

    /// Whether a reset would take the secret: a password like the username is refused only then, and uses
    /// nothing up.
    #[track_caller]
    pub(super) fn is_good(&self, secret: &Value, person: &Person) -> bool {
        let answer = self.reset(secret, &person.username);
        if answer.status == 422 {
            answer.is_invalid(&[("value_error", json!(["body", "password"]))]);
            return true;
        }
        answer.is_void(self);
        false
    }

    /// Changes the secrets of a user for a purpose.
    #[track_caller]
    pub(super) fn set_secrets(&self, person: &Person, purpose: &str, assignments: &str) {
        let update = format!(
            "UPDATE one_time_secrets SET {assignments} WHERE purpose = $2 \
             AND user_id = (SELECT id FROM users WHERE username = $1) RETURNING 1"
        );
        let changed = self.database().query(&update, &[&person.username, &purpose]);
        assert!(!changed.is_empty(), "no secret");
    }

    /// A part of a user's row as text.
    #[track_caller]
    pub(super) fn value_of(&self, person: &Person, of: &str) -> Option<String> {
        let value = format!("SELECT ({of})::text FROM users WHERE username = $1");
        let parameters: [&(dyn ToSql + Sync); 1] = [&person.username];
        self.database().query(&value, &parameters)[0].get(0)
    }
}

impl Answer {
    /// Asserts the one answer to a secret that is wrong, used, over or void.
    #[track_caller]
    pub(super) fn is_void(&self, target: &Target) {
        self.says(target, 400, "Invalid or expired link or code");
        assert_eq!(self.header("set-cookie"), None, "{self:?}");
    }

    /// Asserts that the password is set, with nothing in the answer.
    #[track_caller]
    pub(super) fn is_reset(&self) {
        self.is_json(200, &Value::Null);
        assert_eq!(self.header("cache-control"), Some("no-store"));
    }
}

/// An address that nobody has.
pub(super) fn new_address() -> String {
    Person::new("address").email
}
