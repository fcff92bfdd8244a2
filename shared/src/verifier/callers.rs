//! Finds the caller that a token names.

use serde::Deserialize;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::valid_token::ValidToken;
use crate::clock::NumericDate;
use crate::database_id::DatabaseId;
use crate::db::callers::AUTHORIZE;
use crate::db::{Database, Error, database_identity};
use crate::email::Email;
use crate::jwt::Kid;
use crate::role::Role;
use crate::session_id::SessionId;
use crate::user_id::UserId;
use crate::username::Username;

/// The caller's user, as the database has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCaller {
    /// The current username.
    pub username: Username,
    /// The current e-mail address.
    pub email: Email,
    /// The user's roles.
    pub roles: Vec<Role>,
}

/// The users that may be callers.
#[derive(Debug)]
pub struct Callers(Database);

impl Callers {
    /// The users of this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// The caller by a token with a good signature, if the token signs its user in at `now`, its key
    /// `kid` is accepted then, and it was issued over this database. One round trip, which also notes
    /// the use of the token's session.
    pub async fn find(
        &self,
        token: &ValidToken,
        kid: &Kid,
        now: NumericDate,
    ) -> Result<Option<FoundCaller>, Error> {
        let session = token.key.session();
        let parameters = [
            (&token.user_id.get() as _, Type::INT4),
            (&session.as_ref().map(SessionId::as_uuid) as _, Type::UUID),
            (&token.generation as _, Type::INT4),
            (&token.key.digest().map(<[u8; 32]>::as_slice) as _, Type::BYTEA),
            (&kid.as_str() as _, Type::TEXT),
            (&now.to_timestamp() as _, Type::FLOAT8),
        ];
        let row = self.0.row(&AUTHORIZE, &parameters).await?;
        let found = Found::read(&row.ok_or_else(Found::malformed)?)?;
        let is_good =
            found.is_signed_in && found.is_key_accepted && found.database_id == token.database_id;
        Ok(found.user.filter(|_| is_good).map(|(_, caller)| caller))
    }
}

/// The result of the SQL function `authorize` (`migrations/V8__session_functions.sql`).
#[derive(Debug)]
pub struct Found {
    /// The user, if there is one.
    pub user: Option<(UserId, FoundCaller)>,
    /// Whether the token signs its user in.
    pub is_signed_in: bool,
    is_key_accepted: bool,
    database_id: DatabaseId,
}

impl Found {
    fn malformed() -> Error {
        Error::Failed("authorize gave something else".into())
    }

    /// Reads a row of one column.
    pub fn read(row: &Row) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Json {
            user: Option<User>,
            is_signed_in: bool,
            is_key_accepted: bool,
            database_id: Option<DatabaseId>,
        }
        #[derive(Deserialize)]
        struct User {
            id: i32,
            username: String,
            email: String,
            roles: Vec<Option<String>>,
        }
        // The error's message would contain data of the user.
        let Json { user, is_signed_in, is_key_accepted, database_id } =
            serde_json::from_str(row.try_get(0)?).map_err(|_| Self::malformed())?;
        let parse = |User { id, username, email, roles: names }| {
            let username = Username::parse(username)
                .map_err(|_| Error::Failed("a username with a NUL".into()))?;
            let roles = Role::of_user(names.into_iter().flatten());
            Ok::<_, Error>((
                UserId::new(id),
                FoundCaller { username, email: Email::from_row(email), roles },
            ))
        };
        let user = user.map(parse).transpose()?;
        let database_id = database_id.ok_or_else(database_identity::missing)?;
        Ok(Self { user, is_signed_in, is_key_accepted, database_id })
    }
}
