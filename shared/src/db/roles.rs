//! The tables `roles` and `users_to_roles`.

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::database::Database;
use super::error::Error;
use super::sql::Sql;
use crate::role::Role;
use crate::user_id::UserId;
use crate::username::Username;

/// Gives a role; the answer adds it, since a statement doesn't see its own insert.
pub(crate) const GRANT: Sql = Sql::for_owner(
    "WITH subject AS (SELECT id, username FROM users WHERE username::text = $1 OR id = $3), \
     granted AS ( \
         INSERT INTO users_to_roles (user_id, role_id) \
         SELECT subject.id, roles.id FROM subject, roles WHERE roles.name::text = $2 \
         ON CONFLICT DO NOTHING \
     ) \
     SELECT s.id, s.username, ARRAY(SELECT r.name FROM roles AS r WHERE r.name::text = $2 OR EXISTS ( \
         SELECT FROM users_to_roles AS ur WHERE ur.user_id = s.id AND ur.role_id = r.id) \
         ORDER BY r.id) AS roles \
     FROM subject AS s",
);

/// Takes a role away.
pub(crate) const REVOKE: Sql = Sql::for_owner(
    "WITH subject AS (SELECT id, username FROM users WHERE username::text = $1 OR id = $3), \
     revoked AS ( \
         DELETE FROM users_to_roles USING subject, roles \
         WHERE user_id = subject.id AND role_id = roles.id AND roles.name::text = $2 \
     ) \
     SELECT s.id, s.username, ARRAY(SELECT r.name FROM roles AS r WHERE r.name::text <> $2 AND EXISTS ( \
         SELECT FROM users_to_roles AS ur WHERE ur.user_id = s.id AND ur.role_id = r.id) \
         ORDER BY r.id) AS roles \
     FROM subject AS s",
);

/// A page of users in the order of their ids, cut where their names and roles come to too many
/// bytes, and how many it had before that.
pub(crate) const LIST: Sql = Sql::for_owner(
    "SELECT id, username, roles, users FROM ( \
         SELECT id, username, roles, count(*) OVER () AS users, \
             sum(octet_length(username::text) + octet_length(roles::text)) OVER (ORDER BY id) \
             - octet_length(username::text) - octet_length(roles::text) AS bytes_before \
         FROM (SELECT u.id, u.username, ARRAY(SELECT r.name FROM users_to_roles AS ur \
                 JOIN roles AS r ON r.id = ur.role_id WHERE ur.user_id = u.id ORDER BY r.id) \
                 AS roles \
             FROM users AS u WHERE u.id > $1 ORDER BY u.id LIMIT $2) AS page) AS measured \
     WHERE bytes_before < $3 ORDER BY id",
);

/// Most bytes of the names and roles of a page but for its last user's. As JSON they may come to
/// six times as many, and an answer of Lambda has 6 MB; no name or role that an index takes has
/// more than some 250,000.
const PAGE_BYTES: i64 = 500_000;

/// A user and the names of all roles, ours or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRoles {
    /// `users.id`.
    pub id: UserId,
    /// The name.
    pub username: Username,
    /// The roles' names, in the order of `roles.id`.
    pub roles: Vec<String>,
}

/// Some users, and whether there are more after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    /// The users, in the order of their ids.
    pub users: Vec<UserRoles>,
    /// Whether the last of them is not the last of all.
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

/// Who has which role.
#[derive(Debug, Clone)]
pub struct Roles(Database);

impl Roles {
    /// The roles of that database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Gives a role; `None` if there is no such user. Giving it twice changes nothing.
    pub async fn grant(&self, to: &Subject, role: Role) -> Result<Option<UserRoles>, Error> {
        self.change(&GRANT, to, role).await
    }

    /// Takes a role away; `None` if there is no such user.
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
