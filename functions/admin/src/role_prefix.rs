//! The prefix of the group roles' names.

use shared::Environment;
use shared::db::Group;

/// In bytes: with its suffix, a role's name stays within PostgreSQL's 63 bytes.
const MAX_LENGTH: usize = 40;

/// A prefix that needs no quoting: lower-case letters, digits and underscores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolePrefix(String);

impl Default for RolePrefix {
    fn default() -> Self {
        Self("latchkey".to_owned())
    }
}

impl RolePrefix {
    /// Reads `DATABASE_ROLE_PREFIX`.
    pub fn from_env(env: &mut Environment) -> Self {
        let rule = "must be lower-case letters, digits and underscores, no digit first, not pg_ \
                    first, at most 40 characters";
        env.parsed("DATABASE_ROLE_PREFIX", Self::default(), rule, Self::parse)
    }

    /// Parses a prefix. PostgreSQL reserves names that begin with `pg_`.
    pub fn parse(text: &str) -> Option<Self> {
        let begins = text.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
        let is_plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
        let is_prefix = begins
            && text.chars().all(is_plain)
            && text.len() <= MAX_LENGTH
            && !text.starts_with("pg_");
        is_prefix.then(|| Self(text.to_owned()))
    }

    pub(crate) fn role(&self, group: Group) -> String {
        group.role(&self.0)
    }

    /// The group's login with a password.
    pub(crate) fn login(&self, group: Group) -> String {
        format!("{}_login", self.role(group))
    }

    /// The group's login by RDS IAM tokens.
    pub(crate) fn iam_login(&self, group: Group) -> String {
        format!("{}_iam", self.role(group))
    }

    /// The NOLOGIN role that owns the tables if the functions log in by IAM.
    pub(crate) fn owner(&self) -> String {
        format!("{}_owner", self.0)
    }

    /// The login of `admin` as that owner.
    pub(crate) fn iam_owner(&self) -> String {
        format!("{}_iam", self.owner())
    }

    /// The temporary role that creates the logins.
    pub(crate) fn maker(&self) -> String {
        format!("{}_login_maker", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_plain_name_that_postgresql_leaves_to_us() {
        for text in ["latchkey", "_a1", "p", &"a".repeat(40)] {
            assert!(RolePrefix::parse(text).is_some(), "{text}");
        }
        for text in ["", "1a", "A", "a-b", "a b", "a\"", "ä", "pg_a", &"a".repeat(41)] {
            assert_eq!(RolePrefix::parse(text), None, "{text}");
        }
        let mut env = Environment::from_iter([("DATABASE_ROLE_PREFIX", "pg_hunter2")]);
        RolePrefix::from_env(&mut env);
        let refusal = env.check().unwrap_err().to_string();
        assert!(refusal.contains("DATABASE_ROLE_PREFIX must") && !refusal.contains("hunter2"));
    }
}
