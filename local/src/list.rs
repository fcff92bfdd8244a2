//! A list of users as it is printed: a table for people, or JSON for programs.
//!
//! Both are written page by page as the pages come, so that a million users need no more memory
//! than a thousand. The table's columns are as wide as the cells of the pages so far: they may
//! grow with a later page and never shrink.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    io::{self, Write},
    iter::zip,
};

use serde::{Deserialize, Serialize};
use unicode_width::UnicodeWidthStr as _;

use crate::printable;

/// An item of a list, as the admin function reports it.
pub(crate) trait Row: Serialize {
    const HEADER: &'static [&'static str];
    fn cells(&self) -> Vec<String>;
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct User {
    id: i64,
    username: String,
    roles: Vec<String>,
    disabled_at: Option<String>,
}

/// A user that has no password that can be verified.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Unreadable {
    id: i64,
    /// The scheme of the password, or `no_password`.
    scheme: String,
}

impl Row for User {
    const HEADER: &'static [&'static str] = &["ID", "USERNAME", "ROLES"];

    fn cells(&self) -> Vec<String> {
        let note = if self.disabled_at.is_some() { " (disabled)" } else { "" };
        let roles = format!("{}{note}", roles(&self.roles));
        vec![self.id.to_string(), printable::name(&self.username).into(), roles]
    }
}

impl Row for Unreadable {
    const HEADER: &'static [&'static str] = &["ID", "SCHEME"];

    fn cells(&self) -> Vec<String> {
        vec![self.id.to_string(), self.scheme.clone()]
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Table,
    /// One JSON array, an item a line.
    Json,
}

/// The widest cell that widens its column. A longer one is shown whole, and moves only the rest of
/// its own row.
const MAX_WIDTH: usize = 40;

/// A list while it is being printed.
pub(crate) struct List<W> {
    output: W,
    form: Form,
    /// How many items were printed.
    count: usize,
    widths: Vec<usize>,
}

impl<W: Write> List<W> {
    pub(crate) const fn new(output: W, form: Form) -> Self {
        Self { output, form, count: 0, widths: Vec::new() }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn page<R: Row>(&mut self, items: &[R]) -> io::Result<()> {
        match self.form {
            Form::Table => self.rows(items)?,
            Form::Json => {
                for item in items {
                    let before = if self.count == 0 { "[" } else { "," };
                    let item = printable::json(&serde_json::to_string(item)?);
                    write!(self.output, "{before}\n{item}")?;
                    self.count += 1;
                }
            }
        }
        self.output.flush()
    }

    /// Prints what comes after the last page: the end of the array, or the last line of the table,
    /// which `summary` makes of the number of rows.
    pub(crate) fn end(mut self, summary: impl FnOnce(usize) -> String) -> io::Result<()> {
        match (self.form, self.count) {
            (Form::Table, count) => write!(self.output, "{}", summary(count))?,
            (Form::Json, 0) => writeln!(self.output, "[]")?,
            (Form::Json, _) => writeln!(self.output, "\n]")?,
        }
        self.output.flush()
    }

    fn rows<R: Row>(&mut self, items: &[R]) -> io::Result<()> {
        let mut rows: Vec<_> = items.iter().map(Row::cells).collect();
        if self.count == 0 && !rows.is_empty() {
            self.widths = vec![0; R::HEADER.len()];
            rows.insert(0, R::HEADER.iter().map(|&name| name.to_owned()).collect());
        }
        self.count += items.len();
        for row in &rows {
            for (cell, width) in zip(row, &mut self.widths) {
                if cell.width() <= MAX_WIDTH {
                    *width = cell.width().max(*width);
                }
            }
        }
        rows.iter().try_for_each(|row| self.row(row))
    }

    fn row(&mut self, cells: &[String]) -> io::Result<()> {
        let padded = zip(cells, &self.widths).enumerate().map(|(column, (cell, width))| {
            let padding = " ".repeat(width.saturating_sub(cell.width()));
            if column == 0 { padding + cell } else { format!("{cell}{padding}") }
        });
        let line = padded.collect::<Vec<_>>().join("  ");
        writeln!(self.output, "{}", line.trim_end())
    }
}

/// The names of roles for people.
pub(crate) fn roles(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| printable::name(name)).collect();
    if names.is_empty() { "no role".to_owned() } else { names.join(", ") }
}

