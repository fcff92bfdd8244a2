//! The legacy app's tokens, at the runner that accepts them: HS256 over its secret, for users who
//! existed at adoption.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::check::{Check, checks};
use crate::jws::{Draft, encode, hmac};
use crate::person::Person;
use crate::target::Target;
use crate::tokens::Forgeries;

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_legacy_token_opens_what_its_user_may_do also Pooler needs Runner;
        a_legacy_token_opens_no_account_made_after_adoption also Pooler needs Runner;
        a_forged_legacy_token_is_refused also Pooler needs Runner;
        a_legacy_token_ends_by_itself_and_with_all_sessions also Pooler needs Runner;
        a_legacy_token_is_refused_where_none_is_accepted also Pooler needs Runner;
    ]
}

/// The legacy app's secret, a setting of the second runner.
pub(crate) const SECRET: &str = "the-secret-of-an-app-that-has-grown";

/// The number of accepted tokens of the legacy app.
pub(crate) static ACCEPTED: AtomicUsize = AtomicUsize::new(0);

/// Three users who existed at adoption, by a record that the suite inserts.
#[track_caller]
fn adopted(target: &Target) -> &'static [Person; 3] {
    static ADOPTED: OnceLock<[Person; 3]> = OnceLock::new();
    ADOPTED.get_or_init(|| {
        let variant = target.variant();
        let adopted = ["ada", "eve", "ann"].map(|stem| variant.signed_up(stem));
        let record = "INSERT INTO adoption (adopted_at, last_user_id) \
                      SELECT now(), id FROM users WHERE username = $1";
        variant.database().query(record, &[&adopted[2].username]);
        adopted
    })
}

fn now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the suite's own clock")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    i64::try_from(since.as_secs()).expect("a time")
}

/// A token as python-jose makes it; each is distinct.
fn draft(name: &str) -> Draft {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = i64::try_from(COUNT.fetch_add(1, Ordering::Relaxed)).expect("a few");
    let members = |value: Value| -> Map<String, Value> { value.as_object().expect("one").clone() };
    Draft {
        header: members(json!({ "alg": "HS256", "typ": "JWT" })),
        claims: members(json!({ "sub": name, "exp": now() + 2_592_000 + count })),
    }
}

fn signed(draft: &Draft, secret: &[u8]) -> String {
    draft.with_signature(&hmac(secret, &draft.signed_part()))
}

fn a_legacy_token_opens_what_its_user_may_do(target: &Target) {
    let (variant, ada) = (target.variant(), &adopted(target)[0]);
    let token = signed(&draft(&ada.username), SECRET.as_bytes());
    for (path, status) in [
        ("/api/auth/users/me", 200),
        ("/api/test/user", 200),
        ("/api/test/mod", 403),
        ("/api/test/admin", 403),
        ("/api/test/profile", 200),
    ] {
        assert_eq!(variant.get_as(&token, path).status, status, "{path}");
    }
    variant.get_as(&token, "/api/auth/users/me").is_json(200, &ada.public());
    ACCEPTED.fetch_add(1, Ordering::Relaxed);
    // Beside a token of Latchkey.
    let own = variant.token_of(ada);
    variant.get_as(&own, "/api/auth/users/me").is_json(200, &ada.public());
}

fn a_legacy_token_opens_no_account_made_after_adoption(target: &Target) {
    let (variant, [_, eve, _]) = (target.variant(), adopted(target));
    let token_of = |person: &Person| signed(&draft(&person.username), SECRET.as_bytes());
    let newcomer = variant.signed_up("newcomer");
    variant.get_as(&token_of(&newcomer), "/api/auth/users/me").is_unauthorized(variant);
    variant.get_as(&token_of(eve), "/api/auth/users/me").is_json(200, &eve.public());
    ACCEPTED.fetch_add(1, Ordering::Relaxed);
    variant.database().delete(&eve.username);
    variant.get_as(&token_of(eve), "/api/auth/users/me").is_unauthorized(variant);
    let heir = Person { username: eve.username.clone(), ..Person::new("heir") };
    variant.signup(&heir).is_json(200, &heir.public());
    variant.get_as(&token_of(eve), "/api/auth/users/me").is_unauthorized(variant);
    let own = variant.token_of(&heir);
    variant.get_as(&own, "/api/auth/users/me").is_json(200, &heir.public());
}

