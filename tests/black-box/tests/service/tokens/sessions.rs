//! Tokens signed with the service's own key that name a session, and tokens that name none.

use serde_json::json;

use crate::check::{Check, checks};
use crate::jws::Draft;
use crate::person::SignedIn;
use crate::target::Target;
use crate::tokens::Forgeries;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_token_ends_with_its_session also Pooler, Emulator needs OwnKey Database RefusedTokens;
        another_users_session_is_refused_and_not_used also Pooler, Emulator needs OwnKey Database RefusedTokens;
        a_session_without_its_generation_is_refused needs OwnKey Database RefusedTokens;
        a_session_that_is_over_stays_over also Pooler needs OwnKey Database RefusedTokens;
        an_older_access_token_goes_on_and_is_no_receipt also Pooler needs OwnKey Database;
        a_token_without_a_session_ends_with_all_sessions also Pooler needs OwnKey Database RefusedTokens;
    ]
}

/// A user, and a session of theirs that ends after a day, or an hour without use.
struct Session<'a> {
    target: &'a Target,
    user: SignedIn,
    id: String,
}

impl<'a> Session<'a> {
    fn new(target: &'a Target, stem: &str) -> Self {
        let user = target.signed_in(stem);
        let made = "INSERT INTO sign_ins (id, user_id, kind, client_id, created_at, used_at, \
                        expires_at, idle_seconds, rotated_at) \
                    SELECT overlay(gen_random_uuid()::text PLACING '7' FROM 15)::uuid, id, \
                        'access', 'c', now(), now(), now() + '1 day'::interval, 3600, '-infinity' \
                    FROM users WHERE username = $1 RETURNING id::text";
        let id = target.database().query(made, &[&user.person.username])[0].get(0);
        Self { target, user, id }
    }

    /// A token of the user's, with this session.
    fn draft(&self) -> Draft {
        of_session(&Draft::of(&self.user.token), &self.id)
    }

    /// The status of a request with a token.
    fn status(&self, draft: &Draft) -> u16 {
        self.target.get_as(&draft.sign(self.target.key()), "/api/auth/users/me").status
    }

    fn set(&self, what: &str) {
        let set = format!("UPDATE sign_ins SET {what} WHERE id::text = $1");
        self.target.database().query(&set, &[&self.id]);
    }

    /// The generation that was seen at work, and the minutes since the last use.
    fn noted(&self) -> Option<String> {
        let noted = "SELECT concat(seen_generation, ' ', \
                     round(extract(epoch FROM now() - used_at) / 60)) FROM sign_ins \
                     WHERE id::text = $1";
        self.target.database().query(noted, &[&self.id]).first().map(|row| row.get(0))
    }
}

fn of_session(draft: &Draft, id: &str) -> Draft {
    draft.claim("sid", id).claim("gen", 0)
}

fn a_token_ends_with_its_session(target: &Target) {
    let session = Session::new(target, "session");
    assert_eq!(session.status(&session.draft()), 200);
    target.database().query("DELETE FROM sign_ins WHERE id::text = $1", &[&session.id]);
    let token = session.draft().sign(target.key());
    target.get_as(&token, "/api/auth/users/me").is_unauthorized(target);
}

fn another_users_session_is_refused_and_not_used(target: &Target) {
    let session = Session::new(target, "owner");
    session.set("used_at = used_at - '20 minutes'::interval");
    let mut forgeries = Forgeries::default();
    let thief = Draft::of(&target.signed_in("thief").token);
    forgeries.add("another's", of_session(&thief, &session.id).sign(target.key()));
    forgeries.are_refused(target);
    assert_eq!(session.noted().as_deref(), Some("-1 20"));
    assert_eq!(session.status(&session.draft()), 200);
    assert_eq!(session.noted().as_deref(), Some("0 0"));
}

fn a_session_without_its_generation_is_refused(target: &Target) {
    let session = Session::new(target, "session");
    let mut forgeries = Forgeries::default();
    let good = session.draft();
    for name in ["sid", "gen"] {
        forgeries.add(format!("no {name}"), good.no_claim(name).sign(target.key()));
        for odd in [json!(null), json!(""), json!(true), json!([]), json!(1.5), json!("0")] {
            let flaw = format!("{name} {odd}");
            forgeries.add(flaw, good.claim(name, odd).sign(target.key()));
        }
    }
    for other in [
        session.id.to_uppercase(),
        session.id.replace('-', ""),
        format!("{{{}}}", session.id),
        format!("{} ", session.id),
        session.id.replacen("-7", "-4", 1),
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f".to_owned(),
    ] {
        forgeries.add(other.clone(), good.claim("sid", other).sign(target.key()));
    }
    for generation in [2_i64.pow(31), -(2_i64.pow(31)) - 1] {
        let token = good.claim("gen", generation).sign(target.key());
        forgeries.add(format!("gen {generation}"), token);
    }
    forgeries.are_refused(target);
    assert_eq!(session.status(&good), 200);
}

/// Another check's sign-in may remove a session at its end.
fn a_session_that_is_over_stays_over(target: &Target) {
    let session = Session::new(target, "session");
    for (over, noted) in [
        ("used_at = now() - '61 minutes'::interval", "-1 61"),
        ("used_at = now() - '20 minutes'::interval, reused_at = now()", "-1 20"),
        ("reused_at = NULL, expires_at = now() - '1 s'::interval", "-1 20"),
    ] {
        session.set(over);
        for _ in 0..2 {
            assert_eq!(session.status(&session.draft()), 401, "{over}");
            let is_at_its_end = over.contains("expires_at");
            let left = session.noted();
            assert!(left.as_deref() == Some(noted) || is_at_its_end && left.is_none(), "{over}");
        }
    }
}

fn an_older_access_token_goes_on_and_is_no_receipt(target: &Target) {
    let session = Session::new(target, "session");
    session.set("generation = 2");
    for (generation, noted) in [(1, "-1 0"), (2, "2 0"), (0, "2 0")] {
        assert_eq!(session.status(&session.draft().claim("gen", generation)), 200, "{generation}");
        assert_eq!(session.noted().as_deref(), Some(noted), "{generation}");
    }
}

fn a_token_without_a_session_ends_with_all_sessions(target: &Target) {
    let session = Session::new(target, "session");
    let without = session.draft().no_claim("sid").no_claim("gen");
    assert_eq!(session.status(&without), 200);
    let end = "UPDATE users SET session_epoch = 1 WHERE username = $1";
    target.database().query(end, &[&session.user.person.username]);
    assert_eq!(session.status(&without), 401);
    assert_eq!(session.status(&session.draft()), 200, "its row is there");
}
