//! Users and their roles.

use shared::db::roles::{ADD, GRANT, LIST, REMOVE, REVOKE, ROLES};
use shared::db::{Database, Error, Parameter, Sql};
use shared::{Role, UserId, Username};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

/// The most bytes of names and roles on a page, not counting its last user's. JSON escapes can make
/// them six times as long, and a Lambda response has at most 6 MB; no indexed name or role is longer
/// than some 250,000 bytes.
const PAGE_BYTES: i64 = 500_000;

/// A user and the names of their rows in `roles`, including names that break [`Role`]'s rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRoles {
    /// `users.id`.
    pub id: UserId,
    /// `users.username`.
    pub username: Username,
    /// The roles' names, in the order of `roles.id`.
    pub roles: Vec<String>,
}

/// A user in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUser {
    /// `users.id`.
    pub id: UserId,
    /// `users.username`.
    pub username: Username,
    /// As in [`UserRoles`].
    pub roles: Vec<String>,
    /// When the user was disabled, in the form of RFC 3339; `None` if the user may sign in.
    pub disabled_at: Option<String>,
}

/// A page of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    /// The users, in the order of their ids.
    pub users: Vec<ListedUser>,
    /// Whether more users follow.
    pub more: bool,
}

/// The user that a verb names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// By the name, byte for byte.
    Username(Username),
    /// By the id, since a name can be hard to type.
    Id(UserId),
}

/// The result of granting or revoking a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The user, with their roles after it.
    Done(UserRoles),
    /// There is no such user.
    NoSuchUser,
    /// There is no such role.
    NoSuchRole,
    /// The user has so many roles that another one isn't granted: see
    /// [`Role::MAX_BYTES_OF_A_USER`].
    TooManyRoles,
}

/// The result of removing a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It was removed, and taken from this many users.
    Done(i64),
    /// There is no such role.
    NoSuchRole,
    /// It stays, since this many users have it.
    Held(i64),
}

/// A row of `roles`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRole {
    /// The name, which may break [`Role`]'s rule.
    pub name: String,
    /// The number of its users.
    pub users: i64,
}

/// Reads and changes roles, and the roles of users.
#[derive(Debug, Clone)]
pub struct Roles(Database);

impl Roles {
    /// The roles in this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Grants a role. Repeating it changes nothing.
    pub async fn grant(&self, to: &Subject, role: &Role) -> Result<Change, Error> {
        let most = i64::try_from(Role::MAX_BYTES_OF_A_USER).unwrap_or(i64::MAX);
        self.change(&GRANT, to, role, &[(&most as _, Type::INT8)]).await
    }

    /// Revokes a role. Repeating it changes nothing.
    pub async fn revoke(&self, from: &Subject, role: &Role) -> Result<Change, Error> {
        self.change(&REVOKE, from, role, &[]).await
    }

    /// Makes a role. Returns whether it is new.
    pub async fn add(&self, role: &Role) -> Result<bool, Error> {
        Ok(self.0.row(&ADD, &[(&role.name() as _, Type::TEXT)]).await?.is_some())
    }

    /// Removes a role. If it has users, it stays, or with `revoke` is taken from them.
    pub async fn remove(&self, role: &Role, revoke: bool) -> Result<Removal, Error> {
        let parameters = [(&role.name() as _, Type::TEXT), (&revoke as _, Type::BOOL)];
        let row = self.0.row(&REMOVE, &parameters).await?;
        let row = row.ok_or_else(|| Error::Failed("a count without a row".into()))?;
        let users = row.try_get("users")?;
        Ok(match (row.try_get("is_removed")?, users) {
            (true, users) => Removal::Done(users),
            (false, 0) => Removal::NoSuchRole,
            (false, users) => Removal::Held(users),
        })
    }

    /// All roles, in the order of `roles.id`.
    pub async fn list_roles(&self) -> Result<Vec<ListedRole>, Error> {
        let read =
            |row: &Row| Ok(ListedRole { name: row.try_get("name")?, users: row.try_get("users")? });
        self.0.rows(&ROLES, &[]).await?.iter().map(read).collect()
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
        let users: Vec<_> =
            rows.iter().take(limit as usize).map(listed).collect::<Result<_, _>>()?;
        let more = i64::try_from(users.len()).is_ok_and(|shown| shown < there);
        Ok(UserPage { users, more })
    }

    async fn change(
        &self,
        sql: &Sql,
        subject: &Subject,
        role: &Role,
        more: &[Parameter<'_>],
    ) -> Result<Change, Error> {
        let (username, id) = match subject {
            Subject::Username(username) => (Some(username.as_str()), None),
            Subject::Id(id) => (None, Some(id.get())),
        };
        let name = role.name();
        let first: [Parameter<'_>; 3] =
            [(&username as _, Type::TEXT), (&name as _, Type::TEXT), (&id as _, Type::INT4)];
        let Some(row) = self.0.row(sql, &[&first, more].concat()).await? else {
            return Ok(Change::NoSuchUser);
        };
        Ok(match (row.try_get("is_role")?, row.try_get("fits")?) {
            (false, _) => Change::NoSuchRole,
            (true, false) => Change::TooManyRoles,
            (true, true) => Change::Done(read(&row)?),
        })
    }
}

fn read(row: &Row) -> Result<UserRoles, Error> {
    let username = Username::parse(row.try_get("username")?)
        .map_err(|_| Error::Failed("a username with a NUL".into()))?;
    Ok(UserRoles { id: UserId::new(row.try_get("id")?), username, roles: row.try_get("roles")? })
}

fn listed(row: &Row) -> Result<ListedUser, Error> {
    let UserRoles { id, username, roles } = read(row)?;
    Ok(ListedUser { id, username, roles, disabled_at: row.try_get("disabled_at")? })
}
