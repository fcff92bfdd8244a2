//! The limits on mails that a user gets without asking for them by address.

use super::budget::Budget;
use super::charges::{Charge, Charges};
use super::key::{Key, Kind};
use super::mail_requests::per_mailbox;
use crate::user_id::UserId;

/// What the notice of a sign-in by a new client is charged to: one a day for each user.
pub fn new_client(user_id: UserId) -> Charges {
    of_user("new_client", user_id, Budget::per_day(1, 1))
}

/// What the notice of a new password is charged to. A user with an address of another person could
/// otherwise have any number sent there.
pub fn password_changed(user_id: UserId) -> Charges {
    of_user("password_changed", user_id, per_mailbox())
}

fn of_user(purpose: &str, user_id: UserId, budget: Budget) -> Charges {
    let key = Key::new(purpose, Kind::Caller, &[&user_id.get().to_be_bytes()]);
    [Charge { kind: Kind::Caller, key, budget }].into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_one_notice_of_a_new_client_a_day_and_three_of_new_passwords_at_once() {
        let of = |charges: Charges| *charges.iter().next().unwrap();
        let [ada, eve] = [1, 2].map(|id| of(new_client(UserId::new(id))));
        assert_eq!((ada.budget.burst(), ada.budget.every()), (1, 86_400.0));
        assert_ne!(ada.key, eve.key);
        let changed = of(password_changed(UserId::new(1)));
        assert_eq!((changed.budget.burst(), changed.budget.every()), (3, 3_600.0));
        assert_ne!(changed.key, ada.key);
    }
}
