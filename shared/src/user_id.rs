//! The permanent id of a user.

use std::fmt;

use crate::routes::PathParameter;

/// `users.id`, and the `sub` of a token. The sequence never reuses an id; a row inserted by hand may
/// have any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(i32);

impl UserId {
    /// The id in a row.
    pub const fn new(id: i32) -> Self {
        Self(id)
    }

    /// The id for the database.
    pub const fn get(self) -> i32 {
        self.0
    }

    /// Parses a token's `sub`: decimal digits in canonical form.
    pub fn parse(subject: &str) -> Option<Self> {
        let id = Self(subject.parse().ok()?);
        (id.to_string() == subject).then_some(id)
    }
}

impl PathParameter for UserId {
    const EXAMPLE: &'static str = "7";

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_has_one_form() {
        for id in [42, 0, -5, i32::MIN, i32::MAX] {
            assert_eq!(UserId::parse(&id.to_string()), Some(UserId(id)));
        }
        for subject in [
            "",
            "042",
            "-042",
            "-0",
            "+42",
            " 42",
            "42 ",
            "4.2e1",
            "42\0",
            "٤٢",
            "2147483648",
            "ada",
        ] {
            assert_eq!(UserId::parse(subject), None, "{subject:?}");
        }
    }
}
