//! Settings: the command line's, below them the environment's, below them those of `.env`, below
//! them the template's.

use std::{collections::BTreeMap, path::Path};

use shared::{Environment, environment::Invalid};

use crate::template::{Function, Source};

/// The settings that may hold a login's password. With `DATABASE_AUTH=iam` there is none.
const PASSWORDS: [&str; 2] = ["DATABASE_SECRET_ARN", "DATABASE_PASSWORD"];

/// The parts of a login.
const PARTS: [&str; 5] =
    ["DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_USER", "DATABASE_PASSWORD"];

/// If a source sets all of the first, the second are ignored in sources of lower precedence.
const ALTERNATIVES: &[(&[&str], &[&str])] = &[
    (&["DATABASE_URL"], &PARTS),
    (&["DATABASE_URL"], &["DATABASE_SECRET_ARN"]),
    (&["DATABASE_SECRET_ARN"], &["DATABASE_URL"]),
    (&["DATABASE_HOST"], &["DATABASE_URL"]),
    (&["DATABASE_HOST", "DATABASE_USER"], &["DATABASE_SECRET_ARN"]),
    (&["SIGNING_KEY_ARN"], &["SIGNING_KEY"]),
    (&["LEGACY_TOKEN_SECRET_ARN"], &["LEGACY_TOKEN_SECRET"]),
    (&["INTROSPECTION_SECRET_ARN"], &["INTROSPECTION_SECRET"]),
    (&["ONE_TIME_KEY_ARN"], &["ONE_TIME_KEY"]),
    (&["SMTP_SECRET_ARN"], &["SMTP_SECRET"]),
];

/// The settings that were given, and those that the runner has of its own.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    given: BTreeMap<String, (String, Source)>,
    own: BTreeMap<String, String>,
}

/// The sender of mails. With an empty one mail is off; without the setting it is on.
pub(crate) const MAIL_SENDER: &str = "MAIL_SENDER";

/// The directory of PostgreSQL's programs: a setting of the runner's, which no function reads.
pub(crate) const PG_BIN: &str = "PG_BIN";

/// Where Lambda says that a function runs.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
pub(crate) const AWS_REGION: &str = "AWS_REGION";

impl Settings {
    /// The environment of this process, and what a `.env` file adds to it. Fails with one sentence.
    pub(crate) fn read(dotenv: &Path) -> Result<Self, String> {
        #[expect(clippy::disallowed_methods, reason = "the runner's one look at its environment")]
        let environment = std::env::vars_os();
        // What isn't Unicode is no setting of ours.
        let environment = environment.filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::layered(environment, dotenv)
    }

    fn layered(
        environment: impl Iterator<Item = (String, String)>,
        dotenv: &Path,
    ) -> Result<Self, String> {
        let mut settings = Self::default();
        if dotenv.exists() {
            let bad = |error| format!("{}{}", dotenv.display(), without_values(&error));
            let lines = dotenvy::from_path_iter(dotenv).map_err(bad)?;
            let mut lines = lines.collect::<Result<Vec<_>, _>>().map_err(bad)?;
            lines.reverse(); // of two lines of one name the first one counts
            settings.give(Source::Dotenv, lines);
        }
        settings.give(Source::Environment, environment);
        Ok(settings)
    }

    /// Adds the values of a source, which win over those that are there. An empty value counts as
    /// not given, but for `MAIL_SENDER`.
    pub(crate) fn give(
        &mut self,
        source: Source,
        values: impl IntoIterator<Item = (String, String)>,
    ) {
        let values = values.into_iter();
        let values = values.filter(|(name, value)| !value.is_empty() || name == MAIL_SENDER);
        let values: BTreeMap<_, _> = values.map(|(name, value)| (name, (value, source))).collect();
        let by_iam = values.get("DATABASE_AUTH").is_some_and(|(value, _)| value == "iam");
        let by_iam = by_iam.then_some(&PASSWORDS[..]);
        let alternatives = ALTERNATIVES.iter();
        let chosen =
            alternatives.filter(|(names, _)| names.iter().all(|it| values.contains_key(*it)));
        for hidden in chosen.map(|(_, hidden)| *hidden).chain(by_iam).flatten() {
            self.given.remove(*hidden);
        }
        self.given.extend(values);
    }

