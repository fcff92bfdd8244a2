//! The report of a migration, or of a check before it, from the admin function's answer.

use std::io::{self, Write};

use serde_json::Value;

/// Prints a migration, a step a line.
pub(crate) fn print_migrated(answer: &Value, output: &mut dyn Write) -> io::Result<()> {
    let adopted = lines("Adopted the legacy app's database:", &answer["adopted"], output)?;
    let applied = lines("Applied migrations:", &answer["applied"], output)?;
    if !adopted && !applied {
        writeln!(output, "The database is up to date.")?;
    }
    let id = answer["database_id"]["id"].as_str().unwrap_or_default();
    let made = if answer["database_id"]["is_new"] == true { ", made now" } else { "" };
    writeln!(output, "Its id is {id}{made}.")?;
    output.flush()
}

/// Prints a check, a step a line. Returns whether a migration would refuse the database.
pub(crate) fn print_checked(answer: &Value, output: &mut dyn Write) -> io::Result<bool> {
    let kind = match answer["database"].as_str() {
        Some("empty") => "The database has none of Latchkey's tables.",
        Some("latchkey") => "The database is Latchkey's.",
        Some("app") => "The database is the legacy app's.",
        _ => "The database is another application's.",
    };
    writeln!(output, "{kind}")?;
    let has_obstacles = lines("Obstacles:", &answer["obstacles"], output)?;
    let has_steps = lines("Steps of a migration:", &answer["steps"], output)?;
    lines("Notes:", &answer["notes"], output)?;
    if !has_obstacles && !has_steps {
        writeln!(output, "There is nothing to do.")?;
    }
    output.flush()?;
    Ok(has_obstacles)
}

/// Prints the texts of a list below its title. Returns whether there are any.
fn lines(title: &str, list: &Value, output: &mut dyn Write) -> io::Result<bool> {
    let texts: Vec<_> = list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !texts.is_empty() {
        writeln!(output, "{title}")?;
    }
    texts.iter().try_for_each(|text| writeln!(output, "  {text}"))?;
    Ok(!texts.is_empty())
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
        let expected = "\
The database is the legacy app's.
Obstacles:
  c
Steps of a migration:
  a
  b
";
        assert_eq!(
            printed(|output| print_checked(&answer, output).map(|has| assert!(has))),
            expected
        );
    }

    #[test]
    fn an_up_to_date_database_is_reported() {
        let identity = json!({ "id": "a-b", "is_new": false });
        let answer = json!({ "adopted": [], "applied": [], "database_id": identity });
        let expected = "The database is up to date.\nIts id is a-b.\n";
        assert_eq!(printed(|output| print_migrated(&answer, output)), expected);
    }
}
