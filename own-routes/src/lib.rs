//! The routes that a team adds to Latchkey's own, and those of its other APIs: `own-routes.json`
//! (docs/use/your-own-routes.md, docs/adr/0027).

mod document;
mod event;
mod fault;
mod table;

use std::sync::LazyLock;

use shared::functions::ROUTES;
use shared::routes::{Access, Route};
use shared::{Environment, Role};

use document::Document;
pub use event::event_name;
pub use fault::Fault;
pub use table::ACCOUNTS;

/// The routes of a document, which has been checked.
#[derive(Debug)]
pub struct OwnRoutes {
    /// Those of the team's functions in Latchkey's own API.
    functions: Vec<Route>,
    /// Those of each other API.
    apis: Vec<(String, Vec<Route>)>,
}

/// The document that this program was built with.
static BUILT_IN: LazyLock<Result<OwnRoutes, Fault>> =
    LazyLock::new(|| OwnRoutes::parse(include_str!("../../own-routes.json")));

impl OwnRoutes {
    /// No routes beside Latchkey's own.
    pub const NONE: &Self = &Self { functions: Vec::new(), apis: Vec::new() };

    /// The routes of the document that this program was built with.
    pub fn built_in() -> Result<&'static Self, Fault> {
        BUILT_IN.as_ref().map_err(Fault::clone)
    }

    /// The same; a document that isn't good counts as a bad setting.
    pub fn from_env(env: &mut Environment) -> &'static Self {
        Self::built_in().unwrap_or_else(|fault| {
            env.refuse("the file", &fault.to_string());
            Self::NONE
        })
    }

    /// The routes of a document, which stay in memory as long as the process.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let Document { functions, apis } = Document::parse(text)?;
        Ok(Self { functions: table::of_functions(functions)?, apis: table::of_apis(apis)? })
    }

    /// The routes of the team's functions in Latchkey's own API.
    pub fn of_functions(&self) -> &[Route] {
        &self.functions
    }

    /// All routes of Latchkey's own API.
    pub fn of_accounts(&self) -> impl Iterator<Item = &Route> {
        ROUTES.iter().chain(&self.functions)
    }

    /// All routes of the API that calls them so; `None` if the document has no such API.
    pub fn of_api(&self, name: &str) -> Option<impl Iterator<Item = &Route>> {
        let (ours, added) = match name {
            ACCOUNTS => (ROUTES, &self.functions),
            _ => (&[][..], &self.apis.iter().find(|(api, _)| api == name)?.1),
        };
        Some(ours.iter().chain(added))
    }

    /// The roles that the document's routes need, each with a route that needs it.
    pub fn roles(&self) -> impl Iterator<Item = (&'static Role, &Route)> {
        let routes = self.apis.iter().flat_map(|(_, routes)| routes).chain(&self.functions);
        routes.flat_map(|route| {
            let roles = match route.access {
                Access::AnyOf(roles) => roles,
                Access::Public | Access::SignedIn => &[],
            };
            roles.iter().map(move |role| (role, route))
        })
    }
}

#[cfg(test)]
mod tests;
