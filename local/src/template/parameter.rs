//! A template's parameters: their rules, and where their values come from.

use std::fmt::Write as _;

use regex::Regex;

use super::{
    error::{Error, Result},
    field::Field,
    scope::Source,
};

/// What the runner takes below a parameter's `MinValue`: too weak for users, good enough to try
/// things with. The functions take the same from it.
const WEAKER: [(&str, f64); 2] = [("BcryptCost", 4.0), ("PasswordMinLength", 1.0)];

/// One parameter, with the rules that CloudFormation checks a value by.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) default: Option<String>,
    number: bool,
    least: Option<f64>,
    most: Option<f64>,
    shortest: Option<usize>,
    pub(crate) longest: Option<usize>,
    allowed: Vec<String>,
    pattern: Option<Regex>,
    /// The template's own words for the rule.
    words: Option<String>,
}

impl Parameter {
    pub(crate) fn read(field: &Field<'_>) -> Result<Self> {
        let fields = field.fields()?;
        fields.only(&[
            "AllowedPattern",
            "AllowedValues",
            "ConstraintDescription",
            "Default",
            "Description",
            "MaxLength",
            "MaxValue",
            "MinLength",
            "MinValue",
            "NoEcho",
            "Type",
        ])?;
        let text = |name: &str| fields.get(name).map(Field::text).transpose();
        let number = match text("Type")?.as_deref() {
            Some("String") => false,
            Some("Number") => true,
            _ => return Err(field.fault("its Type must be String or Number")),
        };
        let allowed = fields
            .get("AllowedValues")
            .map_or(Ok(Vec::new()), |list| list.items()?.iter().map(Field::text).collect())?;
        let pattern = fields.get("AllowedPattern").map(|field| {
            // CloudFormation compares the whole value.
            let pattern = format!("^(?:{})$", field.text()?);
            Regex::new(&pattern).map_err(|_| field.fault("this pattern can't be read here"))
        });
        let parsed = |name: &str| fields.get(name).map(Field::parsed).transpose();
        let length = |name: &str| fields.get(name).map(Field::parsed).transpose();
        Ok(Self {
            default: text("Default")?,
            number,
            least: parsed("MinValue")?,
            most: parsed("MaxValue")?,
            shortest: length("MinLength")?,
            longest: length("MaxLength")?,
            allowed,
            pattern: pattern.transpose()?,
            words: text("ConstraintDescription")?,
        })
    }

    /// Checks a value. The error names the parameter, its rule and where the value is set, never
    /// the value.
    pub(crate) fn check(&self, name: &str, value: &str, source: Source) -> Result<()> {
        if self.accepts(name, value) {
            return Ok(());
        }
        Err(Error::Value { parameter: name.to_owned(), rule: self.rule(), given: source })
    }

