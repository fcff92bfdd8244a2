//! A function of the template: how long it may take, its settings, its routes.

use std::{collections::BTreeMap, num::NonZero, time::Duration};

use http::Method;

use super::{
    crate_of,
    error::Result,
    field::{Field, Fields},
    scope::Referred,
};

/// Lambda's own limit where a template says nothing, in seconds.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html>
const DEFAULT_TIMEOUT: u64 = 3;

/// A function.
#[derive(Debug)]
pub(crate) struct Function {
    /// Its name in the template: `SignupFunction`.
    pub(crate) logical_id: String,
    /// The name of its crate: `signup`.
    pub(crate) name: String,
    pub(crate) timeout: Duration,
    /// How many containers it may have at once, where the template reserves a number.
    pub(crate) concurrency: Option<NonZero<usize>>,
    /// The variables that it is started with, by name.
    pub(crate) environment: BTreeMap<String, Setting>,
    pub(crate) routes: Vec<Route>,
}

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Setting {
    Text(String),
    /// The ARN of a secret of the template.
    SecretArn,
}

/// One method of one path, and whom it asks.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The API's name in the template.
    pub(crate) api: String,
    /// The authorizer that the route itself names; `NONE` is nobody.
    pub(crate) authorizer: Option<String>,
}

impl Function {
    /// What is read of it, and of the Globals for all of them.
    pub(crate) const PROPERTIES: [&str; 4] =
        ["Environment", "Events", "ReservedConcurrentExecutions", "Timeout"];

    pub(crate) fn read(name: &str, own: &Fields<'_>, globals: &Fields<'_>) -> Result<Self> {
        let timeout = own.get("Timeout").or_else(|| globals.get("Timeout"));
        let timeout = timeout.map_or(Ok(DEFAULT_TIMEOUT), Field::parsed)?;
        let concurrency = own.get("ReservedConcurrentExecutions");
        let mut environment = variables(globals)?;
        environment.extend(variables(own)?);
        let events = own.within("Events")?;
        Ok(Self {
            logical_id: name.to_owned(),
            name: crate_of(name),
            timeout: Duration::from_secs(timeout),
            concurrency: concurrency.map(Field::parsed).transpose()?,
            environment,
            routes: events.iter().map(|(_, event)| Route::read(event)).collect::<Result<_>>()?,
        })
    }
}

fn variables(properties: &Fields<'_>) -> Result<BTreeMap<String, Setting>> {
    let environment = properties.within("Environment")?;
    environment.only(&["Variables"])?;
    let variables = environment.within("Variables")?;
    let variables = variables.iter().map(|(name, field)| {
        let setting = match field.referred()? {
            Referred::Text(text) => Setting::Text(text),
            Referred::Secret(_) => Setting::SecretArn,
        };
        Ok((name.to_owned(), setting))
    });
    variables.collect()
}

impl Route {
    fn read(event: &Field<'_>) -> Result<Self> {
        let fields = event.fields()?;
        fields.only(&["Type", "Properties"])?;
        if fields.need("Type")?.text()? != "Api" {
            return Err(event.fault("the local runner knows events of type Api alone"));
        }
        let properties = fields.within("Properties")?;
        properties.only(&["RestApiId", "Method", "Path", "Auth"])?;
        let path = properties.need("Path")?;
        let text = path.text()?;
        if !text.starts_with('/') || text.contains('+') {
            return Err(path.fault("a path must begin with / and have no {parameter+}"));
        }
        let method = properties.need("Method")?;
        let auth = properties.within("Auth")?;
        auth.only(&["Authorizer"])?;
        Ok(Self {
            method: known_method(method)?,
            path: text,
            api: properties.need("RestApiId")?.argument_of("Ref")?,
            authorizer: auth.get("Authorizer").map(Field::text).transpose()?,
        })
    }
}

fn known_method(field: &Field<'_>) -> Result<Method> {
    match field.text()?.to_uppercase().as_str() {
        "DELETE" => Ok(Method::DELETE),
        "GET" => Ok(Method::GET),
        "HEAD" => Ok(Method::HEAD),
        "PATCH" => Ok(Method::PATCH),
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        _ => Err(field.fault("this method is not supported by the local runner")),
    }
}
