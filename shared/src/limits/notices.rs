//! The limits on notices to users.

use super::budget::Budget;
use super::charges::{Charge, Charges};
use super::key::{Key, Kind};
use crate::user_id::UserId;

/// The notices of sign-ins by new clients: one a day for each user.
#[derive(Debug, Clone, Copy)]
pub struct NewClientNotices;

impl NewClientNotices {
    /// What a notice to this user is charged to.
    pub fn of(user_id: UserId) -> Charges {
        let charge = Charge {
            kind: Kind::Caller,
            key: Key::new("new_client", Kind::Caller, &[&user_id.get().to_be_bytes()]),
            budget: Budget::per_day(1, 1),
        };
        [charge].into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_one_notice_a_day() {
        let of = |id| NewClientNotices::of(UserId::new(id)).iter().next().copied().unwrap();
        assert_eq!((of(1).budget.burst(), of(1).budget.every()), (1, 86_400.0));
        assert_ne!(of(1).key, of(2).key);
    }
}
