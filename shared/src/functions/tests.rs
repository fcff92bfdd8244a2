use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::error::Error;
use crate::http::{ProxyEvent, Request};
use crate::routes::{Access, is_well_known};

#[test]
fn no_route_is_there_twice_and_api_gateway_takes_them_all() {
    let mut paths = BTreeMap::new();
    for route in ROUTES {
        let same = |it: &&Route| it.method == route.method && it.pattern() == route.pattern();
        assert_eq!(ROUTES.iter().filter(same).count(), 1, "{route:?}");
        assert_eq!(route.parameters().count(), route.examples.len(), "{route:?}");
        assert_eq!(route.path.matches(['{', '}']).count(), 2 * route.examples.len(), "{route:?}");
        // API Gateway allows one name for the parameter at each position.
        for (index, _) in route.path.match_indices('}') {
            let (prefix, _) = route.path.split_at(index + 1);
            let before = prefix.rsplit_once('/').unwrap().0;
            assert_eq!(paths.entry(before).or_insert(prefix), &prefix, "{route:?}");
        }
    }
}

#[test]
fn well_known_routes_are_public() {
    for route in ROUTES.iter().filter(|route| is_well_known(route.path)) {
        assert_eq!((route.method, route.access), (method::GET, Access::Public), "{route:?}");
    }
}

fn event(route: &Route, authorizer: &Value) -> ProxyEvent {
    let parameters = route.parameters().zip(route.examples);
    let event = json!({
        "resource": route.path, "httpMethod": route.method,
        "pathParameters": parameters.collect::<BTreeMap<_, _>>(),
        "requestContext": { "authorizer": authorizer },
    });
    serde_json::from_value(event).unwrap()
}

fn context(roles: &[Role]) -> Value {
    let roles = Role::joined(roles);
    json!({
        "sub": "7", "username": "ada", "email": "a@b", "roles": roles, "exp": "10",
        "sid": "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "token_digest": "",
    })
}

fn opens_what_the_table_says<R: Routes + PartialEq>() {
    for (route, _) in R::TABLE {
        let of = |authorizer: &Value| Request::of::<R>(&mut event(route, authorizer));
        for chosen in 0..1 << Role::BUILT_IN.len() {
            let roles =
                Role::BUILT_IN.into_iter().enumerate().filter(|(bit, _)| chosen >> bit & 1 == 1);
            let roles: Vec<_> = roles.map(|(_, role)| role).collect();
            let opens = match route.access {
                Access::Public | Access::SignedIn => true,
                Access::AnyOf(wanted) => wanted.iter().any(|role| roles.contains(role)),
            };
            match of(&context(&roles)) {
                Ok((variant, request)) => {
                    assert!(opens, "{} {roles:?}", route.path);
                    assert_eq!((variant.path(), request.route), (route.path, route));
                }
                Err(error) => assert!(
                    !opens && matches!(error, Error::Forbidden),
                    "{} {roles:?}: {error:?}",
                    route.path
                ),
            }
        }
        // Without a context, only what is public is open; `null` is what the emulator sends.
        for none in [json!({}), json!(null), json!({ "sub": "7" })] {
            assert_eq!(of(&none).is_ok(), route.access == Access::Public, "{} {none}", route.path);
        }
    }
    // A function refuses everybody on another function's routes.
    for route in ROUTES.iter().filter(|route| route.function != R::FUNCTION) {
        let other = Request::of::<R>(&mut event(route, &context(&Role::BUILT_IN)));
        assert!(matches!(other, Err(Error::NotFound)), "{} {}", R::FUNCTION, route.path);
    }
}

#[test]
fn a_policy_that_allows_too_much_opens_nothing() {
    macro_rules! check {
        ($(($function:ident $($name:literal)? $endpoint:ident $routes:ident))+) => {
            $(opens_what_the_table_says::<$routes>();)+
        };
    }
    for_each_endpoint!(check);
}

#[test]
fn every_statement_of_the_sources_is_listed() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/db");
    let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let texts =
        files.filter(|path| path.is_file()).map(|path| std::fs::read_to_string(path).unwrap());
    let written: usize = texts
        .map(|text| text.matches("Sql::new(").count() + text.matches("Sql::for_owner(").count())
        .sum();
    assert_eq!(written, logins::statements().len());
}
