//! Those who can't sign in, since no password of theirs can be verified: a table for people, or
//! JSON for programs. They are known by id alone.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    io::{self, Write},
};

use serde::{Deserialize, Serialize};

use crate::{json_array::JsonArray, user_list::Form};

/// One of them, as the admin function reports one.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Unreadable {
    id: i64,
    /// Of which scheme the password is, or that there is none.
    scheme: String,
}

/// How many there are of each scheme.
pub(crate) type Counts = BTreeMap<String, u64>;

/// The list while it is being printed, page by page.
pub(crate) struct UnreadableList<W> {
    output: W,
    form: Form,
    id_width: usize,
    elements: JsonArray,
    is_begun: bool,
}

const ID: &str = "ID";

impl<W: Write> UnreadableList<W> {
    /// A list of which nothing is printed yet.
    pub(crate) fn new(output: W, form: Form) -> Self {
        let elements = JsonArray::default();
        Self { output, form, id_width: ID.len(), elements, is_begun: false }
    }

    /// Prints a page.
    pub(crate) fn page(&mut self, users: &[Unreadable]) -> io::Result<()> {
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

    /// Prints what comes after the last page.
    pub(crate) fn end(mut self, counts: &Counts) -> io::Result<()> {
        match self.form {
            Form::Table => writeln!(self.output, "{}", sentence(counts))?,
            Form::Json => self.elements.end(&mut self.output)?,
        }
        self.output.flush()
    }

    fn rows(&mut self, users: &[Unreadable]) -> io::Result<()> {
        let ids = users.iter().map(|user| user.id.to_string().len());
        self.id_width = ids.fold(self.id_width, usize::max);
        let id_width = self.id_width;
        if !self.is_begun && !users.is_empty() {
            writeln!(self.output, "{ID:>id_width$}  SCHEME")?;
            self.is_begun = true;
        }
        for Unreadable { id, scheme } in users {
            writeln!(self.output, "{id:>id_width$}  {scheme}")?;
        }
        Ok(())
    }
}

/// The most frequent first.
fn sentence(counts: &Counts) -> String {
    let mut schemes: Vec<_> = counts.iter().collect();
    schemes.sort_by_key(|(_, users)| Reverse(**users));
    let schemes: Vec<_> =
        schemes.iter().map(|(scheme, users)| format!("{users} {scheme}")).collect();
    match counts.values().sum() {
        0_u64 => "Every user has a password that can be verified.".to_owned(),
        1 => format!("1 user can't sign in: {}", schemes.join(", ")),
        users => format!("{users} users can't sign in: {}", schemes.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(form: Form, pages: &[&[(i64, &str)]], counts: &[(&str, u64)]) -> String {
        let mut output = Vec::new();
        let mut list = UnreadableList::new(&mut output, form);
        for page in pages {
            let user =
                |(id, scheme): &(i64, &str)| Unreadable { id: *id, scheme: (*scheme).into() };
            list.page(&page.iter().map(user).collect::<Vec<_>>()).unwrap();
        }
        let counts = counts.iter().map(|(scheme, users)| ((*scheme).to_owned(), *users));
        list.end(&counts.collect()).unwrap();
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
        assert_eq!(printed(Form::Table, &pages, &counts), expected);
        let one = "ID  SCHEME\n 5  unknown\n1 user can't sign in: 1 unknown\n";
        assert_eq!(printed(Form::Table, &[&[(5, "unknown")]], &[("unknown", 1)]), one);
    }

    #[test]
    fn an_array_has_each_of_them() {
        let pages: [&[_]; 2] = [&[(1, "argon2")], &[(2, "no_password")]];
        let array = printed(Form::Json, &pages, &[("argon2", 1), ("no_password", 1)]);
        let array: serde_json::Value = serde_json::from_str(&array).unwrap();
        let user = |id, scheme| serde_json::json!({ "id": id, "scheme": scheme });
        assert_eq!(array, serde_json::json!([user(1, "argon2"), user(2, "no_password")]));
    }

    #[test]
    fn nobody_is_one_sentence_and_an_empty_array() {
        let sentence = "Every user has a password that can be verified.\n";
        assert_eq!(printed(Form::Table, &[&[]], &[]), sentence);
        assert_eq!(printed(Form::Json, &[&[]], &[]), "[]\n");
    }
}
