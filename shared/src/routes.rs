//! The type of a route: method, path, access, and the types of the path's parameters.
//! [`crate::functions`] has the table of all routes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crate::role::Role;

mod overlap;

/// The access that a route needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone, without a call of the authorizer.
    Public,
    /// A caller with a valid token, with any role or none.
    SignedIn,
    /// A caller with a valid token and one of these roles.
    AnyOf(&'static [Role]),
}

impl Access {
    /// Whether a caller with a valid token and these roles may use the route.
    pub fn allows(self, roles: &[Role]) -> bool {
        match self {
            Self::Public | Self::SignedIn => true,
            Self::AnyOf(wanted) => wanted.iter().any(|role| roles.contains(role)),
        }
    }

    /// Whether every caller that this access allows is also allowed by the other.
    pub fn is_within(self, other: Self) -> bool {
        match (self, other) {
            (_, Self::Public) | (Self::SignedIn | Self::AnyOf(_), Self::SignedIn) => true,
            (Self::Public, _) | (Self::SignedIn, Self::AnyOf(_)) => false,
            (Self::AnyOf(roles), Self::AnyOf(others)) => {
                roles.iter().all(|role| others.contains(role))
            }
        }
    }
}

/// The request limit of a route: a pair of the template's parameters, such as `SigninThrottleRate`
/// and `SigninThrottleBurst`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throttle {
    /// `ThrottleRate`, the default.
    Default,
    /// For routes where each request costs a password hash, asks for a mail or takes its secret.
    Signin,
    /// For the page at `/docs` and its files.
    Docs,
}

/// A method of a path.
#[derive(Debug, PartialEq, Eq)]
pub struct Route {
    /// The HTTP method, in capitals.
    pub method: &'static str,
    /// The path as `template.yaml` has it, without the stage: `/users/{id}` has the parameter `id`.
    pub path: &'static str,
    /// The function that serves it, by the name of its crate and its binary.
    pub function: &'static str,
    /// The access that it needs.
    pub access: Access,
    /// Its request limit.
    pub throttle: Throttle,
    /// An example of each parameter of the path, in order.
    pub examples: &'static [&'static str],
    /// The member of the discovery documents that has its address (RFC 8414 §2), if one has.
    pub metadata: Option<&'static str>,
}

/// Whether a path is below `/.well-known/` (RFC 8615): there, all is public.
pub fn is_well_known(path: &str) -> bool {
    path.starts_with("/.well-known/")
}

/// The methods of routes. API Gateway answers `HEAD` with 404, and the template's preflights answer
/// `OPTIONS`.
#[expect(missing_docs, reason = "each is its own name")]
pub mod method {
    pub const DELETE: &str = "DELETE";
    pub const GET: &str = "GET";
    pub const PATCH: &str = "PATCH";
    pub const POST: &str = "POST";
    pub const PUT: &str = "PUT";

    /// All of them.
    pub const ALL: [&str; 5] = [DELETE, GET, PATCH, POST, PUT];
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl Route {
    /// The path with each parameter replaced by `value` of its name.
    fn filled<'a>(&self, mut value: impl FnMut(&'a str) -> &'a str) -> Cow<'static, str>
    where
        Self: 'a,
    {
        if !self.path.contains('{') {
            return self.path.into();
        }
        let segments = self.path.split('/').map(|it| parameter(it).map_or(it, &mut value));
        segments.collect::<Vec<_>>().join("/").into()
    }

    /// The path for an IAM policy, with each parameter replaced by `*`.
    pub fn pattern(&self) -> Cow<'static, str> {
        self.filled(|_| "*")
    }

    /// Whether some request matches both routes, where `*` replaces each parameter.
    pub fn meets(&self, other: &Self) -> bool {
        self.method == other.method && overlap::meet(&self.pattern(), &other.pattern())
    }

    /// Whether a policy that names this route opens the other to a caller that may not use it. A
    /// path without a parameter opens itself alone: API Gateway prefers it to one with a parameter.
    /// It isn't documented whether the `methodArn` keeps a `/` at the end, so `/a/*` counts as one
    /// that opens `/a`.
    pub fn opens(&self, other: &Self) -> bool {
        let has_star = self.access != Access::Public && self.parameters().next().is_some();
        let with_slash = || overlap::meet(&self.pattern(), &format!("{}/", other.pattern()));
        has_star
            && self.method == other.method
            && !self.access.is_within(other.access)
            && (self.meets(other) || with_slash())
    }

    /// An example path of the route.
    pub fn example(&self) -> Cow<'static, str> {
        let mut examples = self.examples.iter();
        self.filled(|name| examples.next().copied().unwrap_or(name))
    }

    /// The names of the path's parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(parameter)
    }
}

