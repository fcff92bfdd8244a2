//! Mails: the requests for them, what they say, and what their secrets do.

mod alone;
mod away;
mod bodies;
mod budgets;
mod change;
mod codes;
mod letters;
pub(crate) mod mailbox;
mod notices;
mod page;
mod races;
mod recipients;
mod requests;
mod reset;
mod scanners;
mod uses;
mod verification;
mod void;

use crate::check::Check;
use crate::person::Person;
use crate::target::Target;
pub(crate) use uses::{CHANGE, RESET, VERIFY};

/// The checks that may run side by side.
pub(crate) fn checks() -> Vec<Check> {
    let all = [
        requests::checks(),
        budgets::checks(),
        recipients::checks(),
        letters::checks(),
        notices::checks(),
        page::checks(),
        reset::checks(),
        codes::checks(),
        verification::checks(),
        change::checks(),
        races::checks(),
        void::checks(),
        bodies::checks(),
        scanners::checks(),
    ];
    all.into_iter().flatten().collect()
}

/// The checks that compare times or read every row.
pub(crate) fn alone() -> Vec<Check> {
    [alone::checks(), away::checks()].into_iter().flatten().collect()
}

/// The route that asks for a reset.
pub(crate) const FORGOT: &str = "/api/auth/forgot-password";
/// The route that asks for a verification.
pub(crate) const REQUEST_VERIFY: &str = "/api/auth/request-verify-token";

/// Both, with the kind of mail that each asks for.
const ROUTES: [(&str, &str); 2] = [(FORGOT, "reset"), (REQUEST_VERIFY, "verify")];

impl Target {
    /// A user whose address isn't verified, and who has been sent no mail, as a sign-up would.
    #[track_caller]
    fn asks(&self) -> Person {
        self.adopted(&Person::new("asks").email)
    }

    /// A user whose address is verified.
    #[track_caller]
    pub(crate) fn verified(&self, stem: &str) -> Person {
        let person = self.signed_up(stem);
        self.await_no_waiting(&person.email);
        let verify = "UPDATE users SET verified_email = email WHERE username = $1";
        self.database().query(verify, &[&person.username]);
        person
    }

    /// A user with a row that another program wrote.
    #[track_caller]
    fn adopted(&self, email: &str) -> Person {
        let person = Person { email: email.to_owned(), ..Person::new("adopted") };
        let insert = "INSERT INTO users (username, email) VALUES ($1, $2)";
        self.database().query(insert, &[&person.username, &person.email]);
        person
    }
}
