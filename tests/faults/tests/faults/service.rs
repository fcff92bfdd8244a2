//! A container of each function that queries the database, and requests for them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use account::Account;
use introspect::Introspect;
use refresh::Refresh;
use serde_json::{Value, json};
use sessions::Sessions;
use signin::Signin;
use signup::Signup;

use crate::container::{Answer, Container};
use crate::fixture::Fixture;
use crate::gatekeeper::Gatekeeper;
use crate::mail::Mail;
use crate::member::Member;

/// Everybody's.
pub(crate) const PASSWORD: &str = "correct horse";

/// A container of each.
pub(crate) struct Service {
    signup: Container<Signup>,
    signin: Container<Signin>,
    gatekeeper: Container<Gatekeeper>,
    refresh: Container<Refresh>,
    sessions: Container<Sessions>,
    account: Container<Account>,
    introspect: Container<Introspect>,
    mail: Mail,
    /// The name of a user who exists.
    ada: String,
    token: String,
    /// Another user, with one session.
    member: Member,
}

impl Service {
    /// One connection per container, and a user with a token.
    pub(crate) fn start(fixture: &Fixture) -> Self {
        let (signup, signin) = (fixture.start(), fixture.start());
        let gatekeeper: Container<Gatekeeper> = fixture.start();
        let ada = somebody();
        signup.ask(&sign_up(&ada)).is_good();
        let signed_in = signin.ask(&sign_in(&ada));
        signed_in.is_good();
        let token = signed_in.body["token"].as_str().unwrap().to_owned();
        let member = new_member(&signup, &signin, &gatekeeper);
        let (refresh, sessions) = (fixture.start(), fixture.start());
        let (account, introspect) = (fixture.start(), fixture.start());
        let mail = Mail::start(fixture, new_member(&signup, &signin, &gatekeeper));
        let service = Self {
            signup,
            signin,
            gatekeeper,
            refresh,
            sessions,
            account,
            introspect,
            mail,
            ada,
            token,
            member,
        };
        service.ask().iter().for_each(Answer::is_good);
        service
    }

    /// The number of containers, each with one connection.
    pub(crate) const CONTAINERS: usize = 7 + Mail::CONTAINERS;

    /// The number of statements for one request to each: a sign-up, a sign-in and a change of the password
    /// take two.
    pub(crate) const STATEMENTS: usize = 7 + 3 + Mail::STATEMENTS;

    /// Each request that changes a session or an account.
    pub(crate) const CHANGES: [fn(&Self, &Member) -> Answer; 6] = [
        |service, member| service.refresh.ask(&member.refresh()),
        |service, member| service.sessions.ask(&member.sign_out()),
        |service, member| service.sessions.ask(&member.revoke_token()),
        |service, member| service.sessions.ask(&member.end_others()),
        |service, member| service.account.ask(&member.change_password()),
        |service, member| service.account.ask(&member.delete()),
    ];

    /// One request to each function, all at the same time.
    pub(crate) fn ask(&self) -> [Answer; Self::CONTAINERS] {
        thread::scope(|scope| {
            let member = &self.member;
            let write = scope.spawn(|| self.write());
            let refreshed = scope.spawn(|| self.refresh.ask(&member.refresh()));
            let listed = scope.spawn(|| self.sessions.ask(&member.list()));
            let changed = scope.spawn(|| self.account.ask(&member.change_password()));
            let mail = scope.spawn(|| self.ask_of_mail());
            let [signed_in, let_in, introspected] = self.read();
            let [write, refreshed, listed, changed] =
                [write, refreshed, listed, changed].map(|asked| asked.join().unwrap());
            let [asked, reset, verified, moved] = mail.join().unwrap();
            let ours = [write, signed_in, let_in, introspected, refreshed, listed, changed];
            let mut ours = ours.into_iter().chain([asked, reset, verified, moved]);
            std::array::from_fn(|_| ours.next().unwrap())
        })
    }

    /// One request to each function that needs no write, all at the same time.
    pub(crate) fn read(&self) -> [Answer; 3] {
        thread::scope(|scope| {
            let signed_in = scope.spawn(|| self.signin.ask(&sign_in(&self.ada)));
            let let_in = scope.spawn(|| self.gatekeeper.ask(&me(&self.token)));
            let introspected = scope.spawn(|| self.introspect.ask(&self.member.introspect()));
            [signed_in, let_in, introspected].map(|asked| asked.join().unwrap())
        })
    }

    /// A sign-in of a client that wants a refresh token, or a cookie.
    pub(crate) fn sign_in_for(&self, session: &str) -> Answer {
        self.signin.ask(&sign_in_for(&self.ada, session))
    }

    /// A request that writes.
    pub(crate) fn write(&self) -> Answer {
        self.signup.ask(&sign_up(&somebody()))
    }

    /// A new user with one session.
    pub(crate) fn new_member(&self) -> Member {
        new_member(&self.signup, &self.signin, &self.gatekeeper)
    }

