//! The SQL group roles.

/// A SQL group role, one for each class of work. It has the privileges that the statements of its
/// functions need ([`crate::functions`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Reads and replaces the hash of a signed-in user, and deletes one.
    Account,
    /// Reads callers and public keys.
    Authorizer,
    /// Reads callers and public keys, for introspection.
    Introspect,
    /// Reads public keys.
    Jwks,
    /// Renews sessions.
    Refresh,
    /// Lists and ends sessions.
    Sessions,
    /// Reads and replaces the hash of one user by name.
    Signin,
    /// Inserts users.
    Signup,
    /// Does what [`Group::Signin`] and [`Group::Refresh`] do.
    Token,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Account,
        Self::Authorizer,
        Self::Introspect,
        Self::Jwks,
        Self::Refresh,
        Self::Sessions,
        Self::Signin,
        Self::Signup,
        Self::Token,
    ];

    /// The name of the class.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Authorizer => "authorizer",
            Self::Introspect => "introspect",
            Self::Jwks => "jwks",
            Self::Refresh => "refresh",
            Self::Sessions => "sessions",
            Self::Signin => "signin",
            Self::Signup => "signup",
            Self::Token => "token",
        }
    }

    /// The role's name.
    pub fn role(self, prefix: &str) -> String {
        format!("{prefix}_{}", self.name())
    }
}
