//! Users and their roles.

use shared::db::roles::{GRANT, LIST, REVOKE};
use shared::db::{Database, Error, Sql};
use shared::{Role, UserId, Username};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

/// The most bytes of names and roles on a page, not counting its last user's. JSON escapes can make
/// them six times as long, and a Lambda response has at most 6 MB; no indexed name or role is longer
/// than some 250,000 bytes.
const PAGE_BYTES: i64 = 500_000;

/// A user and the names of their roles, including roles that Latchkey doesn't know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRoles {
    /// `users.id`.
    pub id: UserId,
    /// `users.username`.
    pub username: Username,
    /// The roles' names, in the order of `roles.id`.
    pub roles: Vec<String>,
}

/// A page of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    /// The users, in the order of their ids.
    pub users: Vec<UserRoles>,
    /// Whether more users follow.
    pub more: bool,
}

/// The user whose roles change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// By the name, byte for byte.
    Username(Username),
    /// By the id, since a name can be hard to type.
    Id(UserId),
}

/// Reads and changes the roles of users.
#[derive(Debug, Clone)]
pub struct Roles(Database);

impl Roles {
    /// The roles in this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Grants a role; `None` if there is no such user. Repeating it changes nothing.
    pub async fn grant(&self, to: &Subject, role: Role) -> Result<Option<UserRoles>, Error> {
        self.change(&GRANT, to, role).await
    }

    /// Revokes a role; `None` if there is no such user.
    pub async fn revoke(&self, from: &Subject, role: Role) -> Result<Option<UserRoles>, Error> {
        self.change(&REVOKE, from, role).await
    }

    /// At most `limit` users with an id past `after`, fewer where their names are very long.
    pub async fn list(&self, after: Option<UserId>, limit: u32) -> Result<UserPage, Error> {
        let after = after.map_or(i64::MIN, |id| id.get().into());
        let one_more = i64::from(limit) + 1;
        let parameters = [
            (&after as _, Type::INT8),
            (&one_more as _, Type::INT8),
            (&PAGE_BYTES as _, Type::INT8),
        ];
        let rows = self.0.rows(&LIST, &parameters).await?;
        let there: i64 = rows.first().map_or(Ok(0), |row| row.try_get("users"))?;
        let users: Vec<_> = rows.iter().take(limit as usize).map(read).collect::<Result<_, _>>()?;
        let more = i64::try_from(users.len()).is_ok_and(|shown| shown < there);
        Ok(UserPage { users, more })
    }

    async fn change(
        &self,
        sql: &Sql,
        subject: &Subject,
        role: Role,
    ) -> Result<Option<UserRoles>, Error> {
        let (username, id) = match subject {
            Subject::Username(username) => (Some(username.as_str()), None),
            Subject::Id(id) => (None, Some(id.get())),
        };
        let parameters =
            [(&username as _, Type::TEXT), (&role.name() as _, Type::TEXT), (&id as _, Type::INT4)];
        self.0.row(sql, &parameters).await?.as_ref().map(read).transpose()
    }
}

fn read(row: &Row) -> Result<UserRoles, Error> {
    let username = Username::parse(row.try_get("username")?)
        .map_err(|_| Error::Failed("a username with a NUL".into()))?;
    Ok(UserRoles { id: UserId::new(row.try_get("id")?), username, roles: row.try_get("roles")? })
}
