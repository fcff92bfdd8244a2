//! The functions in this process: the same code as on Lambda, event for event.

use std::{
    collections::BTreeMap, num::NonZero, path::PathBuf, pin::Pin, sync::Arc,
    thread::available_parallelism,
};

use serde::{Serialize, de::DeserializeOwned};
use shared::{
    Environment,
    environment::Invalid,
    for_each_endpoint,
    http::{Endpoint, Function},
};

use crate::{
    containers::{Containers, Start, Started},
    error::Error,
    gateway::INTEGRATION_TIMEOUT,
    invocation::{FunctionError, Handler, Outcome},
    lambda::Lambda,
    lambda_endpoint::{LambdaEndpoint, RemoteFunction},
    own_functions::OwnFunctions,
    settings::Settings,
    template::{self, Template},
};

/// Says which settings a function refuses, and where they are set.
pub(crate) fn bad_settings(invalid: &Invalid, settings: &Settings) -> Error {
    let sources = settings.sources_of(invalid);
    format!("{invalid}.{sources} docs/operate/settings.md says what each may be").into()
}

/// The most containers of a function for which the template reserves no number: as many as a new
/// account of AWS may have at once.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const MAX_CONTAINERS: usize = 10;

/// The functions that serve the API, by the names of their crates.
pub(crate) struct Functions(BTreeMap<String, Lambda>);

impl Functions {
    /// Starts each function with the settings that its template gives it.
    pub(crate) async fn start(
        template: &Template,
        settings: &Settings,
        own: &OwnFunctions,
    ) -> Result<Self, Error> {
        let mut functions = Self(BTreeMap::new());
        macro_rules! start {
            ($(($function:ident $($name:literal)? $endpoint:ident $routes:ident))+) => {
                $(functions.add(template, settings, <$function::$endpoint as Endpoint>::FUNCTION, |mut settings| {
                    Box::pin(async move {
                        let function = Function::<$function::$endpoint>::from_env(&mut settings);
                        Ok(Box::new(HttpFunction(function.await?)) as Box<dyn Handler>)
                    })
                }).await?;)+
            };
        }
        for_each_endpoint!(start);
        let routes = own.routes;
        let authorizer = functions.add(template, settings, "authorizer", move |mut settings| {
            Box::pin(async move {
                let authorizer = authorizer::Authorizer::from_env(&mut settings).await?;
                let authorizer = authorizer.with_own_routes(routes);
                Ok(Box::new(AuthorizerFunction(authorizer)) as Box<dyn Handler>)
            })
        });
        authorizer.await?;
        for function in own.declared(template)? {
            functions.add_remote(function, &own.endpoint);
        }
        Ok(functions)
    }

    /// The function of a name.
    pub(crate) fn get(&self, function: &template::Function) -> template::Result<Lambda> {
        self.0.get(&function.name).cloned().ok_or_else(|| {
            let location = format!("Resources.{}", function.logical_id);
            let fault = "it is no function of Latchkey's, and own-routes.json has no route of it";
            template::Error::of(location, fault)
        })
    }

    /// Starts a function's first container, which shows whether its settings are good.
    async fn add(
        &mut self,
        template: &Template,
        settings: &Settings,
        name: &str,
        start: impl Fn(Environment) -> Starting + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let declared = template.function(name)?;
        self.0.insert(declared.name.clone(), started(declared, settings, start).await?);
        Ok(())
    }

    /// Adds a function that runs at an endpoint, which keeps to the function's `Timeout` itself.
    fn add_remote(&mut self, declared: &template::Function, endpoint: &LambdaEndpoint) {
        let (endpoint, name) = (endpoint.clone(), declared.logical_id.clone());
        let start: Start = Box::new(move || {
            let (endpoint, name) = (endpoint.clone(), name.clone());
            let handler: Box<dyn Handler> = Box::new(RemoteFunction { endpoint, name });
            Box::pin(async { Ok(handler) })
        });
        let containers = Containers::new(start, max_containers(declared));
        let lambda = Lambda::new(Arc::new(containers), INTEGRATION_TIMEOUT);
        self.0.insert(declared.name.clone(), lambda);
    }
}

/// Starts the first container of a function.
async fn started(
    declared: &template::Function,
    settings: &Settings,
    start: impl Fn(Environment) -> Starting + Send + Sync + 'static,
) -> Result<Lambda, Error> {
    let environment = settings.of(declared);
    let start: Start = Box::new(move || start(environment.clone()));
    let containers = Containers::new(start, max_containers(declared));
    let started = containers.start_first().await;
    started.map_err(|invalid| bad_settings(&invalid, settings))?;
    Ok(Lambda::new(Arc::new(containers), declared.timeout))
}

/// Starts the mailer, whose mails go into this folder unless a setting names another way out.
pub(crate) async fn mailer(
    template: &Template,
    settings: &Settings,
    folder: PathBuf,
) -> Result<Lambda, Error> {
    let start = started(template.function("mailer")?, settings, move |mut settings| {
        let folder = folder.clone();
        Box::pin(async move {
            let mailer = mailer::Mailer::local(&mut settings, folder).await?;
            Ok(Box::new(MailerFunction(mailer)) as Box<dyn Handler>)
        })
    });
    start.await
}

/// A container that is starting.
type Starting = Pin<Box<dyn Future<Output = Started> + Send>>;

/// How many containers a function may have. Of those that hash, Lambda gives each a core.
fn max_containers(function: &template::Function) -> usize {
    let hashes = function.environment.contains_key("BCRYPT_COST");
    let cores = || available_parallelism().map_or(1, NonZero::get).min(MAX_CONTAINERS);
    function.concurrency.map_or_else(|| if hashes { cores() } else { MAX_CONTAINERS }, NonZero::get)
}

/// A function with a route.
struct HttpFunction<E>(Function<E>);

impl<E: Endpoint + 'static> Handler for HttpFunction<E> {
    fn handle(&self, event: Vec<u8>) -> Outcome<'_> {
        Box::pin(async move { to_json(&self.0.invoke(from_json(&event)?).await) })
    }
}

struct AuthorizerFunction(authorizer::Authorizer);

impl Handler for AuthorizerFunction {
    fn handle(&self, event: Vec<u8>) -> Outcome<'_> {
        Box::pin(async move {
            let answer = self.0.authorize(from_json(&event)?).await;
            to_json(&answer.map_err(|error| FunctionError(error.to_string()))?)
        })
    }
}

struct MailerFunction(mailer::Mailer);

impl Handler for MailerFunction {
    fn handle(&self, event: Vec<u8>) -> Outcome<'_> {
        Box::pin(async move {
            let done = self.0.handle(from_json(&event)?).await;
            to_json(&done.map_err(FunctionError)?)
        })
    }
}

fn from_json<T: DeserializeOwned>(event: &[u8]) -> Result<T, FunctionError> {
    serde_json::from_slice(event).map_err(|error| FunctionError(error.to_string()))
}

fn to_json(answer: &impl Serialize) -> Result<Vec<u8>, FunctionError> {
    serde_json::to_vec(answer).map_err(|error| FunctionError(error.to_string()))
}

#[cfg(test)]
mod tests;
