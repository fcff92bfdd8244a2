//! The roles of users. They have no hierarchy: an administrator isn't a moderator.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

/// The most characters of a role's name.
const MAX_CHARACTERS: usize = 64;

/// A role, by its name in `roles.name`: 1 to 64 characters of `A–Z`, `0–9` and `_`. The name is thus
/// also a scope token of RFC 6749 §3.3. A row with another name, which an adopted database may have,
/// is no role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Role(Cow<'static, str>);

impl Role {
    /// `ROLE_USER`, which every sign-up grants.
    pub const USER: Self = Self::of("ROLE_USER");
    /// `ROLE_MODERATOR`.
    pub const MODERATOR: Self = Self::of("ROLE_MODERATOR");
    /// `ROLE_ADMIN`.
    pub const ADMIN: Self = Self::of("ROLE_ADMIN");
    /// The roles of the legacy app, in the order of its table. They can't be removed.
    pub const BUILT_IN: [Self; 3] = [Self::USER, Self::MODERATOR, Self::ADMIN];

    /// The most bytes of a user's roles, joined by spaces: they are sent in a header of 10,240 bytes,
    /// twice in a token, and in the authorizer's answer (docs/adr/0026).
    pub const MAX_BYTES_OF_A_USER: usize = 2048;

    /// The rule of a name, for error messages.
    pub const RULE: &str = "A role's name has 1 to 64 characters of A-Z, 0-9 and _.";

    /// A role of the table of routes. A name that breaks the rule doesn't compile there.
    ///
    /// # Panics
    ///
    /// If the name breaks the rule.
    pub const fn of(name: &'static str) -> Self {
        assert!(fits(name), "a role's name has 1 to 64 characters of A-Z, 0-9 and _");
        Self(Cow::Borrowed(name))
    }

    /// Parses a name; `None` if it breaks the rule.
    pub fn parse(name: impl Into<String>) -> Option<Self> {
        let name = name.into();
        fits(&name).then_some(Self(Cow::Owned(name)))
    }

    /// The roles of a user, from the names of their rows in the order of `roles.id`. Names that break
    /// the rule are left out, and so are the last ones of more than [`Self::MAX_BYTES_OF_A_USER`].
    pub fn of_user(names: impl IntoIterator<Item = String>) -> Vec<Self> {
        let mut bytes = 0;
        let roles = names.into_iter().filter_map(Self::parse);
        roles
            .take_while(|role| {
                bytes += role.name().len() + 1;
                bytes <= Self::MAX_BYTES_OF_A_USER + 1
            })
            .collect()
    }

    /// The name in `roles.name`.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// These roles, joined by spaces.
    pub fn joined(roles: &[Self]) -> String {
        roles.iter().map(Self::name).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

const fn fits(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(bytes[at], b'A'..=b'Z' | b'0'..=b'9' | b'_') {
            return false;
        }
        at += 1;
    }
    1 <= at && at <= MAX_CHARACTERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_1_to_64_capitals_digits_and_underscores() {
        for name in ["A", "_", "7", "ROLE_EDITOR_2", &"Z".repeat(64)] {
            assert_eq!(Role::parse(name).unwrap().name(), name);
        }
        for name in ["", "role_editor", "ROLE EDITOR", "ROLE-EDITOR", "ROLE_ÄDITOR", "A\n", "A\0"]
        {
            assert_eq!(Role::parse(name), None, "{name:?}");
        }
        assert_eq!(Role::parse("Z".repeat(65)), None);
    }

    #[test]
    fn a_constant_is_the_role_of_its_name() {
        for role in Role::BUILT_IN {
            assert_eq!(Role::parse(role.name()), Some(role));
        }
    }

    #[test]
    fn the_roles_of_a_user_have_an_end() {
        let repeated = |letter: &str| letter.repeat(64);
        // 31 roles of 64 characters with 30 spaces are 2,014 bytes.
        let names = || (0..31).map(|_| repeated("A"));
        assert_eq!(Role::of_user(names()).len(), 31);
        assert_eq!(Role::of_user(names().chain([repeated("B")])).len(), 31);
        let full = names().chain(["B".repeat(33)]);
        assert_eq!(Role::joined(&Role::of_user(full)).len(), Role::MAX_BYTES_OF_A_USER);
        assert_eq!(Role::of_user(names().chain(["B".repeat(34)])).len(), 31);
        // The end is the end: a short role after it would depend on the length of others.
        let after = names().chain([repeated("B"), "C".to_owned()]);
        assert_eq!(Role::of_user(after).len(), 31);
    }

    #[test]
    fn a_row_with_another_name_is_no_role() {
        let names = ["ROLE_USER", "editor", "ROLE_EDITOR"].map(str::to_owned);
        assert_eq!(Role::joined(&Role::of_user(names)), "ROLE_USER ROLE_EDITOR");
    }
}
