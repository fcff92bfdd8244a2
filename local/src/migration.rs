//! The report of a migration, or of a check before it.

use std::io::{self, Write};

use serde::Deserialize;

/// The admin function's answer to a migration.
#[derive(Debug, Deserialize)]
pub(crate) struct Migrated {
    adopted: Vec<String>,
    applied: Vec<String>,
    database_id: Identity,
    /// How many users can still sign up.
    pub(crate) user_ids_left: Option<i64>,
}

/// The identity of the database, which tokens name.
#[derive(Debug, Deserialize)]
struct Identity {
    id: String,
    is_new: bool,
}

/// Its answer to a check.
#[derive(Debug, Deserialize)]
pub(crate) struct Checked {
    database: Kind,
    steps: Vec<String>,
    /// Why a migration would refuse the database.
    pub(crate) obstacles: Vec<String>,
    notes: Vec<String>,
    /// How many users can still sign up, where there is such a table.
    pub(crate) user_ids_left: Option<i64>,
}

/// Whose database it is.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Empty,
    Latchkey,
    App,
    Other,
}

impl Kind {
    const fn words(self) -> &'static str {
        match self {
            Self::Empty => "The database has none of Latchkey's tables.",
            Self::Latchkey => "The database is Latchkey's.",
            Self::App => "The database is the legacy app's.",
            Self::Other => "The database is another application's.",
        }
    }
}

impl Migrated {
    /// Prints it, a step a line.
    pub(crate) fn print(&self, output: &mut dyn Write) -> io::Result<()> {
        lines("Adopted the legacy app's database:", &self.adopted, output)?;
        lines("Applied migrations:", &self.applied, output)?;
        if self.adopted.is_empty() && self.applied.is_empty() {
            writeln!(output, "The database is up to date.")?;
        }
        let Identity { id, is_new } = &self.database_id;
        writeln!(output, "Its id is {id}{}.", if *is_new { ", made now" } else { "" })
    }
}

impl Checked {
    /// Prints it, a step a line.
    pub(crate) fn print(&self, output: &mut dyn Write) -> io::Result<()> {
        writeln!(output, "{}", self.database.words())?;
        lines("Obstacles:", &self.obstacles, output)?;
        lines("Steps of a migration:", &self.steps, output)?;
        lines("Notes:", &self.notes, output)?;
        if self.obstacles.is_empty() && self.steps.is_empty() {
            writeln!(output, "There is nothing to do.")?;
        }
        Ok(())
    }
}

fn lines(title: &str, lines: &[String], output: &mut dyn Write) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(output, "{title}")?;
    lines.iter().try_for_each(|line| writeln!(output, "  {line}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn printed(print: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
        let mut output = Vec::new();
        print(&mut output).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn a_check_lists_obstacles_and_steps() {
        let answer =
            json!({ "database": "app", "steps": ["a", "b"], "obstacles": ["c"], "notes": [] });
        let checked: Checked = serde_json::from_value(answer).unwrap();
        let expected = "\
The database is the legacy app's.
Obstacles:
  c
Steps of a migration:
  a
  b
";
        assert_eq!(printed(|output| checked.print(output)), expected);
    }

    #[test]
    fn nothing_to_do_is_said_too() {
        let identity = json!({ "id": "a-b", "is_new": false });
        let answer = json!({ "adopted": [], "applied": [], "database_id": identity });
        let migrated: Migrated = serde_json::from_value(answer).unwrap();
        let expected = "The database is up to date.\nIts id is a-b.\n";
        assert_eq!(printed(|output| migrated.print(output)), expected);
    }
}
