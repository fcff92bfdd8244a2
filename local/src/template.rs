//! What the local runner reads of `template.yaml`: the template stays the one source of routes,
//! settings and the gateway's own answers.
//!
//! It reads Parameters, Globals, each function's Timeout, Environment,
//! `ReservedConcurrentExecutions` and Api events, the Api's Auth, preflights, `GatewayResponses`
//! and `BinaryMediaTypes`, and the Conditions that those ask for, with `Ref`, `Sub`, `If`, `Join`, `Select`, `Split`, `Equals` and `Not`. Anything else in
//! those places is an error that names it; what stands in other places is not looked at.

mod api;
mod error;
mod field;
mod function;
mod gateway_responses;
mod node;
pub(crate) mod parameter;
mod preflight;
mod scope;

use std::collections::BTreeMap;

use api::Api;
pub use error::Error;
pub(crate) use error::Result;
use field::Field;
pub(crate) use function::{Function, Route, Setting};
pub(crate) use gateway_responses::{Customised, HeaderSource};
use node::{Node, Value};
pub(crate) use parameter::setting_name;
pub(crate) use preflight::Preflight;
use scope::Scope;
pub(crate) use scope::{ACCOUNT, REGION};
pub use scope::{Given, Source};

/// What the local runner needs of the template, with all values decided.
#[derive(Debug)]
pub struct Template {
    pub(crate) functions: Vec<Function>,
    pub(crate) api: Api,
}

impl Template {
    /// Reads a template, with these values for its parameters.
    pub fn read(text: &str, given: Given) -> Result<Self> {
        let root = Node::parse(text)?;
        let nothing = Scope::default();
        let parameters = Field::new(&root, "", &nothing).fields()?.within("Parameters")?;
        let conditions = lookup(&root, "Conditions").map_or(Ok(BTreeMap::new()), conditions_of)?;
        let scope = Scope::new(&parameters, conditions, secrets(&root), given)?;
        let globals = Field::new(&root, "", &scope).fields()?.within("Globals")?;
        globals.only(&["Function"])?;
        let globals = match globals.get("Function") {
            Some(globals) => globals.fields_among(&Function::PROPERTIES)?,
            None => globals,
        };
        let mut functions = Vec::new();
        let mut apis = Vec::new();
        for (name, node) in resources(&root) {
            let path = format!("Resources.{name}.Properties");
            let Some(properties) = lookup(node, "Properties") else { continue };
            let properties = Field::new(properties, &path, &scope);
            match kind(node) {
                "AWS::Serverless::Function" => {
                    let properties = properties.fields_among(&Function::PROPERTIES)?;
                    functions.push(Function::read(name, &properties, &globals)?);
                }
                "AWS::Serverless::Api" => {
                    let properties = properties.fields_among(&Api::PROPERTIES)?;
                    apis.push(Api::read(name, &properties)?);
                }
                _ => {}
            }
        }
        let [api] = <[Api; 1]>::try_from(apis).map_err(|found| {
            let fault = format!("there must be one AWS::Serverless::Api, not {}", found.len());
            Error::of("Resources", fault)
        })?;
        let template = Self { functions, api };
        template.check()?;
        Ok(template)
    }

    /// The function that serves an endpoint, by the name of its crate.
    pub(crate) fn function(&self, name: &str) -> Result<&Function> {
        let found = self.functions.iter().find(|function| function.name == name);
        found.ok_or_else(|| Error::of("Resources", format!("there is no function {name}")))
    }

    /// What can only be checked once all of it is read: that names lead somewhere.
    fn check(&self) -> Result<()> {
        let authorizer = self.api.authorizer.as_ref();
        for function in &self.functions {
            let place = || format!("Resources.{}.Properties.Events", function.logical_id);
            for route in &function.routes {
                if route.api != self.api.logical_id {
                    return Err(Error::of(place(), format!("there is no API {}", route.api)));
                }
                let named = route.authorizer.as_deref();
                if let Some(name) = named.filter(|name| *name != "NONE")
                    && authorizer.is_none_or(|authorizer| authorizer.name != name)
                {
                    return Err(Error::of(place(), format!("there is no authorizer {name}")));
                }
            }
        }
        if let Some(authorizer) = authorizer {
            self.function(&authorizer.function)?;
        }
        Ok(())
    }

    /// Whether API Gateway asks the authorizer before it lets someone call this route.
    pub(crate) fn needs_authorizer(&self, route: &Route) -> bool {
        match route.authorizer.as_deref() {
            Some(name) => name != "NONE",
            None => self.api.authorizer.as_ref().is_some_and(|authorizer| authorizer.default),
        }
    }
}

fn lookup<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    match &node.value {
        Value::Map(fields) => fields.iter().find(|(found, _)| found == name).map(|(_, node)| node),
        _ => None,
    }
}

fn resources(root: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let fields = match lookup(root, "Resources").map(|node| &node.value) {
        Some(Value::Map(fields)) => fields.as_slice(),
        _ => &[],
    };
    fields.iter().map(|(name, node)| (name.as_str(), node))
}

fn kind(resource: &Node) -> &str {
    match lookup(resource, "Type").map(|node| &node.value) {
        Some(Value::Text(kind)) => kind,
        _ => "",
    }
}

fn secrets(root: &Node) -> Vec<String> {
    let secrets = resources(root).filter(|(_, it)| kind(it) == "AWS::SecretsManager::Secret");
    secrets.map(|(name, _)| name.to_owned()).collect()
}

fn conditions_of(node: &Node) -> Result<BTreeMap<String, Node>> {
    match &node.value {
        Value::Map(conditions) => Ok(conditions.iter().cloned().collect()),
        _ => Err(Error::at(node, "Conditions", "there must be named fields here")),
    }
}

/// The logical id of a function that a crate's name stands in: `signup` for `SignupFunction`.
pub(crate) fn crate_of(logical_id: &str) -> String {
    logical_id.strip_suffix("Function").unwrap_or(logical_id).to_lowercase()
}

#[cfg(test)]
pub(crate) mod tests;
