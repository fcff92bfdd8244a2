//! Finds the caller that a token names.

#[cfg(feature = "legacy")]
use legacy::tokens::Refusal;
use serde::Deserialize;
#[cfg(feature = "legacy")]
use shared::TokenKey;
use shared::db::callers::AUTHORIZE;
#[cfg(feature = "legacy")]
use shared::db::callers::FIND_ADOPTED;
use shared::db::{Database, Error, database_identity};
use shared::jwt::Kid;
use shared::verifier::ValidToken;
use shared::{DatabaseId, Email, NumericDate, Role, SessionId, UserId, Username};
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

    /// The caller by a token of the legacy app, if the account existed at the adoption and neither
    /// the token nor all of the user's sessions were ended. Ids are never reused, so a later account
    /// with the same name is not matched. One round trip.
    #[cfg(feature = "legacy")]
    pub async fn find_adopted(
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

/// The result of the SQL function `authorize` (`migrations/V8__session_functions.sql`).
struct Found {
    user: Option<(UserId, FoundCaller)>,
    is_signed_in: bool,
    is_key_accepted: bool,
    database_id: DatabaseId,
}

impl Found {
    fn malformed() -> Error {
        Error::Failed("authorize gave something else".into())
    }

    fn read(row: &Row) -> Result<Self, Error> {
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
