//! Which function serves a request.

use std::collections::{BTreeMap, HashMap};

use http::Method;

use crate::{lambda::Lambda, template::Preflight};

/// A method of the API.
pub(crate) struct Target {
    /// The path as the template has it.
    pub(crate) resource: String,
    /// What a policy calls it.
    pub(crate) arn: String,
    /// The name of the function's crate.
    pub(crate) function: String,
    pub(crate) lambda: Lambda,
    pub(crate) protected: bool,
}

/// The methods of the API by their paths, compared exactly but for a slash at the end, which API
/// Gateway drops.
#[derive(Default)]
pub(crate) struct Router(HashMap<String, Resource>);

/// What answers at one path.
#[derive(Default)]
struct Resource {
    methods: HashMap<Method, Target>,
    preflight: Option<Preflight>,
}

/// Where a request leads.
pub(crate) enum Way<'a> {
    To(&'a Target),
    Preflight(&'a Preflight),
    Nowhere,
}

impl Router {
    pub(crate) fn new(preflights: &BTreeMap<String, Preflight>) -> Self {
        let resource = |(path, preflight): (&String, &Preflight)| {
            let preflight = Some(preflight.clone());
            (path.clone(), Resource { preflight, ..Resource::default() })
        };
        Self(preflights.iter().map(resource).collect())
    }

    pub(crate) fn add(&mut self, method: Method, target: Target) {
        let resource = self.0.entry(target.resource.clone()).or_default();
        resource.methods.insert(method, target);
    }

    pub(crate) fn find(&self, method: &Method, path: &str) -> Way<'_> {
        let dropped =
            path.strip_suffix('/').filter(|path| !path.is_empty() && !path.ends_with('/'));
        let resource = dropped.unwrap_or(path);
        let Some(resource) = self.0.get(resource) else { return Way::Nowhere };
        match (resource.methods.get(method), &resource.preflight) {
            (Some(target), _) => Way::To(target),
            (None, Some(preflight)) if method == Method::OPTIONS => Way::Preflight(preflight),
            (None, _) => Way::Nowhere,
        }
    }
}
