//! Settings: the command line's, below them the environment's, below them those of `.env`, below
//! them the template's.

use std::{collections::BTreeMap, path::Path};

use shared::{Environment, environment::Invalid};

use crate::template::{Function, Source};

/// Settings each of which counts only where the other one isn't set. One that is set closer to the
/// user takes the other one's value away.
const ALTERNATIVES: [(&str, &str); 4] = [
    ("DATABASE_SECRET_ARN", "DATABASE_URL"),
    ("DATABASE_HOST", "DATABASE_URL"),
    ("SIGNING_KEY_ARN", "SIGNING_KEY"),
    ("LEGACY_TOKEN_SECRET_ARN", "LEGACY_TOKEN_SECRET"),
];

/// The settings that were given, and those that the runner has of its own.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    given: BTreeMap<String, (String, Source)>,
    own: BTreeMap<String, String>,
}

/// The directory of PostgreSQL's programs: a setting of the runner's, which no function reads.
pub(crate) const PG_BIN: &str = "PG_BIN";

/// Where Lambda says that a function runs.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
pub(crate) const AWS_REGION: &str = "AWS_REGION";

impl Settings {
    /// The environment of this process, and what a `.env` file adds to it. An empty value counts
    /// as not given. Fails with one sentence.
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
    /// not given.
    pub(crate) fn give(
        &mut self,
        source: Source,
        values: impl IntoIterator<Item = (String, String)>,
    ) {
        let values = values.into_iter().filter(|(_, value)| !value.is_empty());
        let values: BTreeMap<_, _> = values.map(|(name, value)| (name, (value, source))).collect();
        for (setting, other) in ALTERNATIVES {
            if values.contains_key(setting) {
                self.given.remove(other);
            }
        }
        self.given.extend(values);
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
mod tests {
    use std::{fs, time::Duration};

    use super::*;

    fn layered(environment: &[(&str, &str)], dotenv: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        fs::write(&path, dotenv).unwrap();
        let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Settings::layered(environment, &path)
    }

    fn function(environment: &[(&str, &str)]) -> Function {
        let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Function {
            logical_id: "XFunction".into(),
            name: "x".into(),
            timeout: Duration::from_secs(3),
            concurrency: None,
            environment: environment.collect(),
            routes: Vec::new(),
        }
    }

    fn command_line(values: &[(&str, &str)]) -> Vec<(String, String)> {
        values.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn the_command_line_wins_over_the_environment_and_that_over_the_file_and_that_over_the_template()
     {
        let environment = [("A", "environment"), ("B", "environment"), ("E", "")];
        let dotenv = "A=file\nB=file\nC='file'\nC=second\nD=\nE=file\n";
        let mut settings = layered(&environment, dotenv).unwrap();
        settings.give(Source::CommandLine, command_line(&[("A", "command line"), ("B", "")]));
        let names = ["A", "B", "C", "D", "E"];
        let function = function(&names.map(|name| (name, "template")));
        let mut of_function = settings.of(&function);
        for (name, value) in
            names.into_iter().zip(["command line", "environment", "file", "template", "file"])
        {
            let given = settings.get(name).unwrap_or("template");
            assert_eq!(given, value, "{name}");
            assert_eq!(of_function.text(name).as_deref(), Some(value), "{name}");
        }
    }

    #[test]
    fn a_setting_takes_the_value_of_its_alternative_below_away() {
        let url = "DATABASE_URL=postgresql://ada@localhost/ada";
        let settings = layered(&[("DATABASE_HOST", "db")], url).unwrap();
        assert_eq!(
            (settings.get("DATABASE_URL"), settings.get("DATABASE_HOST")),
            (None, Some("db"))
        );
        let both = [("DATABASE_HOST", "db"), ("DATABASE_URL", "postgresql://eve@localhost/eve")];
        let settings = layered(&both, url).unwrap();
        assert_eq!(settings.get("DATABASE_URL"), Some("postgresql://eve@localhost/eve"));
        let mut settings = layered(&[("SIGNING_KEY", "1")], "SIGNING_KEY_ARN=arn").unwrap();
        assert_eq!(settings.get("SIGNING_KEY"), Some("1"));
        settings.give(Source::CommandLine, command_line(&[("SIGNING_KEY_ARN", "arn")]));
        assert_eq!(settings.get("SIGNING_KEY"), None);
    }

    #[test]
    fn a_refused_setting_is_named_with_its_source() {
        let settings = layered(&[("A", "x")], "B=x\n").unwrap();
        let mut environment = Environment::default();
        for name in ["A", "B", "C"] {
            environment.refuse(name, "must be something else");
        }
        let invalid = environment.check().unwrap_err();
        let error = " A is set in the environment. B is set in .env.";
        assert_eq!(settings.sources_of(&invalid), error);
    }

    #[test]
    fn a_bad_file_is_reported_without_what_it_holds() {
        let error = layered(&[], "DATABASE_PASSWORD='hunter2\n").unwrap_err();
        assert!(error.contains(".env, DATABASE_PASSWORD: "), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
        let error = layered(&[], "hunter2\n").unwrap_err();
        assert!(error.contains("write NAME=value") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_function_gets_what_its_template_names_its_region_and_nothing_else() {
        let given = [("A", "given"), ("AWS_REGION", "eu-central-1"), ("SECRET", "s")];
        let mut settings = layered(&given, "").unwrap();
        settings.own("URL", "own".into());
        let function = function(&[("A", "a"), ("B", "b"), ("URL", "")]);
        let mut environment = settings.of(&function);
        assert_eq!(environment.text("A").as_deref(), Some("given"));
        assert_eq!(environment.text("B").as_deref(), Some("b"));
        assert_eq!(environment.text("URL").as_deref(), Some("own"));
        assert_eq!(environment.text("SECRET"), None);
        assert_eq!(environment.text("AWS_REGION").as_deref(), Some("eu-central-1"));
    }

    #[test]
    fn the_arn_of_a_secret_is_what_was_given_or_nothing() {
        let function = function(&[("KEY", ""), ("KEY_ARN", "")]);
        let mut settings = layered(&[], "").unwrap();
        settings.own("KEY", "own".into());
        let mut environment = settings.of(&function);
        assert_eq!(environment.text("KEY").as_deref(), Some("own"));
        assert_eq!(environment.text("KEY_ARN"), None);
        settings.give(Source::CommandLine, command_line(&[("KEY_ARN", "arn:aws:x")]));
        assert_eq!(settings.of(&function).text("KEY_ARN").as_deref(), Some("arn:aws:x"));
    }
}
