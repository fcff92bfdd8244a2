//! The command line.

#![expect(clippy::doc_markdown, reason = "clap prints these comments, backticks and all")]

mod overrides;
mod role_verb;
mod user_verb;

use std::path::PathBuf;

use clap::{
    ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand,
    error::ErrorKind, parser::ValueSource,
};
pub(crate) use overrides::Override;
pub(crate) use role_verb::RoleVerb;
pub(crate) use user_verb::{Subject, UserVerb};

use crate::lambda_endpoint::LambdaEndpoint;

/// What the program is started with.
#[derive(Debug, Parser)]
#[command(
    name = "latchkey",
    about = ABOUT,
    version,
    max_term_width = 80,
    subcommand_precedence_over_arg = true,
    subcommand_help_heading = "Verbs",
    subcommand_value_name = "VERB",
    disable_help_subcommand = true,
    after_help = AFTER
)]
pub struct Arguments {
    #[command(flatten)]
    pub(crate) listen: Listen,
    /// Begin with an empty database and another signing key
    #[arg(long, help_heading = DATABASE, conflicts_with = "database_url")]
    pub(crate) fresh: bool,
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
}

const LISTEN: &str = "Where the service listens";
const DATABASE: &str = "Its database";
const TEMPLATE: &str = "Its template";
const OWN_FUNCTIONS: &str = "Your own functions";

/// The text above the options.
const ABOUT: &str = "\
Latchkey on this machine: the whole account service, over a PostgreSQL of its
own.

Without a verb it starts the service, prints its address, and runs until Ctrl-C.
With a verb it does an operator's work on the same database, whether the service
runs or not.";

/// The text below the options.
const AFTER: &str = "\
Settings:
  They come from the command line, else from the environment, else from `.env`,
  else from template.yaml, whose parameter FooBar is the setting FOO_BAR.
  docs/operate/settings.md has them all.

Examples, in a checkout (`latchkey` is `cargo run --` there):
  cargo run                                 The service, on port 8000
  cargo run -- --fresh                      The same, over an empty database
  cargo run -- --database-url postgresql://ada:secret@127.0.0.1/accounts
                                            The same, over another database
  cargo run -- --parameter-overrides AuthorizerCacheSeconds=0
                                            A revoked role takes effect at once
  cargo run -- grant ada ROLE_ADMIN         Make ada an administrator
  cargo run -- role add ROLE_EDITOR         Make a role of your own
  cargo run -- disable ada                  Lock ada out
  cargo run -- list                         The users and their roles
  cargo run -- list --json                  The same for programs, such as jq
  cargo run -- list --unreadable            Users that can't sign in, and why
  cargo run -- migrate --check              What a migration would do

The exit status is 0 for success, 1 for a refusal or a failure, 2 for a wrong
command line. The reason is on standard error.";

/// Where the service listens.
#[derive(Debug, Args)]
#[command(next_help_heading = LISTEN)]
pub(crate) struct Listen {
    /// The port; 0 takes any that is free
    #[arg(long, default_value_t = 8000)]
    pub(crate) port: u16,
    /// The address; 0.0.0.0 for all [default: 127.0.0.1]
    #[arg(long, default_value = "127.0.0.1", hide_default_value = true)]
    pub(crate) host: String,
}

/// What counts for the service and for the verbs alike.
#[derive(Debug, Args)]
pub(crate) struct Shared {
    /// Use postgresql://user:password@host:port/name, not the runner's own. (As the setting
    /// DATABASE_URL it doesn't show in a list of processes.)
    #[arg(long, global = true, value_name = "URL", help_heading = DATABASE)]
    pub(crate) database_url: Option<String>,
    /// Values for the template's parameters, written as for `sam deploy`
    #[arg(
        long,
        global = true,
        num_args = 0..,
        value_name = "NAME=VALUE",
        value_parser = overrides::parse,
        help_heading = TEMPLATE
    )]
    pub(crate) parameter_overrides: Vec<Vec<Override>>,
    /// Where the functions of own-routes.json run, as `sam local start-lambda` does: an address that
    /// speaks Lambda's Invoke API
    #[arg(
        long,
        global = true,
        value_name = "URL",
        value_parser = LambdaEndpoint::parse,
        default_value = "http://127.0.0.1:3001",
        help_heading = OWN_FUNCTIONS
    )]
    pub(crate) lambda_endpoint: LambdaEndpoint,
    /// Read this one, not the nearest template.yaml
    #[arg(long, global = true, value_name = "FILE", help_heading = TEMPLATE)]
    pub(crate) template_file: Option<PathBuf>,
}