    /// Where a member's session opens something without a write: the authorizer, introspection, and the
    /// list of sessions.
    pub(crate) fn ask_whether_signed_in(&self, member: &Member) -> [Answer; 3] {
        [
            self.gatekeeper.ask(&me(&member.token)),
            self.introspect.ask(&member.introspect()),
            self.sessions.ask(&member.list()),
        ]
    }

    /// New users do everything: one of them is deleted, and one has one session in the end, rotated
    /// once, after the end of all others and a change of the password.
    pub(crate) fn ask_of_newcomers(&self) {
        let name = somebody();
        self.signup.ask(&sign_up(&name)).is_good();
        let sign_in = || member(&self.signin, &self.gatekeeper, &name);
        let [kept, signed_out, revoked, other] = [sign_in(), sign_in(), sign_in(), sign_in()];
        let [.., introspected, listed] = self.ask_whether_signed_in(&kept);
        assert_eq!(introspected.body["active"], true, "{introspected:?}");
        assert_eq!(listed.body["sessions"].as_array().map(Vec::len), Some(4), "{listed:?}");
        self.sessions.ask(&signed_out.sign_out()).is_good();
        self.sessions.ask(&revoked.revoke_token()).is_good();
        for over in [signed_out, revoked] {
            assert_eq!(self.introspect.ask(&over.introspect()).body, json!({ "active": false }));
        }
        let ended = self.sessions.ask(&kept.end_others());
        assert_eq!((ended.status, &ended.body), (200, &json!({ "ended": 1 })), "{ended:?}");
        assert_eq!(self.refresh.ask(&other.refresh()).status, 401);
        self.refresh.ask(&kept.refresh()).is_good();
        self.account.ask(&kept.change_password()).is_good();
        self.account.ask(&self.new_member().delete()).is_good();
        self.mail.ask_in_order(&kept).iter().for_each(Answer::is_good);
    }

    /// One request to each function of mail.
    pub(crate) fn ask_of_mail(&self) -> [Answer; Mail::CONTAINERS] {
        self.mail.ask()
    }

    /// How often each function of mail has done what it was asked.
    pub(crate) fn mails_asked(&self) -> usize {
        self.mail.asked()
    }
}

fn new_member(
    signup: &Container<Signup>,
    signin: &Container<Signin>,
    gatekeeper: &Container<Gatekeeper>,
) -> Member {
    let name = somebody();
    signup.ask(&sign_up(&name)).is_good();
    member(signin, gatekeeper, &name)
}

/// Signs a user in.
fn member(signin: &Container<Signin>, gatekeeper: &Container<Gatekeeper>, name: &str) -> Member {
    let signed_in = signin.ask(&sign_in_for(name, "token"));
    signed_in.is_good();
    let text = |member: &str| signed_in.body[member].as_str().unwrap().to_owned();
    let (token, refresh_token) = (text("token"), text("refresh_token"));
    let let_in = gatekeeper.ask(&me(&token));
    let_in.is_good();
    Member { token, refresh_token, context: let_in.body["context"].clone() }
}

/// An unused name.
pub(crate) fn somebody() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("somebody-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Each from a network of its own, since one has so many sign-ups.
pub(crate) fn sign_up(name: &str) -> Value {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let email = format!("{name}@example.com");
    let person = json!({ "username": name, "email": email, "password": PASSWORD });
    let [.., high, middle, low] = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    from(&format!("10.{high}.{middle}.{low}"), post("/api/auth/signup", &person))
}

/// The request from this address.
pub(crate) fn from(source_ip: &str, mut event: Value) -> Value {
    event["requestContext"] = json!({ "identity": { "sourceIp": source_ip } });
    event
}

pub(crate) fn sign_in(name: &str) -> Value {
    post("/api/auth/signin", &credentials(name))
}

pub(crate) fn sign_in_for(name: &str, session: &str) -> Value {
    let mut body = credentials(name);
    body["session"] = session.into();
    post("/api/auth/signin", &body)
}

fn credentials(name: &str) -> Value {
    json!({ "username": name, "password": PASSWORD })
}

pub(crate) fn keys() -> Value {
    json!({ "resource": "/.well-known/jwks.json", "httpMethod": "GET" })
}

pub(crate) fn me(token: &str) -> Value {
    let headers = json!({ "Authorization": format!("Bearer {token}") });
    let context = json!({
        "sub": "1", "username": "", "email": "", "roles": "", "exp": "0",
        "sid": "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "token_digest": "",
    });
    json!({
        "resource": "/api/auth/users/me", "httpMethod": "GET", "headers": headers,
        "requestContext": { "authorizer": context },
    })
}

pub(crate) fn post(resource: &str, body: &Value) -> Value {
    let headers = json!({ "Content-Type": "application/json" });
    let body = body.to_string();
    json!({ "resource": resource, "httpMethod": "POST", "headers": headers, "body": body })
}
