//! What a request for a mail is answered.

use crate::check::{Check, checks};
use crate::mail::{FORGOT, REQUEST_VERIFY};
use crate::person::Person;
use crate::target::Target;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_user_who_asks_for_a_mail_gets_it also Pooler needs Mails;
        who_has_no_mail_to_get_gets_none also Pooler needs Mails Database;
    ]
}

fn a_user_who_asks_for_a_mail_gets_it(target: &Target) {
    let person = target.signed_up("asks");
    for (route, kind) in [(FORGOT, "reset"), (REQUEST_VERIFY, "verify")] {
        let mail = target.mail_of(route, &person.email);
        assert_eq!((mail.kind.as_str(), mail.parts_of_link().1), (kind, kind));
        assert_eq!((mail.token().len(), mail.code().len()), (43, 9));
        assert!(mail.raw.is_ascii() && mail.html.contains(mail.code()), "{mail:?}");
    }
    target.await_mail("reset", &person.email);
}

fn who_has_no_mail_to_get_gets_none(target: &Target) {
    let unknown = Person::new("unknown").email;
    for (route, kind) in [(FORGOT, "reset"), (REQUEST_VERIFY, "verify")] {
        assert_eq!(target.ask(route, &unknown).status, 202);
        target.await_no_waiting(&unknown);
        assert_eq!(target.mails_to(kind, &unknown).len(), 0);
    }
}
