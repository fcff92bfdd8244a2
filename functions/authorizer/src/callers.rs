//! Finds the caller that a token names.

use serde::Deserialize;
use shared::db::callers::FIND;
#[cfg(feature = "legacy")]
use shared::db::callers::FIND_ADOPTED;
use shared::db::{Database, Error, database_identity};
use shared::jwt::Kid;
use shared::{DatabaseId, Email, NumericDate, Role, UserId, Username};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

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

    /// The caller, if the user exists, the key `kid` is accepted at `now`, and the database has this
    /// identity. One round trip.
    pub async fn find(
        &self,
        id: UserId,
        kid: &Kid,
        database_id: &DatabaseId,
        now: NumericDate,
    ) -> Result<Option<FoundCaller>, Error> {
        let (id, kid, now) = (id.get(), kid.as_str(), now.to_timestamp());
        let parameters =
            [(&id as _, Type::INT4), (&kid as _, Type::TEXT), (&now as _, Type::FLOAT8)];
        let row = self.0.row(&FIND, &parameters).await?;
        let found = Found::read(&row.ok_or_else(Found::malformed)?)?;
        let is_good = found.is_key_accepted && found.database_id == *database_id;
        Ok(found.user.filter(|_| is_good).map(|(_, caller)| caller))
    }

    /// The caller by a token of the legacy app, if the account existed at the adoption. Ids are
    /// never reused, so a later account with the same name is not matched. One round trip.
    #[cfg(feature = "legacy")]
    pub async fn find_adopted(
        &self,
        username: &Username,
    ) -> Result<Option<(UserId, FoundCaller)>, Error> {
        let row = self.0.row(&FIND_ADOPTED, &[(&username.as_str() as _, Type::TEXT)]).await?;
        Ok(row.map(|row| Found::read(&row)).transpose()?.and_then(|found| found.user))
    }
}

/// The result of the SQL function `find_caller` (`migrations/V4__find_caller.sql`).
struct Found {
    user: Option<(UserId, FoundCaller)>,
    is_key_accepted: bool,
    database_id: DatabaseId,
}

impl Found {
    fn malformed() -> Error {
        Error::Failed("find_caller gave something else".into())
    }

    fn read(row: &Row) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Json {
            user: Option<User>,
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
        let Json { user, is_key_accepted, database_id } =
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
        Ok(Self { user, is_key_accepted, database_id })
    }
}
