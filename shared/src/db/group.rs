//! The SQL group roles.

/// A SQL group role, one for each class of work. It has the privileges that the statements of its
/// functions need ([`crate::functions`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Reads and replaces the hash of a signed-in user, and deletes one.
    Account,
    /// Reads callers and public keys.
    Authorizer,
    /// Asks for the mails of a change of address, after the user's password.
    ChangeEmail,
    /// Reads callers and public keys, for introspection.
    Introspect,
    /// Reads public keys.
    Jwks,
    /// Asks for a mail to any address.
    MailRequest,
    /// Takes mails out of the outbox, and stores the hashes of their secrets.
    Mailer,
    /// Renews sessions.
    Refresh,
    /// Sets a password by the secret of a mail.
    ResetPassword,
    /// Lists and ends sessions.
    Sessions,
    /// Reads and replaces the hash of one user by name.
    Signin,
    /// Inserts users.
    Signup,
    /// Does what [`Group::Signin`] and [`Group::Refresh`] do.
    Token,
    /// Proves a mailbox by the secret of a mail.
    Verify,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Account,
        Self::Authorizer,
        Self::ChangeEmail,
        Self::Introspect,
        Self::Jwks,
        Self::MailRequest,
        Self::Mailer,
        Self::Refresh,
        Self::ResetPassword,
        Self::Sessions,
        Self::Signin,
        Self::Signup,
        Self::Token,
        Self::Verify,
    ];

    /// The name of the class.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Authorizer => "authorizer",
            Self::ChangeEmail => "change_email",
            Self::Introspect => "introspect",
            Self::Jwks => "jwks",
            Self::MailRequest => "mail_request",
            Self::Mailer => "mailer",
            Self::Refresh => "refresh",
            Self::ResetPassword => "reset_password",
            Self::Sessions => "sessions",
            Self::Signin => "signin",
            Self::Signup => "signup",
            Self::Token => "token",
            Self::Verify => "verify",
        }
    }

    /// The role's name.
    pub fn role(self, prefix: &str) -> String {
        format!("{prefix}_{}", self.name())
    }
}
