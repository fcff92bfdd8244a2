//! `template.yaml` with the routes and logins of the table, and the routes of `own-routes.json`.

use std::{fs, path::Path};

use own_routes::OwnRoutes;
use shared::functions::{LOGINS, logical_id};

use crate::events::{example, with_example, with_routes};

const FILE: &str = "template.yaml";

fn template() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap()
}

/// The template with a curve of the dashboard for each function whose containers keep connections.
fn with_curves(template: &str) -> String {
    let start = r#"["AWS/Lambda", "ConcurrentExecutions", "FunctionName", "#;
    let (before, rest) = template.split_once(start).unwrap();
    let (_, after) = rest.split_once("]}}").unwrap();
    let connected = LOGINS.iter().filter(|login| login.group.is_some());
    let ids = connected.map(|login| format!(r#""${{{}}}""#, logical_id(login.function)));
    let curves = ids.collect::<Vec<_>>().join(r#"], ["...", "#);
    format!("{before}{start}{curves}]]}}}}{after}")
}

#[test]
fn template_yaml_has_the_routes_of_the_table() {
    let own = OwnRoutes::built_in().unwrap_or_else(|fault| panic!("{fault}"));
    crate::holds(FILE, &with_curves(&with_routes(&template(), own)));
}

/// Writes `target/examples` too, which deployment/emulator.sh deploys.
#[test]
fn the_example_is_added_by_its_block_and_its_document() {
    let (with_reports, own) = (with_example(&template()), example());
    for route in own.of_functions() {
        let path =
            if route.path.contains('{') { format!("'{}'", route.path) } else { route.path.into() };
        let (method, api) = (route.method.to_lowercase(), "{RestApiId: !Ref Api");
        let event = format!("{{Type: Api, Properties: {api}, Method: {method}, Path: {path}}}}}\n");
        assert_eq!(with_reports.matches(&event).count(), 1, "{event}");
        assert!(with_reports.contains(&format!("\n          {path}: {{options: *preflight}}\n")));
    }
    assert_eq!(with_routes(&with_reports, own), with_reports);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../examples");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(FILE), with_reports).unwrap();
    let document = include_str!("../../../examples/own-routes.json");
    fs::write(folder.join("own-routes.json"), document).unwrap();
}
