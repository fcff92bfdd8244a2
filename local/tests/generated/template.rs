//! The routes in `template.yaml`: the throttles and the preflights between their marks, and the
//! events of each function after its `Events:`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use shared::functions::ROUTES;
use shared::routes::{Access, Route, Throttle};

const FILE: &str = "template.yaml";

/// The lines between `# <mark>` and `# </mark>`, replaced.
fn between(text: &str, mark: &str, lines: &str) -> String {
    let (before, rest) = text.split_once(&format!("# <{mark}>\n")).unwrap();
    let (_, after) = rest.split_once(&format!("# </{mark}>\n")).unwrap();
    let indent = &rest[..rest.len() - rest.trim_start().len()];
    format!("{before}# <{mark}>\n{lines}{indent}# </{mark}>\n{after}")
}

/// Text as YAML has it, where a brace would begin a map.
fn scalar(text: &str) -> String {
    if text.contains('{') { format!("'{text}'") } else { text.to_owned() }
}

fn throttle(route: &Route) -> Option<String> {
    let class = match route.throttle {
        Throttle::Default => return None,
        Throttle::Signin => "Signin",
        Throttle::Docs => "Docs",
    };
    let (path, method) = (scalar(&format!("/{}", route.path.replace('/', "~1"))), route.method);
    Some(format!(
        "        - {{<<: *throttle, ResourcePath: {path}, HttpMethod: {method}, \
         ThrottlingRateLimit: !Ref {class}ThrottleRate, \
         ThrottlingBurstLimit: !Ref {class}ThrottleBurst}}\n"
    ))
}

/// The preflights of all paths but `/`, whose own says what the others repeat.
fn preflights() -> String {
    let mut seen = BTreeSet::from(["/"]);
    let paths = ROUTES.iter().map(|route| route.path).filter(|path| seen.insert(path));
    paths.fold(String::new(), |mut lines, path| {
        let _ = writeln!(lines, "          {}: {{options: *preflight}}", scalar(path));
        lines
    })
}

/// One event, named after the route's method and path.
fn event(route: &Route) -> String {
    let path = scalar(route.path);
    let auth = if route.access == Access::Public { ", Auth: {Authorizer: NONE}" } else { "" };
    format!(
        "        {}: {{Type: Api, Properties: {{RestApiId: !Ref Api, Method: {}, Path: {path}{auth}}}}}\n",
        name(route),
        route.method.to_lowercase()
    )
}

/// Letters and digits alone, as CloudFormation wants them: `GetUsersMe`.
fn name(route: &Route) -> String {
    let words = route.path.split(|c: char| !c.is_ascii_alphanumeric());
    let words = [route.method].into_iter().chain(words).filter(|word| !word.is_empty());
    let capitalised = words.map(|word| {
        let rest = if word == route.method { word[1..].to_lowercase() } else { word[1..].into() };
        word[..1].to_uppercase() + &rest
    });
    capitalised.collect()
}

/// The template with these lines after the `Events:` of a function.
fn with_events(text: &str, function: &str, events: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let (mut is_in_function, mut is_in_events, mut found) = (false, false, false);
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        if indent == 2 && !line.trim().is_empty() {
            let name = line.trim().strip_suffix("Function:");
            is_in_function = name.is_some_and(|name| name.to_lowercase() == function);
        }
        is_in_events &= indent > 6;
        if !is_in_events {
            made.push_str(line);
        }
        if is_in_function && line.trim_end() == "      Events:" {
            (is_in_events, found) = (true, true);
            made.push_str(events);
        }
    }
    assert!(found, "{FILE}: the function {function} has no line `Events:` for its routes");
    made
}

#[test]
fn template_yaml_has_the_routes_of_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");
    let mut made = std::fs::read_to_string(path).unwrap();
    made = between(&made, "throttles", &ROUTES.iter().filter_map(throttle).collect::<String>());
    made = between(&made, "preflights", &preflights());
    for function in ROUTES.iter().map(|route| route.function).collect::<BTreeSet<_>>() {
        let routes = ROUTES.iter().filter(|route| route.function == function);
        made = with_events(&made, function, &routes.map(event).collect::<String>());
    }
    crate::holds(FILE, &made);
}
