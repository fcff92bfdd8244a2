//! The group roles of SQL.

/// A group role of SQL, one for each class of work. Its members may do what the statements of
/// their functions need ([`crate::functions`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Who is calling, and by which key.
    Authorizer,
    /// The public keys.
    Jwks,
    /// One user's hash, by the name.
    Signin,
    /// A new user.
    Signup,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Authorizer, Self::Jwks, Self::Signin, Self::Signup];

    /// The name of the class.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorizer => "authorizer",
            Self::Jwks => "jwks",
            Self::Signin => "signin",
            Self::Signup => "signup",
        }
    }

    /// The role's name.
    pub fn role(self, prefix: &str) -> String {
        format!("{prefix}_{}", self.name())
    }
}
