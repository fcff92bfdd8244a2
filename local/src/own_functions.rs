//! A team's own functions: their routes, by `own-routes.json` beside the template, and where they
//! run.

use std::{collections::BTreeSet, fs, io};

use own_routes::OwnRoutes;

use crate::{
    error::Error,
    lambda_endpoint::LambdaEndpoint,
    project::Project,
    template::{Function, Template},
};

/// A team's own functions.
#[derive(Debug)]
pub(crate) struct OwnFunctions {
    pub(crate) routes: &'static OwnRoutes,
    pub(crate) endpoint: LambdaEndpoint,
}

impl OwnFunctions {
    /// Those of the document beside the template; none if there is no document.
    pub(crate) fn read(project: &Project, endpoint: LambdaEndpoint) -> Result<Self, Error> {
        let path = project.own_routes();
        let routes = match fs::read_to_string(&path) {
            Ok(text) => {
                let parsed = OwnRoutes::parse(&text).map_err(|fault| {
                    format!("{fault} (docs/use/your-own-routes.md says what it may have)")
                });
                // The process has one document, and needs it to its end.
                Box::leak(Box::new(parsed?))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => OwnRoutes::NONE,
            Err(error) => {
                let path = path.display();
                return Err(format!("can't read {path} ({error}): make it a text file").into());
            }
        };
        Ok(Self { routes, endpoint })
    }

    /// The functions as the template has them. Fails unless it has exactly the routes of the
    /// document, each behind the authorizer.
    pub(crate) fn declared<'a>(&self, template: &'a Template) -> Result<Vec<&'a Function>, Error> {
        let names: BTreeSet<_> =
            self.routes.of_functions().iter().map(|route| route.function).collect();
        let mut functions = Vec::new();
        for name in names {
            let function = template.function(name).map_err(|_| {
                format!(
                    "own-routes.json has routes of the function {name}, and the template has no \
                     such function: docs/use/your-own-routes.md has an example"
                )
            })?;
            let routes = self.routes.of_functions().iter().filter(|it| it.function == name);
            let wanted = routes.map(|it| (it.method.to_owned(), it.path.to_owned(), true));
            let declared = function
                .routes
                .iter()
                .map(|it| (it.method.to_string(), it.path.clone(), template.needs_authorizer(it)));
            if wanted.collect::<BTreeSet<_>>() != declared.collect() {
                return Err(format!(
                    "the events of {} in the template aren't the routes of own-routes.json: \
                     write them by RENEW=1 cargo test -p local --test generated",
                    function.logical_id
                )
                .into());
            }
            if function.has_url {
                return Err(format!(
                    "{} in the template has a FunctionUrlConfig, an address past the authorizer: \
                     remove it",
                    function.logical_id
                )
                .into());
            }
            functions.push(function);
        }
        Ok(functions)
    }

    /// A line for each function that isn't where it should run.
    pub(crate) async fn missing(&self, template: &Template) -> Vec<String> {
        let mut lines = Vec::new();
        for function in self.declared(template).into_iter().flatten() {
            if let Err(fault) = self.endpoint.check(&function.logical_id).await {
                let name = &function.name;
                lines.push(format!("The routes of {name} are answered 503: {fault}."));
            }
        }
        lines
    }
}
