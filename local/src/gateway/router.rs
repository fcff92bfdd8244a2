//! Which function serves a request.

use std::collections::{BTreeMap, HashMap};

use http::Method;

use crate::{lambda::Lambda, template::Preflight};

/// A method of the API.
pub(crate) struct Target {
    /// The path as the template has it.
    pub(crate) resource: String,
    /// The name of the function's crate.
    pub(crate) function: String,
    pub(crate) lambda: Lambda,
    pub(crate) protected: bool,
}

/// The methods of the API by their paths, as the template has them.
#[derive(Default)]
pub(crate) struct Router(BTreeMap<String, Resource>);

/// What answers at one path.
#[derive(Default)]
struct Resource {
    methods: HashMap<Method, Target>,
    preflight: Option<Preflight>,
}

/// Where a request leads.
pub(crate) enum Way<'a, 'p> {
    To(&'a Target, Found<'p>),
    Preflight(&'a Preflight),
    Nowhere,
}

/// What a path was found to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    /// The path of the route, as the template has it.
    pub(crate) resource: &'a str,
    /// The path that was called, without the slash at its end, which API Gateway drops.
    pub(crate) path: &'a str,
}

impl<'a> Found<'a> {
    /// The parameters of the path, by their names and as they were sent.
    pub(crate) fn parameters(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let pairs = self.resource.split('/').zip(self.path.split('/'));
        pairs.filter_map(|(segment, sent)| Some((parameter(segment)?, sent)))
    }

    /// Which of its segments are parameters, if it is the path of the resource: API Gateway takes
    /// a segment that is written out before one that is a parameter, from the left.
    fn specificity(self) -> Option<Vec<bool>> {
        let (segments, sent) = (self.resource.split('/'), self.path.split('/'));
        let same_length = segments.clone().count() == sent.clone().count();
        let matches = |(segment, sent): (&str, &str)| match parameter(segment) {
            Some(_) => (!sent.is_empty()).then_some(true),
            None => (segment == sent).then_some(false),
        };
        segments.zip(sent).map(matches).collect::<Option<_>>().filter(|_| same_length)
    }
}

/// The name of the parameter that a segment of a path is.
fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
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

    pub(crate) fn find<'a: 'p, 'p>(&'a self, method: &Method, path: &'p str) -> Way<'a, 'p> {
        let dropped =
            path.strip_suffix('/').filter(|path| !path.is_empty() && !path.ends_with('/'));
        let path = dropped.unwrap_or(path);
        let found = self.0.iter().filter_map(|(resource, it)| {
            let found = Found { resource, path };
            Some((found.specificity()?, found, it))
        });
        let Some((_, found, resource)) = found.min_by(|(one, ..), (other, ..)| one.cmp(other))
        else {
            return Way::Nowhere;
        };
        match (resource.methods.get(method), &resource.preflight) {
            (Some(target), _) => Way::To(target, found),
            (None, Some(preflight)) if method == Method::OPTIONS => Way::Preflight(preflight),
            (None, _) => Way::Nowhere,
        }
    }
}
