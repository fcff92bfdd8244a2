//! Users that an operator signs out, disables, enables or deletes.

use shared::db::operated::{DELETE, DISABLE, ENABLE, END, FIND, NEXT_EPOCH};
use shared::db::{Database, Parameter, Sql};
use shared::{NumericDate, UserId, Username};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row, Transaction};

use crate::refusal::Refusal;
use crate::roles::Subject;

/// What happens to a user. All but the last end every session, and every token without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// No more than that.
    SignOut,
    /// No sign-in succeeds any more.
    Disable,
    /// The row goes, with the roles.
    Delete,
    /// Sign-ins succeed again.
    Enable,
}

/// A user after it.
#[derive(Debug)]
pub(crate) struct Operated {
    pub(crate) id: UserId,
    pub(crate) username: Username,
    /// RFC 3339; `None` if the user may sign in.
    pub(crate) disabled_at: Option<String>,
    /// How many sessions have ended.
    pub(crate) ended: i64,
}

/// Does it in one transaction, over a connection of its own.
pub(crate) async fn operate(
    database: &Database,
    verb: Verb,
    subject: &Subject,
    now: NumericDate,
) -> Result<Operated, Refusal> {
    let (mut client, driver) = database.connect().await?;
    let driver = tokio::spawn(driver);
    let done = change(&mut client, verb, subject, now).await;
    drop(client);
    // The driver ends once the server has been notified.
    let _ = driver.await;
    done
}

async fn change(
    client: &mut Client,
    verb: Verb,
    subject: &Subject,
    now: NumericDate,
) -> Result<Operated, Refusal> {
    let transaction = client.transaction().await?;
    transaction.batch_execute("SET LOCAL lock_timeout = '5s'").await?;
    let (username, id) = match subject {
        Subject::Username(username) => (Some(username.as_str()), None),
        Subject::Id(id) => (None, Some(id.get())),
    };
    // The user's row first, as every function of V8 and V9: a sign-in under way is over, or sees the
    // change, before the sessions end.
    let found = [(&username as _, Type::TEXT), (&id as _, Type::INT4)];
    let user = rows(&transaction, &FIND, &found).await?.pop().ok_or(Refusal::NoSuchUser)?;
    let id: i32 = user.try_get("id")?;
    let only_id = [(&id as _, Type::INT4)];
    let at = [(&id as _, Type::INT4), (&now.to_timestamp() as _, Type::FLOAT8)];
    let mut ended = 0;
    if verb != Verb::Enable {
        rows(&transaction, &NEXT_EPOCH, &only_id).await?;
        let row = rows(&transaction, &END, &at).await?.pop();
        ended = row.map_or(Ok(0), |row| row.try_get("ended"))?;
    }
    let mut disabled_at = user.try_get("disabled_at")?;
    match verb {
        Verb::SignOut => {}
        Verb::Disable => {
            let row = rows(&transaction, &DISABLE, &at).await?.pop();
            disabled_at = row.map_or(Ok(None), |row| row.try_get("disabled_at"))?;
        }
        Verb::Enable => {
            rows(&transaction, &ENABLE, &only_id).await?;
            disabled_at = None;
        }
        Verb::Delete => {
            let deleted = rows(&transaction, &DELETE, &only_id).await.map_err(kept)?;
            if deleted.is_empty() {
                return Err(Refusal::UserKept("a trigger of yours keeps the row".to_owned()));
            }
        }
    }
    // A team's own key may be checked only now.
    transaction.commit().await.map_err(kept)?;
    let username = Username::parse(user.try_get("username")?)
        .map_err(|_| shared::db::Error::Failed("a username with a NUL".into()))?;
    Ok(Operated { id: UserId::new(id), username, disabled_at, ended })
}

async fn rows(
    transaction: &Transaction<'_>,
    sql: &Sql,
    parameters: &[Parameter<'_>],
) -> Result<Vec<Row>, tokio_postgres::Error> {
    transaction.query_typed(sql.text(), parameters).await
}

/// Another table may refer to the user without `ON DELETE CASCADE`.
fn kept(error: tokio_postgres::Error) -> Refusal {
    let violated = error.as_db_error().filter(|it| {
        [SqlState::FOREIGN_KEY_VIOLATION, SqlState::RESTRICT_VIOLATION].contains(it.code())
    });
    match violated.and_then(|it| it.table()) {
        Some(table) => Refusal::UserKept(format!("rows of the table {table} refer to the user")),
        None => error.into(),
    }
}
