//! A mail that a statement asks for, to its user.

use tokio_postgres::types::Type;

use super::limits;
use super::sql::Parameter;
use crate::languages::Languages;
use crate::limits::Charges;

/// A mail to the user of a statement.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    /// The languages of the client.
    pub languages: &'a Languages,
    /// What it is charged to: over the limit, there is no mail.
    pub charges: &'a Charges,
}

/// Its columns; NULL and empty without one.
#[derive(Debug)]
pub struct Columns<'a> {
    languages: Option<&'a str>,
    charges: limits::Columns<'a>,
}

impl<'a> Columns<'a> {
    /// The columns of a notice.
    pub fn of(notice: Option<&Notice<'a>>) -> Self {
        Self {
            languages: notice.map(|notice| notice.languages.as_str()),
            charges: notice.map(|notice| limits::Columns::of(notice.charges)).unwrap_or_default(),
        }
    }

    /// The languages and the charges, as the statements take them.
    pub fn parameters(&self) -> [Parameter<'_>; 4] {
        let [keys, every, burst] = self.charges.parameters();
        [(&self.languages, Type::TEXT), keys, every, burst]
    }
}
