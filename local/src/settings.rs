//! Settings: the environment's, below them those of `.env`, below them the template's.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use shared::Environment;

use crate::template::{Function, Setting};

/// The settings that were given, and those that the runner has of its own.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    given: BTreeMap<String, String>,
    own: BTreeMap<String, String>,
}

/// The directory of PostgreSQL's programs: a setting of the runner's, which no function reads.
pub(crate) const PG_BIN: &str = "PG_BIN";

/// Where Lambda says that a function runs.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
pub(crate) const AWS_REGION: &str = "AWS_REGION";

/// A `.env` that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{}{fault}", path.display())]
pub(crate) struct BadDotenv {
    path: PathBuf,
    fault: String,
}

impl Settings {
    /// The environment of this process, and what a `.env` file adds to it. An empty value counts
    /// as not given.
    pub(crate) fn read(dotenv: &Path) -> Result<Self, BadDotenv> {
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
    ) -> Result<Self, BadDotenv> {
        let mut given = BTreeMap::new();
        if dotenv.exists() {
            let bad = |error: dotenvy::Error| BadDotenv {
                path: dotenv.to_owned(),
                fault: without_values(&error),
            };
            for line in dotenvy::from_path_iter(dotenv).map_err(bad)? {
                let (name, value) = line.map_err(bad)?;
                given.entry(name).or_insert(value);
            }
        }
        given.extend(environment.filter(|(_, value)| !value.is_empty()));
        given.retain(|_, value| !value.is_empty());
        Ok(Self { given, own: BTreeMap::new() })
    }

    /// All that were given.
    pub(crate) const fn given(&self) -> &BTreeMap<String, String> {
        &self.given
    }

    /// The value that was given.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(String::as_str)
    }

    /// Gives a value from the command line, which wins over all others.
    pub(crate) fn give(&mut self, name: &str, value: String) {
        self.given.insert(name.to_owned(), value);
    }

    /// What to use where a function wants a setting and nobody gave it.
    pub(crate) fn own(&mut self, name: &str, value: String) {
        self.own.insert(name.to_owned(), value);
    }

    /// The settings that a function is started with: those that its template names, and the
    /// region, which Lambda itself gives to each. What the template's own secrets hold stays on
    /// AWS.
    pub(crate) fn of(&self, function: &Function) -> Environment {
        let region = self.given.get_key_value(AWS_REGION).into_iter();
        let region = region.map(|(name, value)| (name.clone(), value.clone()));
        let named = function.environment.iter().filter_map(|(name, setting)| {
            let value = match (self.given.get(name), setting) {
                (Some(value), _) => Some(value),
                (None, Setting::Text(value)) if !value.is_empty() => Some(value),
                (None, _) => self.own.get(name),
            };
            Some((name.clone(), value?.clone()))
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

    fn layered(environment: &[(&str, &str)], dotenv: &str) -> Result<Settings, BadDotenv> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        fs::write(&path, dotenv).unwrap();
        let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Settings::layered(environment, &path)
    }

    fn function(environment: &[(&str, Setting)]) -> Function {
        let environment =
            environment.iter().map(|(name, setting)| ((*name).into(), setting.clone()));
        Function {
            logical_id: "XFunction".into(),
            name: "x".into(),
            timeout: Duration::from_secs(3),
            concurrency: None,
            environment: environment.collect(),
            routes: Vec::new(),
        }
    }

    fn text(value: &str) -> Setting {
        Setting::Text(value.into())
    }

    #[test]
    fn the_environment_wins_over_the_file_and_nothing_is_nothing() {
        let settings = layered(&[("A", "1"), ("B", ""), ("D", "")], "A=2\nB='3'\nC=\n").unwrap();
        assert_eq!(settings.get("A"), Some("1"));
        assert_eq!(settings.get("B"), Some("3"));
        assert_eq!((settings.get("C"), settings.get("D")), (None, None));
    }

    #[test]
    fn a_bad_file_is_told_without_what_it_holds() {
        let error = layered(&[], "DATABASE_PASSWORD='hunter2\n").unwrap_err().to_string();
        assert!(error.contains(".env, DATABASE_PASSWORD: "), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
        let error = layered(&[], "hunter2\n").unwrap_err().to_string();
        assert!(error.contains("write NAME=value") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_function_gets_what_its_template_names_its_region_and_nothing_else() {
        let given = [("A", "given"), ("AWS_REGION", "eu-central-1"), ("SECRET", "s")];
        let mut settings = layered(&given, "").unwrap();
        settings.own("URL", "own".into());
        let function = function(&[("A", text("a")), ("B", text("b")), ("URL", text(""))]);
        let mut environment = settings.of(&function);
        assert_eq!(environment.text("A").as_deref(), Some("given"));
        assert_eq!(environment.text("B").as_deref(), Some("b"));
        assert_eq!(environment.text("URL").as_deref(), Some("own"));
        assert_eq!(environment.text("SECRET"), None);
        assert_eq!(environment.text("AWS_REGION").as_deref(), Some("eu-central-1"));
    }

    #[test]
    fn the_arn_of_a_secret_is_what_was_given_or_nothing() {
        let function = function(&[("KEY", text("")), ("KEY_ARN", Setting::SecretArn)]);
        let mut settings = layered(&[], "").unwrap();
        settings.own("KEY", "own".into());
        let mut environment = settings.of(&function);
        assert_eq!(environment.text("KEY").as_deref(), Some("own"));
        assert_eq!(environment.text("KEY_ARN"), None);
        settings.give("KEY_ARN", "arn:aws:x".into());
        assert_eq!(settings.of(&function).text("KEY_ARN").as_deref(), Some("arn:aws:x"));
    }
}
