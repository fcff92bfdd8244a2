//! What a route is: a method of a path, who may call it, and the types of the path's parameters.
//! The table of all routes is [`crate::functions`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::role::Role;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone; the authorizer isn't asked.
    Public,
    /// A caller with a valid token, with any role or none.
    SignedIn,
    /// A caller with a valid token and one of these roles.
    AnyOf(&'static [Role]),
}

impl Access {
    /// Whether a valid token whose user has `roles` opens the route.
    pub fn allows(self, roles: &[Role]) -> bool {
        match self {
            Self::Public | Self::SignedIn => true,
            Self::AnyOf(wanted) => wanted.iter().any(|role| roles.contains(role)),
        }
    }
}

/// Which limit of requests a second a route has: each is a pair of the template's parameters, such
/// as `SigninThrottleRate` and `SigninThrottleBurst`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throttle {
    /// `ThrottleRate`, of every route that names no other.
    Default,
    /// Where each request costs a password hash.
    Signin,
    /// The page at `/docs` and its files.
    Docs,
}

/// One method of one path.
#[derive(Debug, PartialEq, Eq)]
pub struct Route {
    /// The HTTP method, in capitals.
    pub method: &'static str,
    /// The path as `template.yaml` has it, without the stage: `/users/{id}` has the parameter `id`.
    pub path: &'static str,
    /// The function that serves it: the name of its crate and of its binary.
    pub function: &'static str,
    /// Who may call it.
    pub access: Access,
    /// How many requests it takes.
    pub throttle: Throttle,
    /// A value of each parameter of the path, in their order.
    pub examples: &'static [&'static str],
}

/// The methods that a route can have. API Gateway answers `HEAD` with 404, and the template's
/// preflights answer `OPTIONS`.
#[expect(missing_docs, reason = "each is its own name")]
pub mod method {
    pub const DELETE: &str = "DELETE";
    pub const GET: &str = "GET";
    pub const PATCH: &str = "PATCH";
    pub const POST: &str = "POST";
    pub const PUT: &str = "PUT";
}

impl Route {
    /// The path with `value` of each parameter's name in place of the parameter.
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

    /// The path as a policy of IAM has it, with `*` in place of each parameter.
    pub fn pattern(&self) -> Cow<'static, str> {
        self.filled(|_| "*")
    }

    /// A path that leads to the route.
    pub fn example(&self) -> Cow<'static, str> {
        let mut examples = self.examples.iter();
        self.filled(|name| examples.next().copied().unwrap_or(name))
    }

    /// The names of the path's parameters, in their order.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(parameter)
    }
}

/// The name of the parameter that a segment of a path is.
fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// The routes of one function: a variant each, with the parameters of its path.
pub trait Routes: Sized + Send + 'static {
    /// The name of the function: of its crate, and of its binary.
    const FUNCTION: &'static str;

    /// Each route, and what makes its variant.
    const TABLE: &'static [(Route, Parse<Self>)];

    /// The path, as the template has it.
    fn path(&self) -> &'static str;
}

/// Makes a route of the parameters of its path: `None` if one of them is none.
pub type Parse<R> = fn(&mut PathParameters<'_>) -> Option<R>;

/// The type of a parameter in a path.
pub trait PathParameter: Sized {
    /// One of them, as it is written.
    const EXAMPLE: &'static str;

    /// Reads one as API Gateway delivers it: as the caller wrote it, percent-encoding and all.
    fn parse(text: &str) -> Option<Self>;
}

/// The parameters of a request's path.
pub struct PathParameters<'a> {
    segments: std::str::Split<'static, char>,
    values: &'a BTreeMap<String, String>,
}

impl<'a> PathParameters<'a> {
    /// The values of the parameters of that path, by their names.
    pub fn new(path: &'static str, values: &'a BTreeMap<String, String>) -> Self {
        Self { segments: path.split('/'), values }
    }

    /// The next one, in the order of the path.
    pub fn parse<T: PathParameter>(&mut self) -> Option<T> {
        T::parse(self.values.get(self.segments.find_map(parameter)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_no_hierarchy() {
        let moderators = Access::AnyOf(&[Role::Moderator]);
        assert!(moderators.allows(&[Role::User, Role::Moderator]));
        assert!(!moderators.allows(&[Role::User, Role::Admin]));
        assert!(!moderators.allows(&[]));
    }

    #[test]
    fn a_signed_in_caller_needs_no_role() {
        assert!(Access::SignedIn.allows(&[]));
    }

    fn route(path: &'static str, examples: &'static [&'static str]) -> Route {
        let (access, throttle) = (Access::Public, Throttle::Default);
        Route { method: method::PUT, path, function: "f", access, throttle, examples }
    }

    #[test]
    fn a_star_is_in_place_of_a_parameter_and_nowhere_else() {
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