/// The name of the parameter in a segment of a path.
fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// The routes of one function, each a variant with the parameters of its path.
pub trait Routes: Sized + Send + 'static {
    /// The function, by the name of its crate and its binary.
    const FUNCTION: &'static str;

    /// Each route with the parser of its variant.
    const TABLE: &'static [(Route, Parse<Self>)];

    /// The path, as the template has it.
    fn path(&self) -> &'static str;
}

/// Parses a route's variant from the path's parameters; `None` if one is invalid.
pub type Parse<R> = fn(&mut PathParameters<'_>) -> Option<R>;

/// The type of a parameter in a path.
pub trait PathParameter: Sized {
    /// An example, as written in a path.
    const EXAMPLE: &'static str;

    /// Parses a value as the caller wrote it: API Gateway doesn't percent-decode it.
    fn parse(text: &str) -> Option<Self>;
}

/// The parameters of a request's path.
pub struct PathParameters<'a> {
    segments: std::str::Split<'static, char>,
    values: &'a BTreeMap<String, String>,
}

impl<'a> PathParameters<'a> {
    /// The parameters of this path, with their values by name.
    pub fn new(path: &'static str, values: &'a BTreeMap<String, String>) -> Self {
        Self { segments: path.split('/'), values }
    }

    /// Parses the next parameter in the order of the path.
    pub fn parse<T: PathParameter>(&mut self) -> Option<T> {
        T::parse(self.values.get(self.segments.find_map(parameter)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_no_hierarchy() {
        const MODERATORS: Access = Access::AnyOf(&[Role::MODERATOR]);
        assert!(MODERATORS.allows(&[Role::USER, Role::MODERATOR]));
        assert!(!MODERATORS.allows(&[Role::USER, Role::ADMIN]));
        assert!(!MODERATORS.allows(&[]));
    }

    /// Compares the rule with every set of roles that a caller may have.
    #[test]
    fn an_access_is_within_another_if_that_lets_in_each_of_its_callers() {
        const ACCESSES: [Access; 5] = [
            Access::SignedIn,
            Access::AnyOf(&[]),
            Access::AnyOf(&[Role::USER]),
            Access::AnyOf(&[Role::ADMIN, Role::USER]),
            Access::AnyOf(&Role::BUILT_IN),
        ];
        let sets = (0..1 << Role::BUILT_IN.len()).map(|chosen| {
            let roles = Role::BUILT_IN.into_iter().enumerate();
            roles.filter(move |(bit, _)| chosen >> bit & 1 == 1).map(|(_, role)| role).collect()
        });
        let sets: Vec<Vec<_>> = sets.collect();
        for (one, other) in ACCESSES.iter().flat_map(|one| ACCESSES.map(|other| (*one, other))) {
            let keeps_out = |roles: &Vec<_>| one.allows(roles) && !other.allows(roles);
            assert_eq!(one.is_within(other), !sets.iter().any(keeps_out), "{one:?} {other:?}");
        }
        assert!(Access::SignedIn.is_within(Access::Public));
        assert!(!Access::Public.is_within(Access::SignedIn));
    }

    #[test]
    fn a_signed_in_caller_needs_no_role() {
        assert!(Access::SignedIn.allows(&[]));
    }

    fn route(path: &'static str, examples: &'static [&'static str]) -> Route {
        let (access, throttle) = (Access::Public, Throttle::Default);
        Route {
            method: method::PUT,
            path,
            function: "f",
            access,
            throttle,
            examples,
            metadata: None,
        }
    }

    #[test]
    fn a_star_replaces_each_parameter_and_nothing_else() {
        let two = route("/users/{id}/notes/{note}", &["7", "x"]);
        assert_eq!(two.pattern(), "/users/*/notes/*");
        assert_eq!(two.example(), "/users/7/notes/x");
        assert_eq!(two.parameters().collect::<Vec<_>>(), ["id", "note"]);
        let none = route("/.well-known/x{y}.json", &[]);
        assert_eq!((none.pattern(), none.parameters().count()), (none.path.into(), 0));
    }

    impl PathParameter for u8 {
        const EXAMPLE: &'static str = "7";

        fn parse(text: &str) -> Option<Self> {
            text.parse().ok()
        }
    }

    #[test]
    fn parameters_come_in_the_order_of_the_path_and_by_their_names() {
        let values = [("a", "2"), ("z", "1"), ("odd", "300")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let mut parameters = PathParameters::new("/{z}/b/{a}/{odd}/{none}", &values);
        let read: [Option<u8>; 5] = std::array::from_fn(|_| parameters.parse());
        assert_eq!(read, [Some(1), Some(2), None, None, None]);
    }
}
