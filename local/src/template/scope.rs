//! What the calls in a template give: parameters, conditions, secrets.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use serde_path_to_error::Segment;

use super::{
    error::{Error, Result},
    given::{ACCOUNT, Given, REGION, Source, setting_name},
    node::{Node, Value, kind, lookup, resources},
    parameter::Parameter,
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

/// The parameters that decide the issuer.
const ISSUER: &str = "TokenIssuer";
const DOMAIN: &str = "DomainName";

/// The parameter whose empty value counts: mail is off then.
const SENDER: &str = "MailSender";

/// The defaults that the runner has instead of the template's: all clients on one machine share an
/// address, which these limits would count as one network; and mail is on, since it goes into a folder.
const OWN_DEFAULTS: [(&str, &str); 5] = [
    ("GuessesPerNetwork", "off"),
    // The setup has a better one, but knows no domain.
    ("MailLinkUrl", "https://localhost/mail"),
    (SENDER, "accounts@latchkey.test"),
    ("MailsPerNetwork", "off"),
    ("SignupsPerNetwork", "off"),
];

const SECRET: &str = "AWS::SecretsManager::Secret";

/// What the names in a template refer to.
#[derive(Debug, Default)]
pub(crate) struct Scope<'a> {
    parameters: BTreeMap<String, Parameter>,
    given: Given,
    /// Each is decided when it is used: those that only AWS uses depend on settings that the runner
    /// doesn't have.
    conditions: Option<&'a Node>,
    /// The types of the resources.
    resources: BTreeMap<&'a str, &'a str>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(root: &'a Node, given: Given) -> Result<Self> {
        let parameters: BTreeMap<String, Parameter> = match lookup(root, "Parameters") {
            Some(parameters) => Scope::default().read(parameters, "Parameters", None)?,
            None => BTreeMap::new(),
        };
        for (name, value) in &given.overrides {
            let parameter = parameters.get(name).ok_or_else(|| Error::NoParameter {
                name: name.clone(),
                known: parameters.keys().cloned().collect(),
            })?;
            parameter.check(name, value, Source::CommandLine)?;
        }
        let resources = resources(root).map(|(name, resource)| (name, kind(resource)));
        let conditions = lookup(root, "Conditions");
        Ok(Self { parameters, given, conditions, resources: resources.collect() })
    }

    /// Reads a part of the template, with its calls decided. Of a map, only the `wanted` fields are
    /// looked at.
    pub(crate) fn read<T: DeserializeOwned>(
        &self,
        node: &Node,
        path: &str,
        wanted: Option<&[&str]>,
    ) -> Result<T> {
        let value = match &node.value {
            Value::Map(fields) => {
                let is_wanted = |name: &str| wanted.is_none_or(|wanted| wanted.contains(&name));
                self.map(fields.iter().filter(|(name, _)| is_wanted(name)), path)?
            }
            _ => self.value(node, path)?.unwrap_or_default(),
        };
        serde_path_to_error::deserialize(value).map_err(|error| {
            let (mut node, mut path) = (node, path.to_owned());
            for segment in error.path() {
                node = match (segment, &node.value) {
                    (Segment::Map { key }, _) => lookup(node, key).unwrap_or(node),
                    (Segment::Seq { index }, Value::List(items)) => {
                        items.get(*index).unwrap_or(node)
                    }
                    _ => node,
                };
                path = format!("{path}.{segment}");
            }
            Error::at(node.line, &path, error.inner().to_string())
        })
    }

    /// The value of a node, with its calls decided; `None` if a condition leaves it out.
    fn value(&self, node: &Node, path: &str) -> Result<Option<Json>> {
        let fault = |fault: &str| Error::at(node.line, path, fault);
        let (name, argument) = match &node.value {
            Value::Nothing => return Ok(None),
            Value::Text(text) => return Ok(Some(text.as_str().into())),
            Value::List(items) => {
                let items = items.iter().enumerate();
                let items = items.map(|(index, item)| self.value(item, &format!("{path}.{index}")));
                return items.filter_map(Result::transpose).collect::<Result<_>>().map(Some);
            }
            Value::Map(fields) => return self.map(fields, path).map(Some),
            Value::Call(name, argument) => (name.as_str(), &**argument),
        };
        let text = match (name, &argument.value) {
            ("Ref", Value::Text(name)) if name == "AWS::NoValue" => return Ok(None),
            ("Ref", Value::Text(name)) => self.refer(name, &fault)?,
            ("GetAtt", Value::Text(name)) if name.ends_with("Function.Arn") => {
                format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", name.replace(".Arn", ""))
            }
            ("Sub", Value::Text(text)) => self.substituted(text, &BTreeMap::new(), &fault)?,
            ("Sub", _) => {
                let takes = "a text, or a text and named values";
                let (text, own): (String, _) = self.argument(node, path, takes)?;
                self.substituted(&text, &own, &fault)?
            }
            ("Join", _) => {
                let takes = "a separator and a list of texts";
                let (separator, texts): (String, Vec<String>) = self.argument(node, path, takes)?;
                texts.join(&separator)
            }
            ("Select", _) => {
                let takes = "the number of an item that is there, and a list of texts";
                let (index, texts): (String, Vec<String>) = self.argument(node, path, takes)?;
                let chosen = index.parse().ok().and_then(|index: usize| texts.get(index).cloned());
                chosen.ok_or_else(|| fault(&format!("!Select takes {takes}")))?
            }
            ("Split", _) => {
                let takes = "a separator and a text";
                let (separator, text): (String, String) = self.argument(node, path, takes)?;
                return Ok(Some(text.split(&separator).collect()));
            }
            ("If", Value::List(items)) if items.len() == 3 => {
                let path = format!("{path}.If");
                let chosen = if self.holds(&items[0], &path)? { &items[1] } else { &items[2] };
                return self.value(chosen, &path);
            }
            ("If", _) => return Err(fault("!If takes a condition and two values")),
            _ => return Err(fault(&format!("!{name} is not supported here"))),
        };
        Ok(Some(text.into()))
    }

    fn map<'n>(
        &self,
        fields: impl IntoIterator<Item = &'n (String, Node)>,
        path: &str,
    ) -> Result<Json> {
        let fields = fields.into_iter().filter_map(|(name, node)| {
            let value = self.value(node, &format!("{path}.{name}")).transpose()?;
            Some(value.map(|value| (name.clone(), value)))
        });
        fields.collect::<Result<Map<_, _>>>().map(Json::Object)
    }

    /// The argument of the call in a node, if it is of the kind that the call `takes`.
    fn argument<T: DeserializeOwned>(&self, node: &Node, path: &str, takes: &str) -> Result<T> {
        let Value::Call(name, argument) = &node.value else {
            return Err(Error::at(node.line, path, "there must be a call here"));
        };
        let value = self.value(argument, &format!("{path}.{name}"))?.unwrap_or_default();
        let fault = |_| Error::at(node.line, path, format!("!{name} takes {takes}"));
        serde_json::from_value(value).map_err(fault)
    }

    /// `${Name}` replaced by what it refers to, first among `own`; `${!Name}` is `${Name}` itself.
    fn substituted(
        &self,
        text: &str,
        own: &BTreeMap<String, String>,
        fault: &dyn Fn(&str) -> Error,
    ) -> Result<String> {
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or_else(|| fault("a `${` has no `}`"))?;
            result.push_str(before);
            match (name.strip_prefix('!'), own.get(name)) {
                (Some(literal), _) => result.extend(["${", literal, "}"]),
                (None, Some(value)) => result.push_str(value),
                (None, None) if self.resources.get(name) == Some(&SECRET) => {
                    return Err(fault("a secret can't be a part of a text here"));
                }
                (None, None) => result.push_str(&self.refer(name, fault)?),
            }
            rest = after;
        }
        result.push_str(rest);
        Ok(result)
    }

    /// Whether the condition that the node names holds.
    pub(crate) fn holds(&self, node: &Node, path: &str) -> Result<bool> {
        let Value::Text(name) = &node.value else {
            return Err(Error::at(node.line, path, "there must be a condition's name here"));
        };
        let condition = self.conditions.and_then(|conditions| lookup(conditions, name));
        let unknown = || Error::at(node.line, path, format!("there is no condition {name}"));
        self.truth(condition.ok_or_else(unknown)?, &format!("Conditions.{name}"))
    }

    /// Whether `!Equals` of two texts holds, or `!Not` of such.
    fn truth(&self, node: &Node, path: &str) -> Result<bool> {
        let argument = match &node.value {
            Value::Call(name, argument) => Some((name.as_str(), &**argument)),
            _ => None,
        };
        match argument {
            // CloudFormation has no `!If` there, by which a condition could refer to itself.
            Some(("Equals", argument)) if argument.calls("If") => {
                let path = format!("{path}.Equals");
                Err(Error::at(argument.line, &path, "!If is not supported in a condition"))
            }
            Some(("Equals", _)) => {
                let (one, other): (String, String) = self.argument(node, path, "two texts")?;
                Ok(one == other)
            }
            Some(("Not", Node { value: Value::List(items), .. })) if items.len() == 1 => {
                Ok(!self.truth(&items[0], &format!("{path}.Not"))?)
            }
            _ => {
                let fault = "a condition must be !Equals of two values, or !Not of that";
                Err(Error::at(node.line, path, fault))
            }
        }
    }

    /// What `!Ref name` gives. A secret of the template is empty: the runner has its own instead.
    fn refer(&self, name: &str, fault: &dyn Fn(&str) -> Error) -> Result<String> {
        if let Some(parameter) = self.parameters.get(name) {
            return self.parameter(name, parameter);
        }
        match self.resources.get(name) {
            Some(&SECRET) => return Ok(String::new()),
            Some(&"AWS::Serverless::Api") => return Ok(name.to_owned()),
            _ => {}
        }
        let pseudo = PSEUDO_PARAMETERS.into_iter().find(|(known, _)| *known == name);
        let value = pseudo.map(|(_, value)| value.to_owned());
        let unknown = || fault(&format!("the local runner doesn't know what {name} refers to"));
        value.ok_or_else(unknown)
    }

    /// A parameter's value: the override, else the setting, else the runner's default, else the
    /// template's, else the runner's own.
    fn parameter(&self, name: &str, parameter: &Parameter) -> Result<String> {
        let Given { overrides, settings, .. } = &self.given;
        let default = parameter.default.as_deref().map(|value| (value, Source::Template));
        let own = OWN_DEFAULTS.into_iter().find(|(parameter, _)| *parameter == name);
        let values = [
            overrides.get(name).map(|value| (value.as_str(), Source::CommandLine)),
            settings.get(&setting_name(name)).map(|(value, source)| (value.as_str(), *source)),
            own.map(|(_, value)| (value, Source::Runner)),
            default,
            self.issuer().filter(|_| name == ISSUER).map(|value| (value, Source::Runner)),
        ];
        let counts = |value: &str| !value.is_empty() || name == SENDER;
        match values.into_iter().flatten().find(|(value, _)| counts(value)).or(default) {
            Some((value, source)) => {
                parameter.check(name, value, source).map(|()| value.to_owned())
            }
            None => Err(Error::of(format!("parameter {name}"), "it has no value")),
        }
    }

    /// The runner's own issuer. A domain makes another, if the template or the command line names it:
    /// a variable may have the parameter's name by chance.
    fn issuer(&self) -> Option<&str> {
        let default = || self.parameters.get(DOMAIN)?.default.as_ref();
        let domains = [self.given.overrides.get(DOMAIN), default()];
        let has_domain = domains.into_iter().flatten().any(|domain| !domain.is_empty());
        self.given.issuer.as_deref().filter(|_| !has_domain)
    }
}
