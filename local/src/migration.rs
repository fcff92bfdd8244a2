//! What a migration has done or would do, for people.

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
    /// What stands in the way.
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
            Self::Empty => "The database holds none of Latchkey's tables.",
            Self::Latchkey => "The database is one of Latchkey's.",
            Self::App => "The database is one of the app's.",
            Self::Other => "The database is somebody else's.",
        }
    }
}

impl Migrated {
    /// Prints it, a step a line.
    pub(crate) fn print(&self, output: &mut dyn Write) -> io::Result<()> {
        lines("The app's database is Latchkey's now. To that end:", &self.adopted, output)?;
        lines("Migrations that have been applied:", &self.applied, output)?;
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
        lines("What stands in the way:", &self.obstacles, output)?;
        lines("What a migration would do:", &self.steps, output)?;
        lines("Good to know:", &self.notes, output)?;
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
    fn a_check_says_what_would_be_done_and_what_stands_in_the_way() {
        let answer =
            json!({ "database": "app", "steps": ["a", "b"], "obstacles": ["c"], "notes": [] });
        let checked: Checked = serde_json::from_value(answer).unwrap();
        let expected = "\
The database is one of the app's.
What stands in the way:
  c
What a migration would do:
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
