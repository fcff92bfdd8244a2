//! Reads and validates settings from environment variables.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;

use crate::secret::Secret;

/// The environment variables, and the faults found in them.
///
/// Each method that reads a bad value records the fault and returns a default.
/// [`Environment::check`] then names all faults in one sentence, before any part is built. An empty
/// value counts as unset, since a template's parameter can't be absent.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    values: BTreeMap<String, Secret<String>>,
    asked: BTreeSet<&'static str>,
    faults: Vec<String>,
    /// Whether these are the process's own variables, as on Lambda, not those that the local runner
    /// or a test passes to a function.
    is_of_process: bool,
}

impl Environment {
    /// The environment of this process, without variables that aren't Unicode.
    pub fn of_process() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the injected source")]
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { is_of_process: true, ..variables }
    }

    /// The value of a setting, if it is set.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.secret(name).map(|value| value.expose().clone())
    }

    /// The value of a setting, or its default.
    pub(crate) fn text_or(&mut self, name: &'static str, default: &str) -> String {
        self.text(name).unwrap_or_else(|| default.to_owned())
    }

    /// The value of a setting that must not be printed.
    pub fn secret(&mut self, name: &'static str) -> Option<Secret<String>> {
        self.asked.insert(name);
        self.values.get(name).filter(|value| !value.expose().is_empty()).cloned()
    }

    /// A whole number within `range`; `default` if it isn't set.
    pub fn number(&mut self, name: &'static str, default: u32, range: RangeInclusive<u32>) -> u32 {
        let rule = format!("must be a whole number from {} to {}", range.start(), range.end());
        self.parsed(name, default, &rule, |text| {
            text.parse().ok().filter(|number| range.contains(number))
        })
    }

    /// A whole number within `range`. The local runner and tests accept lower values too, from
    /// `least` on, which are too weak for real users.
    pub(crate) fn number_or_weaker(
        &mut self,
        name: &'static str,
        default: u32,
        range: RangeInclusive<u32>,
        least: u32,
    ) -> u32 {
        let rule = format!("must be a whole number from {} to {}", range.start(), range.end());
        let least = if self.is_of_process { *range.start() } else { least };
        self.parsed(name, default, &rule, |text| {
            text.parse().ok().filter(|number| (least..=*range.end()).contains(number))
        })
    }

    /// A whole number within `range`, or `None` if the setting is `off`; `default` if it isn't set.
    #[cfg(feature = "database")]
    pub(crate) fn number_or_off(
        &mut self,
        name: &'static str,
        default: u32,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        let rule =
            format!("must be a whole number from {} to {}, or off", range.start(), range.end());
        self.parsed(name, Some(default), &rule, |text| match text {
            "off" => Some(None),
            _ => text.parse().ok().filter(|number| range.contains(number)).map(Some),
        })
    }

    /// Whether a setting is `on` or `off`; `default` if it isn't set.
    pub fn is_on(&mut self, name: &'static str, default: bool) -> bool {
        self.parsed(name, default, "must be on or off", |text| match text {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        })
    }

    /// The parsed value of a setting; `default` if it isn't set. `rule` completes the sentence
    /// "NAME …" if `parse` fails.
    pub fn parsed<T>(
        &mut self,
        name: &'static str,
        default: T,
        rule: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> T {
        let Some(text) = self.text(name) else { return default };
        parse(&text).unwrap_or_else(|| {
            self.refuse(name, rule);
            default
        })
    }

    /// Records that a setting is bad. `rule` completes the sentence "NAME …" and must not repeat the
    /// value.
    pub fn refuse(&mut self, name: &'static str, rule: &str) {
        let fault = format!("{name} {rule}");
        // Two parts may read one setting.
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// Fails if a setting that was read is bad.
    pub fn check(&self) -> Result<(), Invalid> {
        if self.faults.is_empty() { Ok(()) } else { Err(Invalid(self.faults.join("; "))) }
    }

    /// The names of all settings that were read.
    pub fn asked(&self) -> impl Iterator<Item = &'static str> {
        self.asked.iter().copied()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let values =
            pairs.into_iter().map(|(name, value)| (name.into(), Secret::new(value.into())));
        Self { values: values.collect(), ..Self::default() }
    }
}

/// Bad settings: one sentence that names each and shows no value.
#[derive(Clone, PartialEq, Eq)]
pub struct Invalid(String);

/// The same sentence, because `main` prints its error by `Debug`.
impl fmt::Debug for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bad settings: {}", self.0)
    }
}

impl std::error::Error for Invalid {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_named_in_one_sentence_without_their_values() {
        let mut env = Environment::from_iter([("A", "seven"), ("B", "99"), ("C", "5")]);
        assert_eq!(env.number("A", 1, 0..=9), 1);
        assert_eq!(env.number("B", 2, 0..=9), 2);
        assert_eq!(env.number("C", 3, 0..=9), 5);
        assert_eq!(env.number("B", 2, 0..=9), 2);
        assert_eq!(
            env.check().unwrap_err().to_string(),
            "bad settings: A must be a whole number from 0 to 9; \
             B must be a whole number from 0 to 9"
        );
    }

    #[test]
    fn a_weak_setting_is_refused_by_a_deployed_function() {
        let pairs = [("A", "4"), ("B", "3"), ("C", "10")];
        let read = |mut env: Environment| {
            for name in ["A", "B", "C"] {
                env.number_or_weaker(name, 12, 10..=16, 4);
            }
            env.check().map_err(|invalid| invalid.to_string())
        };
        let rule = |name| format!("{name} must be a whole number from 10 to 16");
        let lenient = Environment::from_iter(pairs);
        assert_eq!(read(lenient), Err(format!("bad settings: {}", rule("B"))));
        let strict = Environment { is_of_process: true, ..Environment::from_iter(pairs) };
        assert_eq!(read(strict), Err(format!("bad settings: {}; {}", rule("A"), rule("B"))));
        assert!(Environment::of_process().is_of_process);
    }

    #[test]
    fn an_empty_value_counts_as_unset() {
        let mut env = Environment::from_iter([("A", "")]);
        assert_eq!(env.text("A"), None);
        assert_eq!(env.text_or("A", "default"), "default");
        assert!(env.check().is_ok());
    }

    #[test]
    fn an_environment_lists_the_settings_that_were_read() {
        let mut env = Environment::default();
        env.text("B");
        env.number("A", 1, 0..=9);
        assert_eq!(env.asked().collect::<Vec<_>>(), ["A", "B"]);
    }
}
