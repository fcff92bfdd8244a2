use super::*;

const VERBS: [&str; 9] =
    ["grant", "revoke", "role", "sign-out", "disable", "enable", "delete", "list", "migrate"];

fn parse(line: &str) -> Result<Arguments, String> {
    Arguments::parsed(line.split_whitespace()).map_err(|error| sentence(&error.to_string()))
}

/// What a help looks like at a terminal of 80 columns.
fn help(arguments: &[&str]) -> String {
    let words = std::iter::once("latchkey").chain(arguments.iter().copied());
    let error = Arguments::parsed(words).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DisplayHelp);
    error.to_string()
}

#[test]
fn the_default_address_is_loopback_port_8000() {
    let arguments = parse("latchkey").unwrap();
    assert_eq!((arguments.listen.host.as_str(), arguments.listen.port), ("127.0.0.1", 8000));
    assert!(arguments.verb.is_none() && !arguments.fresh);
}

#[test]
fn a_verb_is_one_before_and_after_overrides() {
    for line in [
        "latchkey --parameter-overrides A=1 B=2 grant ada ROLE_ADMIN",
        "latchkey grant ada ROLE_ADMIN --parameter-overrides A=1 B=2",
    ] {
        let arguments = parse(line).unwrap();
        assert!(matches!(arguments.verb, Some(Verb::Grant { .. })), "{line}");
        let overrides = arguments.shared.parameter_overrides.into_iter().flatten();
        let overrides: Vec<_> = overrides.map(|it| format!("{}={}", it.name, it.value)).collect();
        assert_eq!(overrides, ["A=1", "B=2"], "{line}");
    }
}

#[test]
fn a_user_is_named_or_numbered() {
    for (line, expected) in [
        ("latchkey grant ada ROLE_ADMIN", (Some("ada"), None)),
        ("latchkey grant --id 7 ROLE_ADMIN", (None, Some(7))),
        ("latchkey revoke ROLE_ADMIN --id -7", (None, Some(-7))),
    ] {
        let Some(Verb::Grant { subject, role } | Verb::Revoke { subject, role }) =
            parse(line).unwrap().verb
        else {
            panic!("{line}")
        };
        assert_eq!(
            (subject.username.as_deref(), subject.id, &*role),
            (expected.0, expected.1, "ROLE_ADMIN")
        );
    }
}

#[test]
fn a_wrong_argument_is_reported_in_one_line_with_the_next_step() {
    for (line, words) in [
        ("latchkey --port many", "'--port <PORT>': invalid digit found in string (--help"),
        ("latchkey --what", "--help shows"),
        ("latchkey --prot 1", "'--port'"),
        ("latchkey lst", "'list'"),
        ("latchkey grant ada", "<USERNAME>"),
        ("latchkey delete", "<USERNAME>"),
        ("latchkey delete --id 7 ada", "cannot be used with"),
        ("latchkey role", "add, remove, list"),
        ("latchkey role add", "<ROLE>"),
        ("latchkey role list ROLE_EDITOR", "'ROLE_EDITOR'"),
        ("latchkey grant --id ada ROLE_USER", "'--id <ID>'"),
        ("latchkey grant --id 7 ada ROLE_USER", "cannot be used with"),
        ("latchkey list --parameter-overrides A", "Name=value"),
        ("latchkey --fresh list", "--fresh is for the service"),
        ("latchkey --port 1 grant ada ROLE_USER", "--port is for the service"),
        ("latchkey --fresh --database-url postgresql://a@b/c", "cannot be used with"),
    ] {
        let message = parse(line).unwrap_err();
        assert!(message.contains(words) && !message.contains('\n'), "{line}: {message}");
        assert!(!message.starts_with("error"), "{line}: {message}");
    }
}

#[test]
fn every_help_fits_a_terminal_of_80_columns() {
    let verbs = VERBS.map(|verb| [verb, "--help"]);
    for arguments in [&["--help"][..], &["-h"]].into_iter().chain(verbs.iter().map(|it| &it[..])) {
        let help = help(arguments);
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
        }
        assert!(help.contains("Example"), "{help}");
    }
}

#[test]
fn every_example_of_a_help_can_be_run() {
    let mut examples = 0;
    let verbs = VERBS.map(|verb| [verb, "-h"]);
    for arguments in [&["--help"][..]].into_iter().chain(verbs.iter().map(|it| &it[..])) {
        let help = help(arguments);
        for line in help.lines().filter_map(|line| line.trim().strip_prefix("cargo run")) {
            let (_, line) = line.split_once("-- ").unwrap_or_default();
            let command = line.split("  ").next().unwrap().split(" | ").next().unwrap();
            parse(&format!("latchkey {command}")).unwrap();
            examples += 1;
        }
    }
    assert!(examples >= 23, "{examples}");
}

#[test]
fn the_help_names_every_role_that_can_be_granted() {
    for role in shared::Role::BUILT_IN {
        assert!(help(&["--help"]).contains(role.name()), "{role}");
        assert!(help(&["grant", "--help"]).contains(role.name()), "{role}");
    }
}
