//! A template's parameters and their rules.

use regex::Regex;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny},
};

use super::{
    error::{Error, Result},
    given::Source,
    text::optional,
};

/// The least values that the runner accepts below a parameter's `MinValue`: too weak for users,
/// good enough for trials. The functions accept the same from it.
const WEAKER: [(&str, f64); 2] = [("BcryptCost", 4.0), ("PasswordMinLength", 1.0)];

/// One parameter, with the rules that CloudFormation checks a value by.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Parameter {
    pub(crate) default: Option<String>,
    r#type: Type,
    #[serde(default, deserialize_with = "optional")]
    min_value: Option<f64>,
    #[serde(default, deserialize_with = "optional")]
    max_value: Option<f64>,
    #[serde(default, deserialize_with = "optional")]
    min_length: Option<usize>,
    #[serde(default, deserialize_with = "optional")]
    pub(crate) max_length: Option<usize>,
    #[serde(default)]
    allowed_values: Vec<String>,
    #[serde(default, deserialize_with = "pattern")]
    allowed_pattern: Option<Regex>,
    /// The template's own words for the rule.
    constraint_description: Option<String>,
    #[serde(rename = "Description")]
    _description: Option<IgnoredAny>,
    #[serde(rename = "NoEcho")]
    _no_echo: Option<IgnoredAny>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Type {
    String,
    Number,
}

/// CloudFormation compares the whole value.
fn pattern<'de, D: Deserializer<'de>>(text: D) -> std::result::Result<Option<Regex>, D::Error> {
    let pattern = format!("^(?:{})$", String::deserialize(text)?);
    let pattern = Regex::new(&pattern);
    pattern.map(Some).map_err(|_| D::Error::custom("this pattern can't be read here"))
}

impl Parameter {
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
        let weaker = WEAKER.iter().find(|(parameter, _)| *parameter == name);
        let least = weaker.map(|(_, least)| *least).or(self.min_value);
        (self.r#type == Type::String || number.is_some())
            && least.is_none_or(|least| number.is_some_and(|number| number >= least))
            && self.max_value.is_none_or(|most| number.is_some_and(|number| number <= most))
            && self.min_length.is_none_or(|shortest| length >= shortest)
            && self.max_length.is_none_or(|longest| length <= longest)
            && (self.allowed_values.is_empty() || self.allowed_values.iter().any(|it| it == value))
            && self.allowed_pattern.as_ref().is_none_or(|pattern| pattern.is_match(value))
    }

    /// The rest of a sentence that begins "It must be".
    pub(crate) fn rule(&self) -> String {
        if let Some(words) = &self.constraint_description {
            // A sentence of its own there, the end of one here.
            let mut letters = words.trim_end_matches('.').chars();
            let first = letters.next().map(|letter| letter.to_ascii_lowercase());
            return first.into_iter().chain(letters).collect();
        }
        let kind = if self.r#type == Type::Number { "a number" } else { "text" };
        match (self.min_value, self.max_value, self.min_length, self.max_length) {
            (Some(least), Some(most), ..) => format!("{kind} from {least} to {most}"),
            (.., Some(least), Some(most)) => {
                format!("{kind}, at least {least} and at most {most} characters")
            }
            _ => kind.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{node::Node, scope::Scope};

    fn parameter(text: &str) -> Result<Parameter> {
        let node = Node::parse(text).unwrap();
        Scope::default().read(&node, "test", None)
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
    fn a_weak_value_is_accepted_for_local_use() {
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
        for (source, location) in [
            (Source::CommandLine, "on the command line"),
            (Source::Environment, "in the environment"),
            (Source::Dotenv, "in .env"),
        ] {
            let error = parameter.check("AuthorizerCacheSeconds", "99999", source).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "AUTHORIZER_CACHE_SECONDS must be a number from 0 to 3600: correct it {location} \
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
    fn an_unknown_type_or_field_of_a_parameter_is_an_error() {
        assert!(parameter("{Type: CommaDelimitedList}").is_err());
        assert!(parameter("{Type: String, Nonsense: 1}").is_err());
    }
}
