//! API Gateway caches one policy per token and decides every route by it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::check::{Check, checks};
use crate::client::Answer;
use crate::expectation::INVALID_TOKEN;
use crate::jws::Draft;
use crate::routes::{ADMIN, MODERATOR, Needs, Route, USER};
use crate::target::Target;
use crate::{docs, routes};

pub(crate) fn checks() -> Vec<Check> {
    checks![
        a_cached_policy_opens_each_of_the_callers_routes_and_no_other also Emulator needs CachedPolicies;
        a_cached_policy_does_not_outlive_its_token also Emulator needs CachedPolicies OwnKey;
        a_cached_policy_serves_no_other_token also Emulator needs CachedPolicies;
        a_cached_policy_decides_alike_whichever_route_came_first also Emulator needs CachedPolicies OwnKey Database;
    ]
}

fn a_cached_policy_opens_each_of_the_callers_routes_and_no_other(target: &Target) {
    let target = target.caching();
    let someone = target.signed_in("cached");
    for _ in 0..2 {
        for (path, status) in [
            ("/api/test/user", 200),
            ("/api/test/admin", 403),
            ("/api/auth/users/me", 200),
            ("/api/test/mod", 403),
            ("/api/auth/users/me/items", 200),
            ("/api/test/profile", 200),
        ] {
            assert_eq!(target.get_as(&someone.token, path).status, status, "{path}");
        }
    }
}

fn a_cached_policy_does_not_outlive_its_token(target: &Target) {
    let target = target.caching();
    let person = &target.ada().person;
    let fresh = Draft::of(&target.token_of(person));
    let brief = fresh.claim("exp", fresh.number("iat") + 5).sign(target.key());
    let answer = target.get_as(&brief, "/api/auth/users/me");
    answer.is_json(200, &person.public());
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = target.get_as(&brief, "/api/auth/users/me");
        if answer.status != 200 {
            // A function answers, not the gateway: the policy is still cached.
            answer.says(target, 401, "Could not validate credentials");
            answer.challenges(target, INVALID_TOKEN);
            break;
        }
        assert!(Instant::now() < deadline, "the cached policy outlives the token");
        thread::park_timeout(Duration::from_millis(100));
    }
    for path in ["/api/test/profile", "/api/test/user"] {
        target.get_as(&brief, path).says(target, 401, "Could not validate credentials");
    }
}

fn a_cached_policy_serves_no_other_token(target: &Target) {
    let target = target.caching();
    let (one, other) = (target.signed_in("one"), target.signed_in("other"));
    for _ in 0..3 {
        for someone in [&one, &other] {
            let items = json!([{ "item_id": "Foo", "owner": someone.person.username }]);
            target.get_as(&someone.token, "/api/auth/users/me/items").is_json(200, &items);
        }
        target.http.get("/api/auth/users/me").send().is_unauthorized(target);
    }
}

/// All routes, and the files of the page, which the description leaves out.
fn routes(target: &Target) -> Vec<Route> {
    let files =
        docs::files(target).into_iter().map(|file| Route::new("GET", &file, Needs::Nothing));
    routes::read(target).into_iter().chain(files).collect()
}

/// Calls a route, with a token or without.
fn call(target: &Target, route: &Route, token: Option<&str>) -> Answer {
    let request = route.harmless(target);
    match token {
        Some(token) => request.bearer(token).send(),
        None => request.send(),
    }
}

/// The parts of an answer that are compared.
type Decision = (u16, Vec<u8>);

fn decision(answer: Answer) -> Decision {
    (answer.status, answer.body)
}

/// A user with exactly these roles, and that user's distinct tokens.
struct Holder {
    roles: Vec<&'static str>,
    draft: Draft,
    count: AtomicUsize,
}

impl Holder {
    fn of(target: &Target, roles: Vec<&'static str>) -> Self {
        let person = target.signed_in("ordered");
        let name = &person.person.username;
        let none =
            "DELETE FROM users_to_roles WHERE user_id = (SELECT id FROM users WHERE username = $1)";
        target.database().query(none, &[name]);
        let these = "INSERT INTO users_to_roles (user_id, role_id) \
                     SELECT u.id, r.id FROM users u, roles r \
                     WHERE u.username = $1 AND r.name = ANY ($2)";
        target.database().query(these, &[name, &roles]);
        Self { roles, draft: Draft::of(&person.token), count: AtomicUsize::new(0) }
    }

