//! Finds the caller that a token of the legacy app names.

use legacy::tokens::Refusal;
use shared::db::callers::FIND_ADOPTED;
use shared::db::{Database, Error};
use shared::verifier::{Found, FoundCaller};
use shared::{NumericDate, TokenKey, UserId, Username};
use tokio_postgres::types::Type;

/// The users of the legacy app that may be callers.
#[derive(Debug)]
pub struct AdoptedCallers(Database);

impl AdoptedCallers {
    /// The users of this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// The caller by a token of the legacy app, if the account existed at the adoption and neither
    /// the token nor all of the user's sessions were ended. Ids are never reused, so a later account
    /// with the same name is not matched. One round trip.
    pub async fn find(
        &self,
        username: &Username,
        key: &TokenKey,
        now: NumericDate,
    ) -> Result<Result<(UserId, FoundCaller), Refusal>, Error> {
        let parameters = [
            (&username.as_str() as _, Type::TEXT),
            (&key.digest().map(<[u8; 32]>::as_slice) as _, Type::BYTEA),
            (&now.to_timestamp() as _, Type::FLOAT8),
        ];
        let row = self.0.row(&FIND_ADOPTED, &parameters).await?;
        let found = row.map(|row| Found::read(&row)).transpose()?;
        let (is_signed_in, user) = found.map_or((false, None), |it| (it.is_signed_in, it.user));
        let user = user.ok_or(Refusal::UnknownUser);
        Ok(user.and_then(|user| is_signed_in.then_some(user).ok_or(Refusal::SignedOut)))
    }
}
