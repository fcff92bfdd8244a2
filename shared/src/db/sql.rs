//! A statement, and the privileges that it needs.

use tokio_postgres::types::{ToSql, Type};

/// A parameter of a statement and its type, which saves PostgreSQL a round trip to report it.
pub type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// A statement with numbered parameters. Sent unnamed and typed, it takes one round trip and
/// pins nothing in a pooler.
#[derive(Debug, PartialEq, Eq)]
pub struct Sql {
    text: &'static str,
    needs: Option<&'static [Privilege]>,
}

impl Sql {
    /// A statement that a login with these privileges may run.
    pub(super) const fn new(text: &'static str, needs: &'static [Privilege]) -> Self {
        Self { text, needs: Some(needs) }
    }

    /// A statement of `admin`, which always logs in as the owner of the tables. It is the exception to
    /// naming needs: the owner has every privilege, so nothing is granted for the statement, and no
    /// group role may run it.
    pub const fn for_owner(text: &'static str) -> Self {
        Self { text, needs: None }
    }

    /// The text of the statement.
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// The privileges that it and the functions it calls need; none for a statement of the owner.
    pub fn needs(&self) -> Vec<Privilege> {
        let mut needs = self.needs.unwrap_or_default().to_vec();
        let mut next = 0;
        while let Some(need) = needs.get(next) {
            if let Privilege::Execute(routine) = *need {
                needs.extend(routine.needs);
            }
            next += 1;
        }
        needs
    }

    /// Whether only the owner of the tables runs it.
    pub const fn is_for_owner(&self) -> bool {
        self.needs.is_none()
    }
}

/// A privilege for a group role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privilege {
    /// `SELECT` on these columns of a table.
    Select(&'static str, &'static [&'static str]),
    /// `EXECUTE` on a function of ours.
    Execute(Routine),
}

/// A SQL function that a migration creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Routine {
    /// The name, without a schema.
    pub name: &'static str,
    /// The types of its arguments, as `to_regprocedure` reads them.
    pub arguments: &'static str,
    /// The privileges that its caller needs; none if it runs with its owner's (`SECURITY DEFINER`).
    pub needs: &'static [Privilege],
}

impl Routine {
    /// A function that runs with its owner's privileges.
    pub(super) const fn of_owner(name: &'static str, arguments: &'static str) -> Self {
        Self { name, arguments, needs: &[] }
    }

    /// The name and the types, as `to_regprocedure` reads them.
    pub fn signature(&self) -> String {
        format!("{}({})", self.name, self.arguments)
    }
}
