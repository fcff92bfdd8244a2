//! Which function serves a request.

use std::collections::HashMap;

use http::Method;

use crate::lambda::Lambda;

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

/// The methods of the API by their paths, compared exactly.
#[derive(Default)]
pub(crate) struct Router(HashMap<String, HashMap<Method, Target>>);

/// Where a request leads.
pub(crate) enum Way<'a> {
    To(&'a Target),
    /// A method that a known path hasn't.
    Preflight,
    Nowhere,
}

impl Router {
    pub(crate) fn add(&mut self, method: Method, target: Target) {
        self.0.entry(target.resource.clone()).or_default().insert(method, target);
    }

    pub(crate) fn find(&self, method: &Method, path: &str) -> Way<'_> {
        match self.0.get(path) {
            None => Way::Nowhere,
            Some(methods) => match methods.get(method) {
                Some(target) => Way::To(target),
                None if method == Method::OPTIONS => Way::Preflight,
                None => Way::Nowhere,
            },
        }
    }
}
