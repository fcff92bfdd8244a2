//! A list of roles as it is printed.

use serde::{Deserialize, Serialize};

use crate::{list::Row, printable};

/// A role, as the admin function reports it.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Role {
    name: String,
    users: i64,
    /// Whether no caller has it, since its name breaks the rule.
    is_ignored: bool,
}

impl Row for Role {
    const HEADER: &'static [&'static str] = &["USERS", "ROLE"];

    fn cells(&self) -> Vec<String> {
        let note = if self.is_ignored { " (ignored, because of its name)" } else { "" };
        vec![self.users.to_string(), format!("{}{note}", printable::name(&self.name))]
    }
}

/// The last line of a table of roles.
pub(crate) fn role_count(count: usize) -> String {
    format!("{count} roles\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::{Form, List};

    #[test]
    fn an_ignored_role_is_marked() {
        let role =
            |name: &str, users, is_ignored| Role { name: name.to_owned(), users, is_ignored };
        let roles = [role("ROLE_USER", 12, false), role("editor\n", 0, true)];
        let mut output = Vec::new();
        let mut list = List::new(&mut output, Form::Table);
        list.page(&roles).unwrap();
        list.end(role_count).unwrap();
        let expected = "\
USERS  ROLE
   12  ROLE_USER
    0  \"editor\\n\" (ignored, because of its name)
2 roles
";
        assert_eq!(String::from_utf8(output).unwrap(), expected);
    }
}
