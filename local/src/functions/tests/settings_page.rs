//! Compares `docs/operate/settings.md` with the code and the template.

use std::collections::{BTreeMap, BTreeSet};

use shared::{Environment, db};

use super::{ours, starts};
use crate::{
    settings::PG_BIN,
    template::{parameter::Parameter, setting_name, tests::parameters},
};

const PAGE: &str = include_str!("../../../../docs/operate/settings.md");

/// Where the tests read settings of their own.
const STAGE: &str = include_str!("../../../../tests/stage/src/lib.rs");

const HEADER: &str = "| setting | default | values | what it is |";

/// A row of the page's table.
struct Row {
    setting: String,
    default: String,
    values: String,
}

fn rows() -> Vec<Row> {
    let lines = PAGE.lines().skip_while(|line| *line != HEADER).skip(2);
    let rows: Vec<_> = lines.take_while(|line| line.starts_with('|')).map(row).collect();
    assert!(rows.len() > 20, "the table is gone");
    rows
}

fn row(line: &str) -> Row {
    let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [setting, default, values, what] = cells[..] else {
        panic!("a row of other cells: {line}");
    };
    assert!(!what.is_empty(), "{line}");
    Row {
        setting: setting.trim_matches('`').to_owned(),
        default: default.to_owned(),
        values: values.to_owned(),
    }
}

/// The template's parameters by the settings that they set.
fn parameters_by_setting() -> BTreeMap<String, Parameter> {
    let parameters = parameters().into_iter();
    parameters.map(|(name, parameter)| (setting_name(&name), parameter)).collect()
}

/// A default in a cell, or in the first column of the table that the cell leads to.
fn defaults(cell: &str) -> Vec<String> {
    let Some(words) = cell.split_once("](#").and_then(|(_, anchor)| anchor.strip_suffix(')'))
    else {
        return code(cell).into_iter().map(str::to_owned).collect();
    };
    let heading = |section: &&str| {
        let title = section.lines().next().unwrap_or_default();
        title.to_lowercase().replace(' ', "-") == words
    };
    let section = PAGE.split("\n## ").find(heading).unwrap();
    let columns = section.lines().filter_map(|line| line.strip_prefix("| ")?.split('|').next());
    vec![columns.flat_map(code).collect::<Vec<_>>().join(",")]
}

/// The code spans of a cell.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The range in a text, `from 1 to 72` or `1 to 2,592,000 seconds`.
fn range(text: &str) -> Option<String> {
    let text = text.replace(',', "");
    let words: Vec<_> = text.split_whitespace().collect();
    let number = |word: &&str| word.parse::<u64>().is_ok();
    words.windows(3).find_map(|words| match words {
        [least, "to", most] if number(least) && number(most) => Some(format!("{least} to {most}")),
        _ => None,
    })
}

#[tokio::test]
async fn the_page_has_each_setting_and_no_other() {
    let asked = starts(Environment::default).await.into_iter().flat_map(|start| start.asked);
    let mut settings: BTreeSet<_> = asked.collect();
    settings.extend(parameters().into_keys().map(|name| setting_name(&name)));
    settings.insert(PG_BIN.to_owned());
    let of_process = STAGE.split("Environment::of_process().text(\"").skip(1);
    settings.extend(of_process.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
    let page: Vec<_> = rows().into_iter().map(|row| row.setting).collect();
    assert_eq!(page, settings.into_iter().collect::<Vec<_>>(), "in the order of their names");
}

#[test]
fn the_page_names_the_settings_without_a_parameter() {
    let parameters = parameters_by_setting();
    let without = rows().into_iter().map(|row| row.setting);
    let without: Vec<_> = without.filter(|name| !parameters.contains_key(name)).collect();
    let (list, _) = PAGE.split_once(" have no parameter.").unwrap();
    assert_eq!(code(list.lines().next_back().unwrap()), without);
}

#[test]
fn each_default_of_the_page_is_the_templates_or_else_the_codes() {
    let (parameters, template) = (parameters_by_setting(), ours());
    for row in rows() {
        let parameter = parameters.get(&row.setting);
        let of_parameter = parameter.and_then(|it| it.default.clone()).filter(|it| !it.is_empty());
        // What the template makes of a parameter that is left empty.
        let made =
            template.functions.iter().find_map(|it| match it.environment.get(&row.setting) {
                // The runner's own gives way to the address that its setup finds.
                Some(text) if !text.is_empty() && row.setting != "MAIL_LINK_URL" => {
                    Some(text.clone())
                }
                _ => None,
            });
        let expected = of_parameter.or(made).or_else(|| default_in_code(&row.setting));
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(defaults(&row.default), expected, "{}", row.setting);
        assert!(!row.default.is_empty(), "{}", row.setting);
    }
}

/// A default that the code has where the template has none.
fn default_in_code(setting: &str) -> Option<String> {
    let parts = [("DATABASE_HOST", "h"), ("DATABASE_NAME", "n"), ("DATABASE_USER", "u")];
    let settings = format!("{:?}", db::Settings::from_env(&mut Environment::from_iter(parts)));
    let (_, rest) = settings.split_once("port: [")?;
    let port = rest.split(']').next()?.to_owned();
    (setting == "DATABASE_PORT").then_some(port)
}

#[tokio::test]
async fn each_range_of_the_page_is_the_codes_and_the_templates() {
    let asked = starts(Environment::default).await.into_iter().flat_map(|start| start.asked);
    let names: BTreeSet<_> = asked.collect();
    // No setting takes this value, but those that take any.
    let bad = || names.iter().map(|name| (name.clone(), "\u{1}")).collect::<Environment>();
    let refusals = starts(bad).await.into_iter().filter_map(|start| start.refusal);
    let refusals: Vec<_> = refusals.collect();
    let faults = refusals.iter().flat_map(|refusal| {
        refusal.strip_prefix("bad settings: ").unwrap().split("; ").filter_map(|fault| {
            let (setting, rule) = fault.split_once(' ')?;
            Some((setting, range(rule)))
        })
    });
    let code_ranges: BTreeMap<_, _> = faults.collect();
    assert!(code_ranges.len() > 7, "{code_ranges:?}");
    let parameters = parameters_by_setting();
    for row in rows() {
        let parameter = parameters.get(&row.setting);
        if let Some(longest) = parameter.and_then(|it| it.max_length) {
            let words = format!("at most {longest} characters");
            assert!(row.values.replace(',', "").contains(&words), "{}", row.setting);
        }
        let rule = parameter.map(Parameter::rule).unwrap_or_default();
        let on_page = range(&row.values);
        if let Some(in_code) = code_ranges.get(row.setting.as_str()) {
            assert_eq!(&on_page, in_code, "{} in the code", row.setting);
        } else {
            assert_eq!(on_page, range(&rule), "{} in the template", row.setting);
        }
        if let Some(in_template) = range(&rule) {
            assert_eq!(on_page, Some(in_template), "{} in the template", row.setting);
        }
        if let Some((_, allowed)) = rule.split_once("one of: ") {
            assert_eq!(
                code(&row.values),
                allowed.split(", ").collect::<Vec<_>>(),
                "{}",
                row.setting
            );
        }
    }
}