fn a_forged_legacy_token_is_refused(target: &Target) {
    let name = &adopted(target)[0].username;
    let good = || draft(name);
    let by = |draft: &Draft| signed(draft, SECRET.as_bytes());
    let genuine = target.variant().get_as(&by(&good()), "/api/auth/users/me");
    assert_eq!(genuine.status, 200, "the token that is altered below is valid");
    ACCEPTED.fetch_add(1, Ordering::Relaxed);
    let mut forgeries = Forgeries::default();
    let key = target.key();
    for (what, secret) in [
        ("nothing", &b""[..]),
        ("another", b"secret"),
        ("the secret and a line break", format!("{SECRET}\n").as_bytes()),
        ("our public key as a JWK", key.jwk().to_string().as_bytes()),
        ("our public key as SPKI", &key.spki()),
        ("our public key as a point", &key.point()),
        ("our key's id", key.kid().as_bytes()),
    ] {
        forgeries.add(format!("signed with {what}"), signed(&good(), secret));
    }
    forgeries.add("signed by our own key", good().sign(key));
    forgeries.add("no signature", format!("{}.", good().signed_part()));
    for alg in ["none", "HS384", "HS512", "ES256", "RS256", "hs256"] {
        forgeries.add(alg, by(&good().header("alg", alg)));
        forgeries.add(format!("{alg}, our own key"), good().header("alg", alg).sign(key));
    }
    forgeries.add("no typ", by(&good().no_header("typ")));
    forgeries.add("our typ", by(&good().header("typ", "at+jwt")));
    forgeries.add("our kid", by(&good().header("kid", key.kid())));
    forgeries.add("our header", by(&Draft { header: own(target).header, ..good() }));
    forgeries.add("our claims", by(&Draft { claims: own(target).claims, ..good() }));
    forgeries.add("crit", by(&good().header("crit", json!(["exp"]))));
    forgeries.add("no exp", by(&good().no_claim("exp")));
    for exp in [json!(now()), json!(-1), json!(4e9), json!("4000000000"), json!(null)] {
        forgeries.add(format!("exp {exp}"), by(&good().claim("exp", exp)));
    }
    forgeries.add("not yet", by(&good().claim("nbf", now() + 600)));
    forgeries.add("for others", by(&good().claim("aud", "latchkey-api")));
    forgeries.add("no sub", by(&good().no_claim("sub")));
    for sub in [json!(1), json!(null), json!([name]), json!("1"), json!(""), json!("nobody")] {
        forgeries.add(format!("sub {sub}"), by(&good().claim("sub", sub)));
    }
    let array = format!("{}.{}", encode(good().header_json()), encode(json!([name]).to_string()));
    forgeries.add("an array", format!("{array}.{}", encode(hmac(SECRET.as_bytes(), &array))));
    forgeries.add("padding", format!("{}=", by(&good())));
    forgeries.are_refused(target.variant());
}

fn a_legacy_token_ends_by_itself_and_with_all_sessions(target: &Target) {
    let (variant, [.., ann]) = (target.variant(), adopted(target));
    let [ended, good, late] = ["ended", "good", "late"].map(|_| draft(&ann.username));
    let ask =
        |draft: &Draft| variant.get_as(&signed(draft, SECRET.as_bytes()), "/api/auth/users/me");
    let end = "INSERT INTO ended_tokens VALUES (sha256(convert_to($1, 'UTF8')), now())";
    variant.database().query(end, &[&ended.signed_part()]);
    ask(&ended).is_unauthorized(variant);
    ask(&good).is_json(200, &ann.public());
    ACCEPTED.fetch_add(1, Ordering::Relaxed);
    let end = "UPDATE users SET session_epoch = 1 WHERE username = $1";
    variant.database().query(end, &[&ann.username]);
    ask(&late).is_unauthorized(variant);
}

/// A token of Latchkey, in its parts.
fn own(target: &Target) -> Draft {
    Draft::of(&target.variant().ada().token)
}

fn a_legacy_token_is_refused_where_none_is_accepted(target: &Target) {
    let person = target.signed_up("never-adopted");
    let record = "INSERT INTO adoption (adopted_at, last_user_id) \
                  SELECT now(), max(id) FROM users ON CONFLICT DO NOTHING";
    target.database().query(record, &[]);
    let token = signed(&draft(&person.username), SECRET.as_bytes());
    target.get_as(&token, "/api/auth/users/me").is_unauthorized(target);
}
