//! The values that a template is read with.

use std::{collections::BTreeMap, fmt};

/// The account that the local runner uses: AWS's documentation has this number.
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "us-east-1";

/// Values for parameters. An empty one counts as not given, but for the sender of mails.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// By `--parameter-overrides`, which win.
    pub(crate) overrides: BTreeMap<String, String>,
    /// By the settings that parameters are named after (`FOO_BAR`).
    pub(crate) settings: BTreeMap<String, (String, Source)>,
    /// The runner's own address, for `TokenIssuer`. It is used if the template and the command line
    /// name neither an issuer nor a domain.
    pub(crate) issuer: Option<String>,
}

/// Where a value is set, the closest to the user first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// `--parameter-overrides`, `--database-url`.
    CommandLine,
    /// The environment.
    Environment,
    /// The file `.env`.
    Dotenv,
    /// A default of the template's.
    Template,
    /// The runner's own address.
    Runner,
}

/// The end of a sentence that begins "It is set".
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CommandLine => "on the command line",
            Self::Environment => "in the environment",
            Self::Dotenv => "in .env",
            Self::Template => "in the template",
            Self::Runner => "by the runner",
        })
    }
}

/// The variable that a parameter is set by: `FOO_BAR` for `FooBar`.
pub(crate) fn setting_name(parameter: &str) -> String {
    let mut name = String::new();
    for (index, letter) in parameter.chars().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_named_after_their_parameters() {
        assert_eq!(setting_name("AuthorizerCacheSeconds"), "AUTHORIZER_CACHE_SECONDS");
        assert_eq!(setting_name("DatabaseCa"), "DATABASE_CA");
    }
}