/// An operator's work.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Give a user a role: ROLE_USER, ROLE_MODERATOR, ROLE_ADMIN or your own
    #[command(after_help = AFTER_GRANT, allow_missing_positional = true)]
    Grant {
        #[command(flatten)]
        subject: Subject,
        /// ROLE_USER, ROLE_MODERATOR, ROLE_ADMIN or one that `role add` made
        role: String,
    },
    /// Take a role from a user
    #[command(after_help = AFTER_REVOKE, allow_missing_positional = true)]
    Revoke {
        #[command(flatten)]
        subject: Subject,
        /// The role's name
        role: String,
    },
    /// Add, remove or list roles
    #[command(after_help = role_verb::AFTER, arg_required_else_help = false)]
    Role {
        #[command(subcommand)]
        verb: RoleVerb,
    },
    #[command(flatten)]
    User(UserVerb),
    /// List all users and their roles
    #[command(after_help = AFTER_LIST)]
    List {
        /// Only users that can't sign in, because their password can't be verified
        #[arg(long)]
        unreadable: bool,
        /// Print one JSON array, a user a line: {"id", "username", "roles", "disabled_at"},
        /// or with --unreadable {"id", "scheme"}
        #[arg(long)]
        json: bool,
    },
    /// Bring the database up to date, or adopt one of the legacy app
    #[command(after_help = AFTER_MIGRATE)]
    Migrate {
        /// Print the steps and the obstacles, and change nothing
        #[arg(long)]
        check: bool,
        /// Give the database another id, as a copy of another database needs it; it voids all tokens
        #[arg(long, conflicts_with = "check")]
        new_database_id: bool,
        /// Make a new key of client proofs; it voids all proofs
        #[arg(long, conflicts_with = "check")]
        new_proof_key: bool,
    },
}

const AFTER_GRANT: &str = "\
It prints the roles that the user has then. A role includes no other. Granting a
role twice succeeds.

Examples:
  cargo run -- grant ada ROLE_ADMIN
  cargo run -- grant --id 7 ROLE_ADMIN";

const AFTER_REVOKE: &str = "\
It prints the roles that the user has then. The change takes effect within
AuthorizerCacheSeconds, 60 by default. Revoking a role that the user lacks
succeeds.

Example:
  cargo run -- revoke ada ROLE_ADMIN";

const AFTER_LIST: &str = "\
It prints a table in the order of the ids, and the number of users as its last
line. A disabled user is marked. A name with characters that a terminal could obey or a reader mistake is
quoted, with escapes. With --unreadable it prints each user's id and the scheme
of the password (argon2, …; no_password if there is none), then a count of each
scheme.

Examples:
  cargo run -- list
  cargo run -- list --unreadable
  cargo run -q -- list --json | jq -r '.[] | select(.roles == []) | .username'";

const AFTER_MIGRATE: &str = "\
It prints what it has done. The service migrates when it starts. A live database
of the legacy app keeps its rows, ids and passwords, and stays in use meanwhile.
If rows can't be adopted, it prints their ids and changes nothing. If it breaks
off, run it again.

It publishes the signing key, here the runner's own unless SIGNING_KEY is set.
Migrate a deployment's database with deployment/admin.sh instead.

Example:
  cargo run -- migrate --check --database-url postgresql://ada@127.0.0.1/app";

impl Arguments {
    /// Reads the command line. `--help` and `--version` are printed, and are no error.
    pub fn read() -> Result<Self, Reading> {
        Self::parsed(std::env::args_os()).map_err(|error| match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                // Nothing to do about a terminal that is gone.
                let _ = error.print();
                Reading::Shown
            }
            _ => Reading::Wrong(sentence(&error.to_string())),
        })
    }

    fn parsed<I, T>(words: I) -> Result<Self, clap::Error>
    where
        I: IntoIterator<Item = T>,
        T: Into<std::ffi::OsString> + Clone,
    {
        let matches = Self::command().try_get_matches_from(words)?;
        let arguments = Self::from_arg_matches(&matches)?;
        match arguments.verb {
            Some(_) => refuse_what_no_verb_reads(&matches).map(|()| arguments),
            None => Ok(arguments),
        }
    }
}

fn refuse_what_no_verb_reads(matches: &ArgMatches) -> Result<(), clap::Error> {
    let given = |name: &&'static str| matches.value_source(name) == Some(ValueSource::CommandLine);
    match ["port", "host", "fresh"].into_iter().find(given) {
        Some(name) => {
            let fault = format!("--{name} is for the service; a verb doesn't use it");
            Err(Arguments::command().error(ErrorKind::ArgumentConflict, fault))
        }
        None => Ok(()),
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

/// What is wrong and clap's tips about it, without the usage below them.
fn sentence(message: &str) -> String {
    let paragraphs = message.split("\n\n").map(str::trim);
    let paragraphs = paragraphs.take_while(|paragraph| !paragraph.starts_with("Usage:"));
    let lines = paragraphs.flat_map(str::lines).map(str::trim);
    let lines: Vec<_> = lines.filter(|line| !line.starts_with("For more information")).collect();
    let lines = lines.join(" ");
    let (fault, tips) =
        lines.split_once(" tip: ").unwrap_or((&lines, "--help shows what there is"));
    format!("{} ({})", fault.trim_start_matches("error: "), tips.replace(" tip: ", "; "))
}

#[cfg(test)]
mod tests;
