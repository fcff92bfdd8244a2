//! What makes the secrets of mails void.

use std::sync::Arc;

use serde_json::json;

use super::mailbox::Mail;
use super::uses::new_address;
use crate::account::fresh;
use crate::check::{Check, checks};
use crate::person::SignedIn;
use crate::target::Target;

pub(super) fn checks() -> Vec<Check> {
    checks![
        secrets_are_good_while_nothing_came_between also Pooler, Emulator needs Mails;
        another_address_voids_all also Pooler, Emulator needs Mails;
        another_programs_change_of_the_user_voids_a_change needs Mails Database;
        another_password_voids_a_reset_and_a_change also Pooler, Emulator needs Mails;
        a_reset_voids_all also Pooler, Emulator needs Mails;
        a_deleted_user_has_none also Pooler needs Mails;
        a_disabled_user_has_none also Pooler needs Mails Operator;
    ]
}

/// A user with a secret for each purpose.
struct Secrets {
    someone: SignedIn,
    reset: Arc<Mail>,
    verify: Arc<Mail>,
    change: Arc<Mail>,
}

impl Secrets {
    fn new(target: &Target) -> Self {
        let someone = target.signed_in("void");
        let reset = target.reset_mail(&someone.person);
        let verify = target.verify_mail(&someone.person);
        let change = target.change_mail(&someone, &new_address());
        Self { someone, reset, verify, change }
    }

    /// Asserts which are good: those for a reset, a verification and a change. Those are used.
    #[track_caller]
    fn are_good(&self, target: &Target, expected: [bool; 3]) {
        let person = &self.someone.person;
        let before = target.signin(&person.username, &person.password).status;
        let reset = [self.reset.by_link(), self.reset.by_code()];
        let [link, code] = reset.each_ref().map(|secret| target.is_good(secret, person));
        assert_eq!(link, code);
        let [verify, change] = [&self.verify, &self.change].map(|mail| {
            let answers = [mail.by_code(), mail.by_link()].map(|secret| target.verify(&secret));
            let used = answers[0].status == 200;
            answers[usize::from(used)].is_void(target);
            if !used {
                answers[0].is_void(target);
            }
            used
        });
        assert_eq!([link, verify, change], expected);
        if expected == [false; 3] {
            let after = target.signin(&person.username, &person.password).status;
            assert_eq!(after, before);
        }
    }
}

fn secrets_are_good_while_nothing_came_between(target: &Target) {
    Secrets::new(target).are_good(target, [true; 3]);
}

fn another_address_voids_all(target: &Target) {
    let secrets = Secrets::new(target);
    let SignedIn { person, .. } = &secrets.someone;
    let other = target.change_mail(&secrets.someone, &new_address());
    assert_eq!(target.verify(&other.by_link()).status, 200);
    secrets.are_good(target, [false; 3]);
    // They are, too, when the address is the former one again.
    let back = target.change_mail(&secrets.someone, &person.email);
    target.verify(&back.by_link()).is_json(200, &person.public());
    secrets.are_good(target, [false; 3]);
}

fn another_programs_change_of_the_user_voids_a_change(target: &Target) {
    for (set, is_good) in [
        ("email = 'new-' || email", [false; 3]),
        ("password = ''", [true, true, false]),
        ("session_epoch = session_epoch + 1", [true, true, false]),
    ] {
        let secrets = Secrets::new(target);
        let update = format!("UPDATE users SET {set} WHERE username = $1");
        target.database().query(&update, &[&secrets.someone.person.username]);
        secrets.are_good(target, is_good);
    }
}

fn another_password_voids_a_reset_and_a_change(target: &Target) {
    let (mut secrets, other) = (Secrets::new(target), Secrets::new(target));
    let new = fresh();
    let SignedIn { person, token } = &mut secrets.someone;
    assert_eq!(target.change_password(token, &person.password, &new).status, 204);
    person.password = new;
    secrets.are_good(target, [false, true, false]);
    other.are_good(target, [true; 3]);
}

fn a_reset_voids_all(target: &Target) {
    let mut secrets = Secrets::new(target);
    let other = Secrets::new(target);
    let newer = target.reset_mail(&secrets.someone.person);
    let new = fresh();
    target.reset(&newer.by_link(), &new).is_reset();
    secrets.someone.person.password = new;
    secrets.are_good(target, [false; 3]);
    other.are_good(target, [true; 3]);
}

fn a_deleted_user_has_none(target: &Target) {
    let secrets = Secrets::new(target);
    let SignedIn { person, token } = &secrets.someone;
    assert_eq!(target.delete_account(token, &person.password).status, 204);
    // Another user gets name and address.
    target.signup(person).is_json(200, &person.public());
    secrets.are_good(target, [false; 3]);
    let me = target.get_as(&target.token_of(person), "/api/auth/users/me");
    me.is_json(200, &json!({ "username": person.username, "email": person.email }));
}

fn a_disabled_user_has_none(target: &Target) {
    let secrets = Secrets::new(target);
    target.operator().succeeds(&["disable", &secrets.someone.person.username]);
    secrets.are_good(target, [false; 3]);
}
