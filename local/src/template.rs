//! What the local runner reads of `template.yaml`: the template stays the one source of routes,
//! settings and the gateway's own answers.
//!
//! It reads Parameters, Globals, each function's Timeout, Environment,
//! `ReservedConcurrentExecutions` and Api events, the Api's Auth, preflights, `GatewayResponses`,
//! `BinaryMediaTypes` and stage `Variables`, the Condition of each of these, and the Conditions that those use, with `Ref`, `Sub`, `If`, `Join`,
//! `Select`, `Split`, `Equals` and `Not`. Anything else there is an error that names it; the rest
//! of the template is not looked at.

mod api;
mod depth;
mod error;
mod function;
mod gateway_responses;
mod given;
mod node;
pub(crate) mod parameter;
mod preflight;
mod response_type;
mod scope;
mod text;

use shared::functions::logical_id;

use api::Api;
pub use error::Error;
pub(crate) use error::Result;
use function::Properties;
pub(crate) use function::{Function, Route};
pub(crate) use gateway_responses::{Customised, HeaderSource};
pub(crate) use given::{ACCOUNT, REGION, setting_name};
pub use given::{Given, Source};
use node::{Node, Value, kind, lookup, resources};
pub(crate) use preflight::Preflight;
pub(crate) use response_type::ResponseType;
use scope::Scope;

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
        let scope = Scope::new(&root, given)?;
        let globals = globals(&root, &scope)?;
        let mut functions = Vec::new();
        let mut apis = Vec::new();
        for (name, node) in resources(&root) {
            let path = format!("Resources.{name}.Properties");
            let Some(properties) = lookup(node, "Properties") else { continue };
            let is_there = || {
                let path = format!("Resources.{name}.Condition");
                lookup(node, "Condition").map_or(Ok(true), |it| scope.holds(it, &path))
            };
            match kind(node) {
                "AWS::Serverless::Function" if is_there()? => {
                    let own = scope.read(properties, &path, Some(&Function::PROPERTIES))?;
                    functions.push(Function::new(name, own, globals.clone()));
                }
                "AWS::Serverless::Api" if is_there()? => {
                    let api = scope.read(properties, &path, Some(&Api::PROPERTIES))?;
                    apis.push(Api { logical_id: name.to_owned(), ..api });
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

    /// A function, by the name of its folder.
    pub(crate) fn function(&self, name: &str) -> Result<&Function> {
        let id = logical_id(name);
        // A team's own function may have more capitals.
        let is_it = |function: &&Function| function.logical_id.eq_ignore_ascii_case(&id);
        let found = self.functions.iter().find(is_it);
        found.ok_or_else(|| Error::of("Resources", format!("there is no function {name}")))
    }

    /// Checks that the names lead somewhere.
    fn check(&self) -> Result<()> {
        let authorizer = self.api.authorizer.as_ref();
        for function in &self.functions {
            let events = || format!("Resources.{}.Properties.Events", function.logical_id);
            for route in &function.routes {
                if route.api != self.api.logical_id {
                    return Err(Error::of(events(), format!("there is no API {}", route.api)));
                }
                let named = route.auth.authorizer.as_deref();
                if let Some(name) = named.filter(|name| *name != "NONE")
                    && authorizer.is_none_or(|authorizer| authorizer.name != name)
                {
                    return Err(Error::of(events(), format!("there is no authorizer {name}")));
                }
            }
        }
        if let Some(authorizer) = authorizer {
            self.function(&authorizer.function)?;
        }
        Ok(())
    }

    /// Whether API Gateway asks the authorizer before it calls this route's function.
    pub(crate) fn needs_authorizer(&self, route: &Route) -> bool {
        match route.auth.authorizer.as_deref() {
            Some(name) => name != "NONE",
            None => self.api.authorizer.as_ref().is_some_and(|authorizer| authorizer.default),
        }
    }
}

fn globals(root: &Node, scope: &Scope<'_>) -> Result<Properties> {
    match lookup(root, "Globals").map(|globals| (globals, &globals.value)) {
        None => Ok(Properties::default()),
        Some((globals, Value::Map(fields))) => match fields.as_slice() {
            [(name, function)] if name == "Function" => {
                scope.read(function, "Globals.Function", Some(&Function::PROPERTIES))
            }
            _ => Err(Error::at(
                globals.line,
                "Globals",
                "the local runner knows Function alone here",
            )),
        },
        Some((globals, _)) => Err(Error::at(globals.line, "Globals", "there must be a map here")),
    }
}

#[cfg(test)]
pub(crate) mod tests;
