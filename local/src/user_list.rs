//! The list of users as it is printed: a table for people, or JSON for programs.
//!
//! Both are written page by page as the pages come, so that a million users need no more memory
//! than a thousand. The table's columns are as wide as the names of the pages so far: they may
//! grow with a later page and never shrink.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use unicode_width::UnicodeWidthStr as _;

use crate::{json_array::JsonArray, printable};

/// A user, as the admin function reports one.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct User {
    id: i64,
    username: String,
    roles: Vec<String>,
}

/// What the list is printed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A table with a header and, as its last line, the number of users.
    Table,
    /// One JSON array of `{"id","username","roles"}`, a user a line.
    Json,
}

/// How wide a name may make its column. A longer one is shown whole, and moves its own roles.
const WIDEST: usize = 40;

/// The list while it is being printed.
pub(crate) struct UserList<W> {
    output: W,
    form: Form,
    rows: u64,
    elements: JsonArray,
    id_width: usize,
    name_width: usize,
}

impl<W: Write> UserList<W> {
    /// A list of which nothing is printed yet.
    pub(crate) fn new(output: W, form: Form) -> Self {
        let (id_width, name_width) = (ID.len(), USERNAME.len());
        Self { output, form, rows: 0, elements: JsonArray::default(), id_width, name_width }
    }

    /// Prints a page.
    pub(crate) fn page(&mut self, users: &[User]) -> io::Result<()> {
        match self.form {
            Form::Table => self.rows(users)?,
            Form::Json => {
                for user in users {
                    self.elements.element(user, &mut self.output)?;
                }
            }
        }
        self.output.flush()
    }

    /// Prints what comes after the last page. Returns whether there were any users.
    pub(crate) fn end(mut self) -> io::Result<bool> {
        match (self.form, self.rows) {
            (Form::Table, 0) => {}
            (Form::Table, 1) => writeln!(self.output, "1 user")?,
            (Form::Table, count) => writeln!(self.output, "{count} users")?,
            (Form::Json, _) => self.elements.end(&mut self.output)?,
        }
        self.output.flush()?;
        Ok(self.rows + self.elements.count > 0)
    }

    fn rows(&mut self, users: &[User]) -> io::Result<()> {
        let rows = users
            .iter()
            .map(|user| (user.id.to_string(), printable::name(&user.username), roles(&user.roles)));
        let rows: Vec<_> = rows.collect();
        let ids = rows.iter().map(|(id, ..)| id.len());
        self.id_width = ids.fold(self.id_width, usize::max);
        let names = rows.iter().map(|(_, name, _)| name.width()).filter(|width| *width <= WIDEST);
        self.name_width = names.fold(self.name_width, usize::max);
        if self.rows == 0 && !rows.is_empty() {
            self.row(ID, USERNAME, "ROLES")?;
        }
        for (id, name, roles) in &rows {
            self.row(id, name, roles)?;
            self.rows += 1;
        }
        Ok(())
    }

    fn row(&mut self, id: &str, name: &str, roles: &str) -> io::Result<()> {
        let (id_width, missing) = (self.id_width, self.name_width.saturating_sub(name.width()));
        writeln!(self.output, "{id:>id_width$}  {name}{:missing$}  {roles}", "")
    }
}

const ID: &str = "ID";
const USERNAME: &str = "USERNAME";

/// The names of roles for people.
pub(crate) fn roles(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| printable::name(name)).collect();
    if names.is_empty() { "no role".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: i64, username: &str, roles: &[&str]) -> User {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        User { id, username: username.to_owned(), roles }
    }

    fn printed(form: Form, pages: &[&[User]]) -> String {
        let mut output = Vec::new();
        let mut list = UserList::new(&mut output, form);
        for page in pages {
            list.page(page).unwrap();
        }
        list.end().unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn columns_are_aligned_by_what_a_terminal_shows() {
        let page = [
            user(7, "ada", &["ROLE_USER", "ROLE_ADMIN"]),
            user(12, "李小龍", &["ROLE_USER"]),
            user(1001, "Zoe\u{308} Q", &[]),
        ];
        let expected = "  \
  ID  USERNAME  ROLES
   7  ada       ROLE_USER, ROLE_ADMIN
  12  李小龍    ROLE_USER
1001  Zoe\u{308} Q     no role
3 users
";
        assert_eq!(printed(Form::Table, &[&page]), expected);
    }

    #[test]
    fn a_later_page_widens_the_columns_and_a_very_long_name_does_not() {
        let long = "x".repeat(255);
        let first = [user(1, "ada", &["ROLE_USER"]), user(2, &long, &["ROLE_USER"])];
        let later = [user(3, "somebody else", &[]), user(4, "eve", &[])];
        let printed = printed(Form::Table, &[&first, &later]);
        let lines: Vec<_> = printed.lines().collect();
        assert_eq!(lines[0], "ID  USERNAME  ROLES");
        assert_eq!(lines[1], " 1  ada       ROLE_USER");
        assert_eq!(lines[2], format!(" 2  {long}  ROLE_USER"));
        assert_eq!(lines[3], " 3  somebody else  no role");
        assert_eq!(lines[4], " 4  eve            no role");
        assert_eq!(lines[5..], ["4 users"]);
    }

    #[test]
    fn a_name_is_one_cell_of_one_line_whatever_it_holds() {
        let page = [user(1, "a\n2  eve  ROLE_ADMIN\u{1b}[1A", &["ROLE\u{7}"])];
        let printed = printed(Form::Table, &[&page]);
        assert_eq!(printed.lines().count(), 3);
        assert!(!printed.contains(['\u{1b}', '\u{7}']), "{printed}");
        assert!(printed.ends_with("\n1 user\n"), "{printed}");
    }

    #[test]
    fn json_is_one_array_over_all_pages() {
        let (first, later) =
            ([user(1, "a\u{9b}\"", &["R"]), user(2, "b", &[])], [user(3, "c", &[])]);
        let printed = printed(Form::Json, &[&first, &later]);
        assert_eq!(printed.lines().count(), 5);
        assert!(!printed.contains('\u{9b}'));
        let read: serde_json::Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(
            read[0],
            serde_json::json!({ "id": 1, "username": "a\u{9b}\"", "roles": ["R"] })
        );
        assert_eq!(read.as_array().unwrap().len(), 3);
    }

    #[test]
    fn nobody_is_no_table_and_an_empty_array() {
        assert_eq!(printed(Form::Table, &[&[]]), "");
        assert_eq!(printed(Form::Json, &[&[]]), "[]\n");
    }
}
