//! Asks for mails.

use tokio_postgres::types::Type;

use super::database::Database;
use super::error::Error;
use super::limits::{Columns, refusal};
use super::mails::ASK;
use crate::clock::NumericDate;
use crate::email::AskedEmail;
use crate::languages::Languages;
use crate::limits::{Charges, Over};

/// What anybody may ask for, for any address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// To set a new password.
    Reset,
    /// To verify the address.
    Verify,
}

impl Asked {
    /// The word in the row.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Verify => "verify",
        }
    }
}

/// The mails that are to be sent.
#[derive(Debug, Clone)]
pub struct Outbox(Database);

impl Outbox {
    /// The outbox of this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Counts an attempt, and asks for a mail, whether or not a user has the address.
    pub async fn ask(
        &self,
        asked: Asked,
        address: &AskedEmail,
        languages: &Languages,
        charges: &Charges,
        now: NumericDate,
    ) -> Result<Result<(), Over>, Error> {
        let columns = Columns::of(charges);
        let [keys, every, burst] = columns.parameters();
        let parameters = [
            (&asked.kind() as _, Type::TEXT),
            (&address.as_str() as _, Type::TEXT),
            (&languages.as_str() as _, Type::TEXT),
            keys,
            every,
            burst,
            (&now.to_timestamp() as _, Type::FLOAT8),
        ];
        let row = self.0.only_row(&ASK, &parameters).await?;
        Ok(refusal(&row, charges)?.map_or(Ok(()), Err))
    }
}