    fn accepts(&self, name: &str, value: &str) -> bool {
        let number = value.parse::<f64>().ok();
        let length = value.chars().count();
        (!self.number || number.is_some())
            && self.least(name).is_none_or(|least| number.is_some_and(|number| number >= least))
            && self.most.is_none_or(|most| number.is_some_and(|number| number <= most))
            && self.shortest.is_none_or(|shortest| length >= shortest)
            && self.longest.is_none_or(|longest| length <= longest)
            && (self.allowed.is_empty() || self.allowed.iter().any(|allowed| allowed == value))
            && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(value))
    }

    fn least(&self, name: &str) -> Option<f64> {
        let weaker = WEAKER.iter().find(|(parameter, _)| *parameter == name);
        weaker.map(|(_, least)| *least).or(self.least)
    }

    /// The rest of a sentence that begins "It must be".
    pub(crate) fn rule(&self) -> String {
        if let Some(words) = &self.words {
            // A sentence of its own there, the end of one here.
            let mut letters = words.trim_end_matches('.').chars();
            let first = letters.next().map(|letter| letter.to_ascii_lowercase());
            return first.into_iter().chain(letters).collect();
        }
        let mut rule = if self.number { "a number" } else { "text" }.to_owned();
        // Writing to a String can't fail.
        let _ = match (self.least, self.most) {
            (Some(least), Some(most)) => write!(rule, " from {least} to {most}"),
            (Some(least), None) => write!(rule, " of at least {least}"),
            (None, Some(most)) => write!(rule, " of at most {most}"),
            (None, None) => Ok(()),
        };
        let _ = self.shortest.map(|shortest| write!(rule, ", at least {shortest} characters"));
        let _ = self.longest.map(|longest| write!(rule, ", at most {longest} characters"));
        if !self.allowed.is_empty() {
            let _ = write!(rule, ", one of: {}", self.allowed.join(", "));
        }
        rule
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
    use crate::template::{field, node::Node};

    fn parameter(text: &str) -> Result<Parameter> {
        let node = Node::parse(text).unwrap();
        field::with_empty_scope(&node, |field| Parameter::read(&field))
    }

    #[track_caller]
    fn accepts(rules: &str, good: &[&str], bad: &[&str]) {
        let parameter = parameter(rules).unwrap();
        for value in good {
            assert!(parameter.check("X", value, Source::Dotenv).is_ok(), "{rules} refuses {value}");
        }
        for value in bad {
            assert!(parameter.check("X", value, Source::Dotenv).is_err(), "{rules} takes {value}");
        }
    }

    #[test]
    fn each_rule_is_checked() {
        let numbers = "{Type: Number, MinValue: 0, MaxValue: 3600}";
        accepts(numbers, &["0", "3600"], &["-1", "3601", "x", ""]);
        accepts("{Type: String, AllowedValues: ['on', off]}", &["on", "off"], &["On", ""]);
        accepts("{Type: String, MinLength: 1, MaxLength: 2}", &["a", "éé"], &["", "abc"]);
        accepts("{Type: String, AllowedPattern: 'a|b'}", &["a", "b"], &["ab", "xa", ""]);
    }

    #[test]
    fn what_is_weak_is_taken_for_trials() {
        let cost = parameter("{Type: Number, MinValue: 10, MaxValue: 16}").unwrap();
        assert!(cost.check("BcryptCost", "4", Source::Dotenv).is_ok());
        for (name, value) in [("BcryptCost", "3"), ("Other", "4")] {
            let error = cost.check(name, value, Source::Dotenv).unwrap_err().to_string();
            assert!(error.contains("must be a number from 10 to 16"), "{error}");
        }
    }

    #[test]
    fn a_bad_value_is_named_by_parameter_setting_rule_and_source() {
        let parameter = parameter("{Type: Number, MinValue: 0, MaxValue: 3600}").unwrap();
        for (source, place) in [
            (Source::CommandLine, "on the command line"),
            (Source::Environment, "in the environment"),
            (Source::Dotenv, "in .env"),
        ] {
            let error = parameter.check("AuthorizerCacheSeconds", "99999", source).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "AUTHORIZER_CACHE_SECONDS must be a number from 0 to 3600: correct it {place} \
                     (parameter AuthorizerCacheSeconds)"
                )
            );
        }
    }

    #[test]
    fn the_templates_own_words_complete_the_sentence() {
        let rules = "{Type: String, AllowedPattern: x, ConstraintDescription: A letter.}";
        let error = parameter(rules).unwrap().check("Letter", "y", Source::Dotenv).unwrap_err();
        let error = error.to_string();
        assert!(error.starts_with("LETTER must be a letter: "), "{error}");
    }

    #[test]
    fn what_it_does_not_know_is_an_error() {
        assert!(parameter("{Type: CommaDelimitedList}").is_err());
        assert!(parameter("{Type: String, Nonsense: 1}").is_err());
    }

    #[test]
    fn settings_are_named_after_their_parameters() {
        assert_eq!(setting_name("AuthorizerCacheSeconds"), "AUTHORIZER_CACHE_SECONDS");
        assert_eq!(setting_name("DatabaseCa"), "DATABASE_CA");
    }
}
