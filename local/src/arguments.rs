//! The command line.

#![expect(clippy::doc_markdown, reason = "clap prints these comments, backticks and all")]

use std::{collections::BTreeMap, path::PathBuf};

use clap::{Args, Parser, Subcommand, error::ErrorKind};

/// Latchkey on this machine: the whole account service, over a PostgreSQL of its own.
///
/// Without a verb it starts the service and says where it listens. With one it does an operator's
/// work on the same database, whether the service runs or not.
///
/// Settings are read from the environment, then from `.env`, then from template.yaml, whose
/// parameter FooBar is the setting FOO_BAR.
#[derive(Debug, Parser)]
#[command(name = "latchkey", version, subcommand_precedence_over_arg = true)]
pub struct Arguments {
    #[command(flatten)]
    pub(crate) listen: Listen,
    /// Begin with an empty database (the runner's own; not with --database-url)
    #[arg(long)]
    pub(crate) fresh: bool,
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
}

/// Where the service listens.
#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// The port to listen at; 0 takes any that is free
    #[arg(long, default_value_t = 8000)]
    pub(crate) port: u16,
    /// The address to listen at; 0.0.0.0 opens it to the network
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: String,
}

/// What counts for the service and for the verbs alike.
#[derive(Debug, Args)]
pub(crate) struct Shared {
    /// A database to use instead of the runner's own: postgresql://user:password@host:port/name
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// Values for the template's parameters, as `sam` takes them: AuthorizerCacheSeconds=0 …
    #[arg(long, global = true, num_args = 0.., value_name = "NAME=VALUE")]
    pub(crate) parameter_overrides: Vec<String>,
    /// The template to read, instead of the nearest template.yaml
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) template_file: Option<PathBuf>,
}

/// An operator's work.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Give a user a role: ROLE_USER, ROLE_MODERATOR or ROLE_ADMIN
    Grant {
        /// The user's name, exactly
        username: String,
        /// The role's name, exactly
        role: String,
    },
    /// Take a role from a user
    Revoke {
        /// The user's name, exactly
        username: String,
        /// The role's name, exactly
        role: String,
    },
    /// List all users and their roles
    List,
}

impl Arguments {
    /// Reads the command line. `--help` and `--version` are printed, and are no error.
    pub fn read() -> Result<Self, Reading> {
        Self::try_parse().map_err(|error| match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                // Nothing to do about a terminal that is gone.
                let _ = error.print();
                Reading::Shown
            }
            _ => Reading::Wrong(first_paragraph(&error.to_string())),
        })
    }
}

/// Why there are no arguments to go on with.
#[derive(Debug)]
pub enum Reading {
    /// Help was asked for, and printed.
    Shown,
    /// They are wrong: one sentence.
    Wrong(String),
}

/// What is wrong, without the usage below it.
fn first_paragraph(told: &str) -> String {
    let first = told.split("\n\n").next().unwrap_or(told);
    let lines: Vec<_> = first.lines().map(str::trim).collect();
    lines.join(" ").trim_start_matches("error: ").to_owned()
}

/// The values of `--parameter-overrides`: `Name=value` or
/// `ParameterKey=Name,ParameterValue=value`, several in one argument where each has a name.
pub(crate) fn overrides(arguments: &[String]) -> Result<BTreeMap<String, String>, String> {
    let mut overrides = BTreeMap::new();
    for argument in arguments {
        let words: Vec<_> = argument.split_whitespace().collect();
        let each_is_named = words.iter().all(|word| word.contains('='));
        let parts = if each_is_named { words } else { vec![argument.as_str()] };
        for part in parts {
            let (name, value) = named(part).ok_or("--parameter-overrides takes Name=value")?;
            overrides.insert(name.to_owned(), value.to_owned());
        }
    }
    Ok(overrides)
}

fn named(part: &str) -> Option<(&str, &str)> {
    let pair = match part.strip_prefix("ParameterKey=") {
        Some(rest) => rest.split_once(",ParameterValue="),
        None => part.split_once('='),
    };
    pair.filter(|(name, _)| !name.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        let words = line.split_whitespace();
        Arguments::try_parse_from(words).map_err(|error| first_paragraph(&error.to_string()))
    }

    #[test]
    fn nothing_said_is_loopback_and_port_8000() {
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
            assert_eq!(arguments.shared.parameter_overrides, ["A=1", "B=2"], "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_one_line() {
        for line in ["latchkey --port many", "latchkey --what", "latchkey grant ada"] {
            let told = parse(line).unwrap_err();
            assert!(!told.is_empty() && !told.contains('\n'), "{told}");
        }
    }

    #[test]
    fn overrides_are_written_as_sam_takes_them() {
        let read = |arguments: &[&str]| {
            let arguments: Vec<_> = arguments.iter().map(|it| (*it).to_owned()).collect();
            overrides(&arguments)
        };
        let two = BTreeMap::from([("A".into(), "1".into()), ("B".into(), "x=y".into())]);
        assert_eq!(read(&["A=1", "B=x=y"]), Ok(two.clone()));
        assert_eq!(read(&["A=1 B=x=y"]), Ok(two.clone()));
        assert_eq!(
            read(&["ParameterKey=A,ParameterValue=1", "ParameterKey=B,ParameterValue=x=y"]),
            Ok(two)
        );
        assert_eq!(read(&["Name=two words"]).unwrap()["Name"], "two words");
        assert!(read(&["A"]).is_err() && read(&["=1"]).is_err());
    }
}
