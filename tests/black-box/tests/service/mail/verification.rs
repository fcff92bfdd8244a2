//! The proof of an address by the secret of a mail.

use serde_json::json;

use super::uses::WAYS;
use crate::account::fresh;
use crate::check::{Check, checks};
use crate::signout::Started;
use crate::target::Target;

pub(super) fn checks() -> Vec<Check> {
    checks![
        a_verification_proves_the_address_and_changes_nothing_else also Pooler, Emulator needs Mails Database;
        a_secret_proves_once also Pooler needs Mails;
        one_use_voids_the_others_and_a_newer_mail_does_not also Pooler needs Mails;
        a_change_to_an_address_that_was_taken_meanwhile_is_409_and_stays_good also Emulator needs Mails Database;
    ]
}

fn a_verification_proves_the_address_and_changes_nothing_else(target: &Target) {
    for way in WAYS {
        let person = target.signed_up("verify");
        let session = Started::by(target, &person);
        let secret = way(&target.verify_mail(&person));
        let rest = "to_jsonb(users) - 'verified_email'";
        let before = target.value_of(&person, rest);
        let answer = target.verify(&secret);
        answer.is_json(200, &person.public());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("set-cookie"), None);
        assert_eq!(target.value_of(&person, "verified_email").as_ref(), Some(&person.email));
        assert_eq!(target.value_of(&person, rest), before);
        assert!(session.goes_on(target));
        assert!(target.mails_to("email_changed", &person.email).is_empty());
    }
}

fn a_secret_proves_once(target: &Target) {
    for way in WAYS {
        let person = target.signed_up("verify");
        let secret = way(&target.verify_mail(&person));
        target.verify(&secret).is_json(200, &person.public());
        for _ in 0..2 {
            target.verify(&secret).is_void(target);
        }
    }
}

fn one_use_voids_the_others_and_a_newer_mail_does_not(target: &Target) {
    for way in WAYS {
        let person = target.signed_up("verify");
        let [older, newer] = [(); 2].map(|()| target.verify_mail(&person));
        let [reset, newer_reset] = [(); 2].map(|()| target.reset_mail(&person));
        target.verify(&way(&older)).is_json(200, &person.public());
        for secret in [older.by_link(), newer.by_link(), newer.by_code()] {
            target.verify(&secret).is_void(target);
        }
        // Those for another purpose are left.
        assert!(target.is_good(&newer_reset.by_link(), &person));
        target.reset(&way(&reset), &fresh()).is_reset();
        for secret in [reset.by_link(), newer_reset.by_link(), newer_reset.by_code()] {
            target.reset(&secret, &fresh()).is_void(target);
        }
    }
}

fn a_change_to_an_address_that_was_taken_meanwhile_is_409_and_stays_good(target: &Target) {
    for way in WAYS {
        let someone = target.signed_in("verify");
        let mut other = crate::person::Person::new("verify");
        let secret = way(&target.change_mail(&someone, &other.email));
        // The other's domain is another spelling of the same.
        other.email = other.email.replace("mail.example", "MAIL.example");
        target.signup(&other).is_json(200, &other.public());
        target.verify(&secret).says(target, 409, "Email already registered");
        assert_eq!(target.value_of(&someone.person, "email").as_ref(), Some(&someone.person.email));
        assert_eq!(target.value_of(&someone.person, "verified_email"), None);
        target.database().delete(&other.username);
        let address = other.email.replace("MAIL.example", "mail.example");
        let changed = json!({ "username": someone.person.username, "email": address });
        target.verify(&secret).is_json(200, &changed);
    }
}