    /// A token without a cached policy.
    fn fresh_token(&self, target: &Target) -> String {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        self.draft.claim("jti", format!("ordered-{number}")).sign(target.key())
    }

    /// Each route's answer to an unused token.
    fn direct_decisions(&self, target: &Target, routes: &[Route]) -> Vec<Decision> {
        let direct = |route: &Route| {
            let answer = call(target, route, Some(&self.fresh_token(target)));
            let open = match route.needs {
                Needs::Nothing | Needs::Secret => {
                    assert_eq!(answer.body, call(target, route, None).body, "{route:?}");
                    return decision(answer);
                }
                Needs::Token => true,
                Needs::OneOf(roles) => roles.iter().any(|role| self.roles.contains(role)),
                // Any of them may be the one.
                Needs::SomeRole if !self.roles.is_empty() => return decision(answer),
                Needs::SomeRole => false,
            };
            let status = answer.status;
            let is_as_promised = if open {
                status == 200 || routes::is_further(route) && !matches!(status, 401 | 403)
            } else {
                status == 403
            };
            assert!(is_as_promised, "{route:?} to {:?}: {status} {}", self.roles, answer.text());
            decision(answer)
        };
        routes.iter().map(direct).collect()
    }
}

/// All subsets of the roles.
fn sets_of_roles() -> impl Iterator<Item = Vec<&'static str>> {
    let has = |set: usize, index: usize| set >> index & 1 == 1;
    (0..8).map(move |set| {
        let roles = [USER, MODERATOR, ADMIN].into_iter().enumerate();
        roles.filter(|(index, _)| has(set, *index)).map(|(_, role)| role).collect()
    })
}

/// Two calls with one token: the index of its holder, and of the two routes.
#[derive(Clone, Copy, Debug)]
struct Order {
    holder: usize,
    routes: [usize; 2],
}

/// Every ordered pair of routes for every holder. If one of the routes has no authorizer, no policy
/// can decide both, and the pair is for the holder without roles alone, whose policy allows least.
fn orders(holders: usize, routes: &[Route]) -> Vec<Order> {
    let indexes = || 0..routes.len();
    let pairs = indexes().flat_map(|first| indexes().map(move |second| [first, second]));
    let unasked = |route: usize| matches!(routes[route].needs, Needs::Nothing | Needs::Secret);
    pairs
        .flat_map(|routes| (0..holders).map(move |holder| Order { holder, routes }))
        .filter(|order| order.holder == 0 || !order.routes.into_iter().any(unasked))
        .collect()
}

/// The number of concurrent clients; a single one would take too long.
const CALLERS: usize = 8;

fn a_cached_policy_decides_alike_whichever_route_came_first(target: &Target) {
    let target = target.caching();
    let holders: Vec<_> = sets_of_roles().map(|roles| Holder::of(target, roles)).collect();
    let all = routes(target);
    let direct: Vec<_> =
        holders.iter().map(|holder| holder.direct_decisions(target, &all)).collect();
    for (at, route) in all.iter().enumerate().filter(|(_, it)| it.needs == Needs::SomeRole) {
        assert!(direct.iter().any(|of| of[at].0 != 403), "no role opens {route:?}");
    }
    let (orders, next) = (orders(holders.len(), &all), AtomicUsize::new(0));
    let faults = Mutex::new(Vec::new());
    let ask = || {
        while let Some(&Order { holder, routes }) = orders.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let token = holders[holder].fresh_token(target);
            for route in routes {
                let answer = decision(call(target, &all[route], Some(&token)));
                if answer != direct[holder][route] {
                    let [first, second] = routes.map(|route| &all[route].path);
                    let roles = &holders[holder].roles;
                    let fault = format!(
                        "{roles:?}, {first} and then {second}: {} is {} and not {}",
                        all[route].path, answer.0, direct[holder][route].0,
                    );
                    faults.lock().expect("nobody panicked").push(fault);
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(ask);
        }
    });
    let faults = faults.into_inner().expect("nobody panicked");
    let some = faults.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(faults.is_empty(), "{} of {} orders:\n{some}", faults.len(), orders.len());
}
