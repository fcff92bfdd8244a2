//! What names in a template stand for.

use std::{collections::BTreeMap, fmt};

use super::{
    error::{Error, Result},
    field::{Field, Fields},
    node::Node,
    parameter::{Parameter, setting_name},
};

/// The account, region and so on that functions see here. No call leaves this machine.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html>
const PSEUDO_PARAMETERS: [(&str, &str); 5] = [
    ("AWS::AccountId", ACCOUNT),
    ("AWS::Partition", "aws"),
    ("AWS::Region", REGION),
    ("AWS::StackName", "latchkey"),
    ("AWS::URLSuffix", "amazonaws.com"),
];

/// The account that the local runner plays in: AWS's documentation uses this number.
pub(crate) const ACCOUNT: &str = "123456789012";
/// The region that the local runner plays in.
pub(crate) const REGION: &str = "us-east-1";

/// Values for parameters. An empty one counts as not given.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// By `--parameter-overrides`, which win.
    pub(crate) overrides: BTreeMap<String, String>,
    /// By the settings that parameters are named after (`FOO_BAR`).
    pub(crate) settings: BTreeMap<String, (String, Source)>,
}

/// Where a value is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `--parameter-overrides`, `--database-url`.
    CommandLine,
    /// The environment.
    Environment,
    /// The file `.env`.
    Dotenv,
    /// A default of the template's.
    Template,
}

/// The end of a sentence that begins "It is set".
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CommandLine => "on the command line",
            Self::Environment => "in the environment",
            Self::Dotenv => "in .env",
            Self::Template => "in the template",
        })
    }
}

/// What a reference gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Referred {
    Text(String),
    /// A secret of the template, by its name there. The runner has its own in its place.
    Secret(String),
}

/// What names stand for: parameters, conditions, secrets.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    parameters: BTreeMap<String, Parameter>,
    given: Given,
    /// Each is decided when something asks for it: those that only AWS asks for depend on settings
    /// that are none of the runner's.
    conditions: BTreeMap<String, Node>,
    secrets: Vec<String>,
}

impl Scope {
    /// The scope of a template's parameters and conditions.
    pub(crate) fn new(
        parameters: &Fields<'_>,
        conditions: BTreeMap<String, Node>,
        secrets: Vec<String>,
        given: Given,
    ) -> Result<Self> {
        let parameters = parameters
            .iter()
            .map(|(name, field)| Ok((name.to_owned(), Parameter::read(field)?)))
            .collect::<Result<BTreeMap<_, _>>>()?;
        for (name, value) in &given.overrides {
            let parameter = parameters.get(name).ok_or_else(|| Error::NoParameter {
                name: name.clone(),
                known: parameters.keys().cloned().collect(),
            })?;
            parameter.check(name, value, Source::CommandLine)?;
        }
        Ok(Self { parameters, given, conditions, secrets })
    }

    /// Whether the condition of that name holds.
    pub(crate) fn condition(&self, name: &str, at: &Field<'_>) -> Result<bool> {
        let found = self.conditions.get(name);
        let found = found.ok_or_else(|| at.fault(format!("there is no condition {name}")))?;
        Field::new(found, &format!("Conditions.{name}"), self).truth()
    }

    /// What `!Ref name` gives.
    pub(crate) fn refer(&self, name: &str, at: &Field<'_>) -> Result<Referred> {
        if let Some(parameter) = self.parameters.get(name) {
            return self.value(name, parameter).map(Referred::Text);
        }
        if self.secrets.iter().any(|secret| secret == name) {
            return Ok(Referred::Secret(name.to_owned()));
        }
        let pseudo = PSEUDO_PARAMETERS.into_iter().find(|(known, _)| *known == name);
        match pseudo {
            Some((_, value)) => Ok(Referred::Text(value.to_owned())),
            None => Err(at.fault(format!("the local runner doesn't know what {name} refers to"))),
        }
    }

    /// A parameter's value: the override, else the setting, else the default.
    fn value(&self, name: &str, parameter: &Parameter) -> Result<String> {
        let Given { overrides, settings } = &self.given;
        let setting = settings.get(&setting_name(name)).map(|(value, source)| (value, *source));
        let given = [overrides.get(name).map(|value| (value, Source::CommandLine)), setting];
        let given = given.into_iter().flatten().find(|(value, _)| !value.is_empty());
        match given.or_else(|| Some((parameter.default.as_ref()?, Source::Template))) {
            Some((value, source)) => parameter.check(name, value, source).map(|()| value.clone()),
            None => Err(Error::of(format!("parameter {name}"), "it has no value")),
        }
    }
}
