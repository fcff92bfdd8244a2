//! The functions, in this process: the same code as on Lambda, event for event.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};
use shared::{
    environment::Invalid,
    for_each_endpoint,
    http::{Endpoint, Function},
};

use crate::{
    lambda::{FunctionError, Handler, Lambda, Outcome},
    settings::Settings,
    template::{self, Template},
};

/// Why the functions don't start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The template lacks one.
    #[error(transparent)]
    Template(#[from] template::Error),
    /// Settings are bad.
    #[error(transparent)]
    Settings(#[from] Invalid),
}

/// The functions that serve the API, by the names of their crates.
pub(crate) struct Functions(BTreeMap<String, Lambda>);

/// What starts functions.
struct Starting<'a> {
    template: &'a Template,
    settings: &'a Settings,
    started: BTreeMap<String, Lambda>,
}

impl Functions {
    /// Starts each function with the settings that its template gives it.
    pub(crate) async fn start(template: &Template, settings: &Settings) -> Result<Self, Error> {
        let mut starting = Starting { template, settings, started: BTreeMap::new() };
        macro_rules! start {
            ($(($function:ident $endpoint:ident $routes:ident))+) => {
                $(starting.endpoint::<$function::$endpoint>().await?;)+
            };
        }
        for_each_endpoint!(start);
        starting.authorizer().await?;
        Ok(Self(starting.started))
    }

    /// The function of a name.
    pub(crate) fn get(&self, function: &template::Function) -> template::Result<Lambda> {
        self.0.get(&function.name).cloned().ok_or_else(|| {
            let place = format!("Resources.{}", function.logical_id);
            template::Error::of(place, "there is no crate of that name in the local runner")
        })
    }
}

impl Starting<'_> {
    async fn endpoint<E: Endpoint + 'static>(&mut self) -> Result<(), Error> {
        let declared = self.template.function(E::FUNCTION)?;
        let function = Function::<E>::from_env(&mut self.settings.of(declared)).await?;
        self.add(declared, Arc::new(HttpFunction(function)));
        Ok(())
    }

    async fn authorizer(&mut self) -> Result<(), Error> {
        let declared = self.template.function("authorizer")?;
        let mut environment = self.settings.of(declared);
        let authorizer = authorizer::Authorizer::from_env(&mut environment).await?;
        self.add(declared, Arc::new(AuthorizerFunction(authorizer)));
        Ok(())
    }

    fn add(&mut self, declared: &template::Function, handler: Arc<dyn Handler>) {
        let lambda = Lambda::new(handler, declared.timeout);
        self.started.insert(declared.name.clone(), lambda);
    }
}

/// A function with a route.
struct HttpFunction<E>(Function<E>);

impl<E: Endpoint + 'static> Handler for HttpFunction<E> {
    fn handle(self: Arc<Self>, event: Vec<u8>) -> Outcome {
        Box::pin(async move { to_json(&self.0.invoke(from_json(&event)?).await) })
    }
}

struct AuthorizerFunction(authorizer::Authorizer);

impl Handler for AuthorizerFunction {
    fn handle(self: Arc<Self>, event: Vec<u8>) -> Outcome {
        Box::pin(async move {
            let answer = self.0.authorize(from_json(&event)?).await;
            to_json(&answer.map_err(|error| FunctionError(error.to_string()))?)
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
