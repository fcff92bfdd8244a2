//! What is wrong with a template, and where.

use std::path::{Path, PathBuf};

use super::given::{Source, setting_name};

/// What is wrong with a template, and where: one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The template itself.
    #[error(
        "{}, {location}: {fault}; correct it there, or name another template by --template-file",
        file.display()
    )]
    Template {
        /// Its file.
        file: PathBuf,
        /// Where in it.
        location: String,
        /// What is wrong there.
        fault: String,
    },
    /// A value for one of its parameters that breaks this rule.
    #[error(
        "{setting} must be {rule}: correct it {given} (parameter {parameter})",
        setting = setting_name(parameter)
    )]
    Value {
        /// The parameter.
        parameter: String,
        /// The rest of a sentence that begins "It must be".
        rule: String,
        /// Where the value is set.
        given: Source,
    },
    /// A value for a parameter that isn't there.
    #[error(
        "--parameter-overrides: the template has no parameter {name}; it has {}",
        known.join(", ")
    )]
    NoParameter {
        /// Its name.
        name: String,
        /// Those that are there.
        known: Vec<String>,
    },
}

impl Error {
    /// A fault at the node of that line, with this path.
    pub(crate) fn at(line: usize, path: &str, fault: impl Into<String>) -> Self {
        Self::of(format!("line {line} ({path})"), fault)
    }

    /// A fault of something that isn't in the file.
    pub(crate) fn of(location: impl Into<String>, fault: impl Into<String>) -> Self {
        let file = PathBuf::from("template.yaml");
        Self::Template { file, location: location.into(), fault: fault.into() }
    }

    /// The same fault, in that file.
    pub(crate) fn in_file(self, path: &Path) -> Self {
        match self {
            Self::Template { location, fault, .. } => {
                Self::Template { file: path.to_owned(), location, fault }
            }
            other => other,
        }
    }
}

pub(crate) type Result<T> = std::result::Result<T, Error>;
