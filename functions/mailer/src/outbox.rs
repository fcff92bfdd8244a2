//! The table `mails`, as the mailer takes rows out of it.

use shared::db::mails::{CLAIM, FINISH, STORE_SECRET};
use shared::db::{Database, Error};
use shared::{NumericDate, UserId};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::kind::{CODE_MINUTES, Purpose};

/// The outbox.
#[derive(Debug, Clone)]
pub(crate) struct Outbox(Database);

/// A mail that was asked for, with its user if there is one.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) id: i64,
    pub(crate) kind: String,
    /// As the caller wrote it, or as it is stored.
    pub(crate) address: String,
    /// The caller's `Accept-Language`.
    pub(crate) language: String,
    pub(crate) at: NumericDate,
    pub(crate) attempts: i32,
    pub(crate) user: Option<User>,
    /// Another user with the address that a change asks for; without an address, a disabled one.
    pub(crate) owner: Option<(UserId, Option<String>)>,
}

/// The user that a mail is for.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) verified_email: Option<String>,
}

/// The hashes of a secret, and when its mail leaves.
#[derive(Debug)]
pub(crate) struct Hashes {
    pub(crate) link: [u8; 32],
    pub(crate) code: [u8; 32],
    pub(crate) at: NumericDate,
}

impl Outbox {
    pub(crate) const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Takes the mail that has been due for longest. It is due again after a pause.
    pub(crate) async fn claim(&self, now: NumericDate) -> Result<Option<Asked>, Error> {
        let parameters = [(&now.to_timestamp() as _, Type::FLOAT8), (&1 as _, Type::INT4)];
        self.0.row(&CLAIM, &parameters).await?.as_ref().map(asked).transpose()
    }

    /// Stores the hashes of a secret. False if the user is gone or has another address by now.
    pub(crate) async fn store(
        &self,
        purpose: Purpose,
        user_id: UserId,
        address: &str,
        hashes: &Hashes,
    ) -> Result<bool, Error> {
        let link_until = hashes.at.plus(purpose.seconds());
        let code_until = hashes.at.plus(60 * CODE_MINUTES);
        let parameters = [
            (&purpose.name as _, Type::TEXT),
            (&user_id.get() as _, Type::INT4),
            (&address as _, Type::TEXT),
            (&hashes.link.as_slice() as _, Type::BYTEA),
            (&hashes.code.as_slice() as _, Type::BYTEA),
            (&link_until.to_timestamp() as _, Type::FLOAT8),
            (&code_until.to_timestamp() as _, Type::FLOAT8),
        ];
        Ok(self.0.only_row(&STORE_SECRET, &parameters).await?.try_get("is_stored")?)
    }

    /// Removes a mail.
    pub(crate) async fn finish(&self, id: i64, now: NumericDate) -> Result<(), Error> {
        let parameters = [(&id as _, Type::INT8), (&now.to_timestamp() as _, Type::FLOAT8)];
        self.0.rows(&FINISH, &parameters).await.map(drop)
    }
}

fn asked(row: &Row) -> Result<Asked, Error> {
    let user: Option<i32> = row.try_get("user_id")?;
    let user = user.map(|id| {
        Ok::<_, Error>(User {
            id: UserId::new(id),
            username: row.try_get("username")?,
            email: row.try_get("email")?,
            verified_email: row.try_get("verified_email")?,
        })
    });
    let owner: Option<i32> = row.try_get("owner_id")?;
    let owner = owner.map(|id| Ok::<_, Error>((UserId::new(id), row.try_get("owner_email")?)));
    Ok(Asked {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        address: row.try_get("address")?,
        language: row.try_get("language")?,
        at: NumericDate::from_seconds(row.try_get("asked_at")?),
        attempts: row.try_get("attempts")?,
        user: user.transpose()?,
        owner: owner.transpose()?,
    })
}
