//! The routes of a document, checked one by one and against each other.

use std::collections::{HashMap, HashSet};

use shared::Role;
use shared::functions::{LOGINS, ROUTES};
use shared::routes::{Access, Route, Throttle, method};

use crate::document::{Members, Written, WrittenAccess};
use crate::event::{MAX_NAMES, event_name};
use crate::fault::Fault;

/// The name that the stage of Latchkey's own API has for its routes.
pub const ACCOUNTS: &str = "accounts";

/// API Gateway's limit of a resource's path is not documented. This one keeps a policy readable.
const MAX_PATH_BYTES: usize = 200;

/// The value of each parameter in an example path.
const EXAMPLE: &str = "example";

/// The routes of the team's functions in Latchkey's own API.
pub(crate) fn of_functions(functions: Members<Written>) -> Result<Vec<Route>, Fault> {
    let mut table = Vec::new();
    for (name, written) in functions.0 {
        let location = format!("functions.{name}");
        let is_ours = ROUTES.iter().map(|route| route.function).any(|it| it == name)
            || LOGINS.iter().any(|login| login.function == name);
        if is_ours {
            return Err(Fault::at(location, "Latchkey has a function of that name"));
        }
        if !is_name(&name, |it| it.is_ascii_lowercase() || it.is_ascii_digit()) {
            return Err(Fault::at(location, "a function's name has lower-case letters and digits"));
        }
        table.extend(routes(name.leak(), &location, written)?);
    }
    check(ROUTES, &table, "functions")?;
    Ok(table)
}

/// The routes of each of the team's other APIs.
pub(crate) fn of_apis(apis: Members<Written>) -> Result<Vec<(String, Vec<Route>)>, Fault> {
    let mut tables = Vec::new();
    for (name, written) in apis.0 {
        let location = format!("apis.{name}");
        if name == ACCOUNTS {
            return Err(Fault::at(location, "this is the name of Latchkey's own API"));
        }
        if !is_name(&name, |it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-') {
            return Err(Fault::at(location, "an API's name has lower-case letters, digits and -"));
        }
        let table = routes(name.clone().leak(), &location, written)?;
        check(&[], &table, "apis")?;
        tables.push((name, table));
    }
    Ok(tables)
}

fn is_name(name: &str, is_allowed: impl Fn(char) -> bool) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.len() <= 40
        && name.chars().all(is_allowed)
}

fn routes(owner: &'static str, location: &str, written: Written) -> Result<Vec<Route>, Fault> {
    if written.0.is_empty() {
        return Err(Fault::at(location, "it has no route"));
    }
    let written = written.0.into_iter();
    written.map(|(name, access)| route(owner, location, &name, access)).collect()
}

/// One route, such as `GET /reports/{id}`.
fn route(
    owner: &'static str,
    location: &str,
    name: &str,
    access: WrittenAccess,
) -> Result<Route, Fault> {
    let fault = |rule: String| Fault::at(format_args!("{location}, {name:?}"), rule);
    let (method, path) = name
        .split_once(' ')
        .ok_or_else(|| fault("a route is a method, a space and a path, as GET /reports".into()))?;
    let method = method::ALL.into_iter().find(|it| *it == method);
    let method = method
        .ok_or_else(|| fault(format!("the method must be one of {}", method::ALL.join(", "))))?;
    if !is_path(path) {
        return Err(fault(format!(
            "a path begins with / and has segments of letters, digits, `.`, `_` and `-`, or \
             parameters like {{id}}, in at most {MAX_PATH_BYTES} bytes"
        )));
    }
    let access = match access {
        WrittenAccess::SignedIn => Access::SignedIn,
        WrittenAccess::AnyOf(names) if names.is_empty() => {
            return Err(fault("name a role, or write \"signed-in\" for every user".into()));
        }
        WrittenAccess::AnyOf(names) => {
            let mut roles = Vec::new();
            for name in names {
                let rule = || fault(format!("{name:?} is no role. {}", Role::RULE));
                roles.push(Role::parse(name.as_str()).ok_or_else(rule)?);
            }
            Access::AnyOf(roles.leak())
        }
    };
    let path: &'static str = path.to_owned().leak();
    let examples = path.split('/').filter(|segment| segment.starts_with('{')).map(|_| EXAMPLE);
    let examples = examples.collect::<Vec<_>>().leak();
    let throttle = Throttle::Default;
    Ok(Route { method, path, function: owner, access, throttle, examples, metadata: None })
}

fn is_path(path: &str) -> bool {
    let is_word = |text: &str, others: &[char]| {
        !text.is_empty()
            && text.chars().all(|it| it.is_ascii_alphanumeric() || others.contains(&it))
    };
    let is_segment = |segment: &str| {
        let parameter = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        parameter.map_or_else(
            || is_word(segment, &['.', '_', '-']) && !matches!(segment, "." | ".."),
            |name| is_word(name, &['_']),
        )
    };
    let segments = path.strip_prefix('/');
    path.len() <= MAX_PATH_BYTES
        && segments.is_some_and(|it| it.is_empty() || it.split('/').all(is_segment))
}

/// Checks each route against Latchkey's own and against the other routes of its API.
fn check(ours: &[Route], added: &[Route], section: &str) -> Result<(), Fault> {
    let mut parameters = HashMap::new();
    for route in ours.iter().chain(added) {
        let fault = |rule: String| {
            Err(Fault::at(format_args!("{section}.{}, \"{route}\"", route.function), rule))
        };
        // API Gateway allows one name for the parameter at each position.
        for (at, _) in route.path.match_indices('}') {
            let (prefix, _) = route.path.split_at(at + 1);
            let before = prefix.rsplit_once('/').map_or("", |(before, _)| before);
            let first = *parameters.entry(before).or_insert(prefix);
            if first != prefix {
                return fault(format!(
                    "the parameter after {before}/ is named otherwise in {first}"
                ));
            }
        }
    }
    let mut seen = HashSet::new();
    let mut events = HashMap::new();
    for route in added {
        let fault = |rule: String| {
            Err(Fault::at(format_args!("{section}.{}, \"{route}\"", route.function), rule))
        };
        if let Some(other) = ours.iter().find(|it| it.meets(route) || route.opens(it)) {
            return fault(format!("Latchkey's own {other} may match the same path; use another"));
        }
        if !seen.insert((route.method, route.pattern())) {
            return fault("the same route is there twice".into());
        }
        // The events of another API are in that API's own template.
        if section == "functions" {
            let event = (route.function, event_name(route));
            if event.0.len() + event.1.len() > MAX_NAMES {
                return fault("its name in the template is too long; use a shorter path".into());
            }
            if let Some(other) = events.insert(event, route) {
                return fault(format!("in the template it has the name of {other}; use another"));
            }
        }
        if let Some(other) = added.iter().find(|other| route.opens(other)) {
            return fault(format!(
                "in a policy its parameter also matches {other}, which asks for other roles: give \
                 both the same access, or use another path"
            ));
        }
    }
    Ok(())
}
