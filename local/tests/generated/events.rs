//! The routes in a template: the throttles and the preflights between their marks, and the events
//! of each function after its `Events:`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use own_routes::{OwnRoutes, event_name};
use shared::functions::logical_id;
use shared::routes::{Access, Route, Throttle, is_well_known};

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

/// The paths whose preflights the template writes out; the others repeat one of them.
const WRITTEN: [&str; 2] = ["/", "/.well-known/jwks.json"];

fn preflights(own: &OwnRoutes) -> String {
    let mut seen = BTreeSet::from(WRITTEN);
    let paths = own.of_accounts().map(|route| route.path).filter(|path| seen.insert(path));
    paths.fold(String::new(), |mut lines, path| {
        let anchor = if is_well_known(path) { "public-preflight" } else { "preflight" };
        let _ = writeln!(lines, "          {}: {{options: *{anchor}}}", scalar(path));
        lines
    })
}

/// One event, named after the route's method and path.
fn event(route: &Route) -> String {
    let path = scalar(route.path);
    let auth = if route.access == Access::Public { ", Auth: {Authorizer: NONE}" } else { "" };
    format!(
        "        {}: {{Type: Api, Properties: {{RestApiId: !Ref Api, Method: {}, Path: {path}{auth}}}}}\n",
        event_name(route),
        route.method.to_lowercase()
    )
}

/// The template with these lines after the `Events:` of a function.
fn with_events(text: &str, function: &str, events: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let (mut is_in_function, mut is_in_events, mut found) = (false, false, false);
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        if indent == 2 && !line.trim().is_empty() {
            let id = line.trim().strip_suffix(':');
            // A team's own function may have more capitals.
            is_in_function = id.is_some_and(|id| id.eq_ignore_ascii_case(&logical_id(function)));
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
    assert!(found, "template.yaml: the function {function} has no line `Events:` for its routes");
    made
}

/// The template with these routes beside Latchkey's own.
pub(crate) fn with_routes(template: &str, own: &OwnRoutes) -> String {
    let throttles: String = own.of_accounts().filter_map(throttle).collect();
    let mut made = between(template, "throttles", &throttles);
    made = between(&made, "preflights", &preflights(own));
    for function in own.of_accounts().map(|route| route.function).collect::<BTreeSet<_>>() {
        let routes = own.of_accounts().filter(|route| route.function == function);
        made = with_events(&made, function, &routes.map(event).collect::<String>());
    }
    made
}

/// The routes of the example.
pub(crate) fn example() -> &'static OwnRoutes {
    let own = OwnRoutes::parse(include_str!("../../../examples/own-routes.json"));
    Box::leak(Box::new(own.unwrap()))
}

/// The template with the example's function, unless it is there already, and with its routes.
pub(crate) fn with_example(template: &str) -> String {
    let function = include_str!("../../../examples/reports/function.yaml");
    let mark = "\n  AdminFunction:\n";
    let added = if template.contains("\n  ReportsFunction:\n") {
        mark
    } else {
        &format!("\n{function}{mark}")
    };
    with_routes(&template.replacen(mark, added, 1), example())
}
