//! The roles of the legacy app. They have no hierarchy: an administrator isn't a moderator.

use std::fmt;

/// A role that a route can require. Other roles in an adopted database open no route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// `ROLE_USER`, which every sign-up grants.
    User,
    /// `ROLE_MODERATOR`.
    Moderator,
    /// `ROLE_ADMIN`.
    Admin,
}

impl Role {
    /// Every role, in the order of the legacy app's table.
    pub const ALL: [Self; 3] = [Self::User, Self::Moderator, Self::Admin];

    /// The name in `roles.name`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "ROLE_USER",
            Self::Moderator => "ROLE_MODERATOR",
            Self::Admin => "ROLE_ADMIN",
        }
    }

    /// The role with this name, compared exactly.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_leads_back_to_its_role_and_no_other_spelling_does() {
        for role in Role::ALL {
            assert_eq!(Role::named(role.name()), Some(role));
            assert_eq!(Role::named(&role.name().to_lowercase()), None);
        }
        assert_eq!(Role::named("ROLE_OWNER"), None);
    }
}
