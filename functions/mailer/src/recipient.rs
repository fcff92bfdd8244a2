//! The mailbox that a mail is for, and what it may contain.

use shared::UserId;

use crate::kind::Kind;
use crate::outbox::Asked;

/// The kind of a mail, its user and its mailbox.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Recipient<'a> {
    pub(crate) kind: Kind,
    pub(crate) user_id: UserId,
    pub(crate) address: &'a str,
    /// The username and the address, if the mailbox is proven to be the user's.
    pub(crate) proven: Option<(&'a str, &'a str)>,
}

/// The recipient of a mail; `None` if it isn't to be sent: no user has the address, it is verified
/// already, or a change asks for that of a disabled user.
pub(crate) fn recipient(kind: Kind, asked: &Asked) -> Option<Recipient<'_>> {
    let user = asked.user.as_ref()?;
    if let (Kind::Change, Some((owner, address))) = (kind, &asked.owner) {
        return Some(Recipient {
            kind: Kind::AddressInUse,
            user_id: *owner,
            address: address.as_deref()?,
            proven: None,
        });
    }
    let is_verified = user.verified_email.as_ref() == Some(&user.email);
    let address = match kind {
        Kind::Verify if is_verified => return None,
        Kind::NewClient if !is_verified || asked.address != user.email => return None,
        // The stored address, not the one that was typed.
        Kind::Verify | Kind::Reset | Kind::NewClient => &user.email,
        _ => &asked.address,
    };
    let proven = (is_verified && *address == user.email)
        .then_some((user.username.as_str(), user.email.as_str()));
    Some(Recipient { kind, user_id: user.id, address, proven })
}

#[cfg(test)]
mod tests {
    use shared::NumericDate;

    use super::*;
    use crate::outbox::User;

    fn asked(address: &str, verified_email: Option<&str>) -> Asked {
        let user = User {
            id: UserId::new(7),
            username: "ada".into(),
            email: "ada@example.com".into(),
            verified_email: verified_email.map(str::to_owned),
        };
        Asked {
            id: 1,
            kind: String::new(),
            address: address.into(),
            language: String::new(),
            at: NumericDate::from_seconds(0),
            attempts: 1,
            user: Some(user),
            owner: None,
        }
    }

    #[test]
    fn a_mail_goes_to_the_stored_address_and_names_the_user_only_if_it_is_verified() {
        let (own, typed, new) = ("ada@example.com", "ADA@example.com", "new@example.com");
        let name = Some(("ada", own));
        for (kind, address, verified, to, proven) in [
            (Kind::Verify, typed, None, Some(own), None),
            (Kind::Verify, typed, Some(own), None, None),
            (Kind::Verify, typed, Some("old@example.com"), Some(own), None),
            (Kind::Reset, typed, None, Some(own), None),
            (Kind::Reset, typed, Some(own), Some(own), name),
            (Kind::Change, new, Some(own), Some(new), None),
            (Kind::ChangeAsked, own, Some(own), Some(own), name),
            (Kind::ChangeAsked, own, None, Some(own), None),
            (Kind::EmailChanged, "old@example.com", Some(own), Some("old@example.com"), None),
            (Kind::EmailChanged, own, Some(own), Some(own), name),
            (Kind::PasswordChanged, own, None, Some(own), None),
            (Kind::PasswordChanged, own, Some(own), Some(own), name),
            (Kind::NewClient, own, Some(own), Some(own), name),
            (Kind::NewClient, own, None, None, None),
            (Kind::NewClient, "old@example.com", Some(own), None, None),
        ] {
            let asked = asked(address, verified);
            let found = recipient(kind, &asked);
            assert_eq!(found.as_ref().map(|it| it.address), to, "{kind:?} {verified:?}");
            assert_eq!(found.and_then(|it| it.proven), proven, "{kind:?} {verified:?}");
        }
    }

    #[test]
    fn the_owner_of_a_taken_address_is_written_to_without_any_name() {
        let owner = Some((UserId::new(8), Some("New@example.com".to_owned())));
        let own = "ada@example.com";
        let asked = Asked { owner, ..asked("new@example.com", Some(own)) };
        let expected = Recipient {
            kind: Kind::AddressInUse,
            user_id: UserId::new(8),
            address: "New@example.com",
            proven: None,
        };
        assert_eq!(recipient(Kind::Change, &asked), Some(expected));
        let asked = Asked { owner: Some((UserId::new(8), None)), ..asked };
        assert_eq!(recipient(Kind::Change, &asked), None);
    }

    #[test]
    fn without_a_user_there_is_no_mail() {
        for kind in Kind::ALL {
            let asked = Asked { user: None, ..asked("ada@example.com", None) };
            assert_eq!(recipient(kind, &asked), None);
        }
    }
}