    /// Fails with a sentence if a function would prefer a URL or a secret to a part of the login
    /// that is set closer to the user.
    pub(crate) fn check_login(&self) -> Result<(), String> {
        for whole in ["DATABASE_URL", "DATABASE_SECRET_ARN"] {
            let Some((_, below)) = self.given.get(whole) else { continue };
            let source_of = |part| Some((part, self.given.get(part)?.1));
            let mut parts = PARTS.into_iter().filter_map(source_of);
            if let Some((part, source)) = parts.find(|(_, source)| source < below) {
                return Err(format!(
                    "{part} is set {source}, and {whole}, which is set {below}, wins over it: set \
                     both in one source, or only one of them"
                ));
            }
        }
        Ok(())
    }

    /// Fails with a sentence if a part of a login is set. Call this if no setting names a database:
    /// the runner's own has a login of its own.
    pub(crate) fn refuse_parts(&self) -> Result<(), String> {
        let given = |part| Some((part, self.given.get(part)?.1));
        PARTS.into_iter().find_map(given).map_or(Ok(()), |(part, source)| {
            Err(format!(
                "{part} is set {source}, but no setting names a database: set DATABASE_HOST, \
                 DATABASE_URL or DATABASE_SECRET_ARN too, or leave {part} out for the runner's own"
            ))
        })
    }

    pub(crate) const fn given(&self) -> &BTreeMap<String, (String, Source)> {
        &self.given
    }

    /// The value that was given.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(|(value, _)| value.as_str())
    }

    /// Where the settings that a function refuses are set: sentences, if any is set.
    pub(crate) fn sources_of(&self, invalid: &Invalid) -> String {
        let words = invalid.to_string();
        let words = words.split([' ', ';']);
        let named = words.filter_map(|word| Some((word, self.given.get(word)?.1)));
        let named: BTreeMap<_, _> = named.collect();
        let sentences = named.iter().map(|(name, source)| format!(" {name} is set {source}."));
        sentences.collect::<Vec<_>>().concat()
    }

    /// Sets a value that wins over the template's, unless a source has one.
    pub(crate) fn prefer(&mut self, name: &str, value: String) {
        self.given.entry(name.to_owned()).or_insert((value, Source::Runner));
    }

    /// Sets the value of a setting that a function reads and no source has.
    pub(crate) fn own(&mut self, name: &str, value: String) {
        self.own.insert(name.to_owned(), value);
    }

    /// The settings that a function is started with: those that its template names, and the
    /// region, which Lambda itself gives to each. What the template's own secrets hold stays on
    /// AWS.
    pub(crate) fn of(&self, function: &Function) -> Environment {
        let region = self.get(AWS_REGION).into_iter();
        let region = region.map(|value| (AWS_REGION.to_owned(), value.to_owned()));
        let named = function.environment.iter().filter_map(|(name, setting)| {
            let of_template = Some(setting.as_str()).filter(|value| !value.is_empty());
            let own = || self.own.get(name).map(String::as_str);
            let value = self.get(name).or(of_template).or_else(own)?;
            Some((name.clone(), value.to_owned()))
        });
        region.chain(named).collect()
    }
}

/// What is wrong with a `.env`, to be read after its path, and without the line itself: it may
/// hold a password.
fn without_values(error: &dotenvy::Error) -> String {
    match error {
        dotenvy::Error::LineParse(line, at) => match line.split_once('=') {
            Some((name, _)) => format!(
                ", {}: the line can't be read from its character {} on: put the value between two \
                 quotation marks",
                name.trim(),
                at + 1
            ),
            None => ", a line without `=`: write NAME=value, or # before a remark".to_owned(),
        },
        other => format!(
            " can't be read ({other}): make it a text file with a NAME=value a line, or move it \
             away"
        ),
    }
}

#[cfg(test)]
mod tests;
