//! A new password by the secret of a mail.

use serde_json::{Value, json};

use super::uses::{WAYS, new_address};
use crate::account::{fresh, refused};
use crate::check::{Check, checks};
use crate::client_proof::{lock_out, set_by, sign_in};
use crate::sessions::without_session;
use crate::signout::Started;
use crate::target::Target;

pub(super) fn checks() -> Vec<Check> {
    checks![
        the_new_password_signs_in_and_the_old_one_does_not also Pooler, Emulator needs Mails;
        every_session_and_token_ends also Pooler, Emulator needs Mails OwnKey;
        a_reset_proves_the_address needs Mails Database;
        its_client_signs_in_while_strangers_hold_the_account_at_its_limit also Pooler, Emulator needs Mails;
        a_proof_of_another_user_stays_beside_the_new_one needs Mails;
        a_page_of_another_site_gets_no_proof needs Mails;
        a_refused_password_leaves_the_secret_good also Emulator needs Mails;
        a_secret_for_another_purpose_is_none_and_stays_good also Pooler needs Mails;
        the_new_hash_is_ours needs Mails Database;
    ]
}

const WRONG: &str = "Incorrect username or password";

fn the_new_password_signs_in_and_the_old_one_does_not(target: &Target) {
    for way in WAYS {
        let person = target.signed_up("reset");
        let (secret, new) = (way(&target.reset_mail(&person)), fresh());
        let answer = target.reset(&secret, &new);
        answer.is_reset();
        target.signin(&person.username, &person.password).is_text(401, WRONG);
        assert_eq!(target.signin(&person.username, &new).status, 200);
        target.reset(&secret, &fresh()).is_void(target);
        assert_eq!(target.signin(&person.username, &new).status, 200, "it stays");
    }
}

fn every_session_and_token_ends(target: &Target) {
    for way in WAYS {
        let person = target.signed_up("reset");
        let sessions = [(); 2].map(|()| Started::by(target, &person));
        let without = without_session(target, &sessions[0].access, "reset");
        let alone = target.token_of(&person);
        let (stranger, other) = (target.signed_up("reset"), target.ada());
        let theirs = Started::by(target, &stranger);
        let tokens = [&sessions[0].access, &sessions[1].access, &without, &alone];
        for token in tokens {
            assert_eq!(target.me_as(token).status, 200);
        }
        target.reset(&way(&target.reset_mail(&person)), &fresh()).is_reset();
        for token in tokens {
            target.me_as(token).is_unauthorized(target);
            assert!(matches!(target.finds_active(token), None | Some(false)));
        }
        let refresh = |it: &Started| {
            let body = json!({ "refresh_token": it.refresh });
            target.http.post_json("/api/auth/refresh", &body).send().status
        };
        assert_eq!(sessions.each_ref().map(refresh), [401; 2]);
        assert!(theirs.goes_on(target) && refresh(&theirs) == 200, "of another user");
        target.opens_me(&other.token, true);
    }
}

fn a_reset_proves_the_address(target: &Target) {
    let person = target.signed_up("reset");
    assert_eq!(target.value_of(&person, "verified_email"), None);
    target.reset(&target.reset_mail(&person).by_link(), &fresh()).is_reset();
    assert_eq!(target.value_of(&person, "verified_email"), Some(person.email));
}

fn its_client_signs_in_while_strangers_hold_the_account_at_its_limit(target: &Target) {
    for way in WAYS {
        let person = target.signed_up("reset");
        let secret = way(&target.reset_mail(&person));
        lock_out(target, &person);
        let new = person.clone().with_password(&fresh());
        let answer = target.reset(&secret, &new.password);
        answer.is_reset();
        let cookie = set_by(&answer);
        assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 1, "and no session's");
        for person in [&person, &new] {
            target.signin(&person.username, &person.password).is_limited();
        }
        set_by(&sign_in(target, &new, &cookie, &[]));
        assert_eq!(sign_in(target, &person, &cookie, &[]).status, 401, "by the old password");
    }
}

fn a_proof_of_another_user_stays_beside_the_new_one(target: &Target) {
    let [person, other] = [(); 2].map(|()| target.signed_up("reset"));
    let theirs = set_by(&target.signin(&other.username, &other.password));
    let mut body = target.reset_mail(&person).by_link();
    body["password"] = json!(fresh());
    let request = target.http.post_json(super::uses::RESET, &body);
    let cookie = format!("__Host-latchkey-client={theirs}");
    let set = set_by(&request.header("cookie", &cookie).send());
    assert_eq!(set.split('.').count(), 2);
}

fn a_page_of_another_site_gets_no_proof(target: &Target) {
    let person = target.signed_up("reset");
    let mut body = target.reset_mail(&person).by_link();
    body["password"] = json!(fresh());
    let request = target.http.post_json(super::uses::RESET, &body);
    let request = request.header("origin", "https://evil.example");
    let answer = request.header("sec-fetch-site", "cross-site").send();
    answer.is_reset();
    assert_eq!(answer.header("set-cookie"), None);
}

fn a_refused_password_leaves_the_secret_good(target: &Target) {
    for way in WAYS {
        let person = target.signed_up("reset");
        let (mail, new) = (target.reset_mail(&person), fresh());
        let secret = way(&mail);
        for (password, kind, words) in refused(&person) {
            let answer = target.reset(&secret, &password);
            answer.is_invalid(&[(kind, json!(["body", "password"]))]);
            assert!(answer.details()[0].msg.starts_with(words), "{}", answer.text());
        }
        assert_eq!(target.signin(&person.username, &person.password).status, 200);
        target.reset(&secret, &new).is_reset();
        assert_eq!(target.signin(&person.username, &new).status, 200);
    }
}

fn a_secret_for_another_purpose_is_none_and_stays_good(target: &Target) {
    for way in WAYS {
        let someone = target.signed_in("reset");
        let person = &someone.person;
        let (reset, verify) = (target.reset_mail(person), target.verify_mail(person));
        let new = new_address();
        let change = target.change_mail(&someone, &new);
        target.verify(&way(&reset)).is_void(target);
        for other in [&verify, &change] {
            target.reset(&way(other), &fresh()).is_void(target);
        }
        target.opens_me(&someone.token, true);
        assert_eq!(target.verify(&way(&verify)).json(), person.public());
        assert!(target.is_good(&way(&reset), person));
        let changed: Value = json!({ "username": person.username, "email": new });
        target.verify(&way(&change)).is_json(200, &changed);
    }
}

fn the_new_hash_is_ours(target: &Target) {
    let person = target.signed_up("reset");
    let foreign = "$2b$04$jdKw.xB3ycMjCRZuvXU.NO.PZF0J4DmdMsksAmi85z/tWVAXa08.S";
    target.database().set_hash(&person.username, Some(foreign));
    let update = "UPDATE users SET hashed_by = 'app' WHERE username = $1";
    target.database().query(update, &[&person.username]);
    target.reset(&target.reset_mail(&person).by_link(), &fresh()).is_reset();
    let hash = target.database().hash_of(&person.username).expect("a hash");
    assert!(hash.starts_with(&format!("$2b${:02}$", target.bcrypt_cost())), "{}", &hash[..8]);
    assert_eq!(target.value_of(&person, "hashed_by").as_deref(), Some("latchkey"));
}