/// The last line of a table of users.
pub(crate) fn user_count(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "1 user\n".to_owned(),
        count => format!("{count} users\n"),
    }
}

/// The last line of a table of users that can't sign in: how many there are of each scheme, the
/// most frequent first.
pub(crate) fn scheme_count(counts: &BTreeMap<String, u64>) -> String {
    let mut schemes: Vec<_> = counts.iter().collect();
    schemes.sort_by_key(|(_, users)| Reverse(**users));
    let schemes: Vec<_> =
        schemes.iter().map(|(scheme, users)| format!("{users} {scheme}")).collect();
    match counts.values().sum() {
        0_u64 => "Every user has a password that can be verified.\n".to_owned(),
        1 => format!("1 user can't sign in: {}\n", schemes.join(", ")),
        users => format!("{users} users can't sign in: {}\n", schemes.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: i64, username: &str, roles: &[&str]) -> User {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        User { id, username: username.to_owned(), roles, disabled_at: None }
    }

    fn printed(form: Form, pages: &[&[User]]) -> String {
        let mut output = Vec::new();
        let mut list = List::new(&mut output, form);
        for page in pages {
            list.page(page).unwrap();
        }
        list.end(user_count).unwrap();
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
        let name = "a\u{9b}\"";
        let first =
            serde_json::json!({ "id": 1, "username": name, "roles": ["R"], "disabled_at": null });
        assert_eq!(read[0], first);
        assert_eq!(read.as_array().unwrap().len(), 3);
    }

    #[test]
    fn an_empty_list_is_no_table_and_an_empty_array() {
        assert_eq!(printed(Form::Table, &[&[]]), "");
        assert_eq!(printed(Form::Json, &[&[]]), "[]\n");
    }

    fn unreadable(form: Form, pages: &[&[(i64, &str)]], counts: &[(&str, u64)]) -> String {
        let mut output = Vec::new();
        let mut list = List::new(&mut output, form);
        for page in pages {
            let user =
                |(id, scheme): &(i64, &str)| Unreadable { id: *id, scheme: (*scheme).into() };
            list.page(&page.iter().map(user).collect::<Vec<_>>()).unwrap();
        }
        let counts = counts.iter().map(|(scheme, users)| ((*scheme).to_owned(), *users));
        let counts = counts.collect();
        list.end(|_| scheme_count(&counts)).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn a_table_ends_with_how_many_there_are_of_each_scheme() {
        let pages: [&[_]; 2] = [&[(-3, "no_password"), (7, "argon2")], &[(1001, "no_password")]];
        let expected = "\
ID  SCHEME
-3  no_password
 7  argon2
1001  no_password
3 users can't sign in: 2 no_password, 1 argon2
";
        let counts = [("argon2", 1), ("no_password", 2)];
        assert_eq!(unreadable(Form::Table, &pages, &counts), expected);
        let one = "ID  SCHEME\n 5  unknown\n1 user can't sign in: 1 unknown\n";
        assert_eq!(unreadable(Form::Table, &[&[(5, "unknown")]], &[("unknown", 1)]), one);
    }

    #[test]
    fn an_array_has_each_unreadable_user() {
        let pages: [&[_]; 2] = [&[(1, "argon2")], &[(2, "no_password")]];
        let array = unreadable(Form::Json, &pages, &[("argon2", 1), ("no_password", 1)]);
        let array: serde_json::Value = serde_json::from_str(&array).unwrap();
        let user = |id, scheme| serde_json::json!({ "id": id, "scheme": scheme });
        assert_eq!(array, serde_json::json!([user(1, "argon2"), user(2, "no_password")]));
    }

    #[test]
    fn no_unreadable_user_is_one_sentence_and_an_empty_array() {
        let sentence = "Every user has a password that can be verified.\n";
        assert_eq!(unreadable(Form::Table, &[&[]], &[]), sentence);
        assert_eq!(unreadable(Form::Json, &[&[]], &[]), "[]\n");
    }
}
