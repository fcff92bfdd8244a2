//! Counts and lists the users whose stored password can't be verified.

use std::collections::BTreeMap;

use shared::UserId;
use shared::db::{Database, Error, Parameter, Sql};
use shared::password::{BCRYPT, BCRYPT_SHA256, MAX_COST};
use tokio_postgres::types::Type;
use tokio_postgres::{Row, Transaction};

use super::foreign_scheme::{self, Patterns};

/// How many users one statement reads: few enough for its timeout on a busy server, even if every
/// password has another scheme, and for short transactions.
const CHUNK: i64 = 10_000;

/// Groups the next chunk of users by the reason their hash can't be verified (NULL if it can): count
/// and first ids per group. No password leaves the database.
const TALLY: Sql = Sql::for_owner(
    "SELECT reason, count(*) AS users, max(id) AS last, \
         (array_agg(id ORDER BY id) FILTER (WHERE reason IS NOT NULL))[:$3] AS ids \
     FROM (SELECT id, CASE \
             WHEN password IS NULL OR password = '' THEN 'no_password' \
             WHEN password ~ $4 AND length(split_part(password, '$', 4)) = 53 THEN \
                 CASE WHEN split_part(password, '$', 3)::int > $6 THEN 'bcrypt_too_costly' END \
             WHEN password ~ $5 AND length(split_part(password, '$', 4)) = 22 \
                 AND length(rtrim(split_part(password, '$', 5), chr(10))) = 31 THEN \
                 CASE WHEN substring(split_part(password, '$', 3) FROM '[0-9]*$')::int > $6 \
                     THEN 'bcrypt_too_costly' END \
             ELSE COALESCE((SELECT f.scheme \
                 FROM unnest($7::text[], $8::text[], $9::int[], $10::text[]) \
                     AS f (scheme, prefix, length, whole) \
                 WHERE starts_with(password, f.prefix) AND (f.length IS NULL \
                     OR length(password) = f.length AND password ~ f.whole) LIMIT 1), 'unknown') \
             END AS reason \
         FROM (SELECT id, password COLLATE \"C\" AS password FROM users \
             WHERE id > $1 ORDER BY id LIMIT $2) AS chunk) AS classified \
     GROUP BY reason",
);

/// The number of users for each reason.
pub type Counts = BTreeMap<&'static str, i64>;

/// A user whose password can't be verified, and why: `no_password`, or a scheme.
pub type UnreadablePassword = (UserId, &'static str);

/// The users whose password can't be verified.
#[derive(Debug, Clone)]
pub struct UnreadablePasswords(Database);

impl UnreadablePasswords {
    /// The users of this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Counts all such users and lists the first `limit` by id, in one pass.
    pub async fn count(&self, limit: u32) -> Result<(Counts, Vec<UnreadablePassword>), Error> {
        let (question, mut tally) = (Question::default(), Tally::after(None, limit));
        while tally.more {
            let rows = self.0.rows(&TALLY, &question.about(&tally)).await?;
            tally.add(&rows)?;
        }
        Ok((tally.counts, tally.users))
    }

    /// Counts all such users within a transaction of the caller's. The database need not be adopted
    /// yet.
    pub async fn count_in(transaction: &Transaction<'_>) -> Result<Counts, Error> {
        let (question, mut tally) = (Question::default(), Tally::after(None, 0));
        while tally.more {
            let rows = transaction.query_typed(TALLY.text(), &question.about(&tally)).await?;
            tally.add(&rows)?;
        }
        Ok(tally.counts)
    }

    /// Lists at most `limit` such users with an id greater than `after`, by id.
    pub async fn list(&self, after: UserId, limit: u32) -> Result<Vec<UnreadablePassword>, Error> {
        let (question, mut tally) = (Question::default(), Tally::after(Some(after), limit));
        // The first chunk is small: it is enough where many passwords can't be verified.
        tally.chunk = CHUNK.min(limit.into());
        while tally.more && tally.users.len() < limit as usize {
            let rows = self.0.rows(&TALLY, &question.about(&tally)).await?;
            tally.add(&rows)?;
            tally.chunk = CHUNK.min(2 * tally.chunk);
        }
        Ok(tally.users)
    }
}

/// The users found so far, and the position in the table.
struct Tally {
    after: i64,
    chunk: i64,
    limit: i32,
    more: bool,
    counts: Counts,
    users: Vec<UnreadablePassword>,
}

impl Tally {
    fn after(after: Option<UserId>, limit: u32) -> Self {
        let after = after.map_or(i64::MIN, |id| id.get().into());
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let (counts, users) = (Counts::new(), Vec::new());
        Self { after, chunk: CHUNK, limit, more: true, counts, users }
    }

    fn add(&mut self, rows: &[Row]) -> Result<(), Error> {
        let (mut seen, mut found) = (0, Vec::new());
        for row in rows {
            let users: i64 = row.try_get("users")?;
            let last: i32 = row.try_get("last")?;
            seen += users;
            self.after = self.after.max(last.into());
            let Some(reason) = row.try_get("reason")? else { continue };
            let reason = foreign_scheme::named(reason)
                .ok_or_else(|| Error::Failed("a scheme that is none of ours".into()))?;
            *self.counts.entry(reason).or_default() += users;
            let ids: Vec<i32> = row.try_get("ids")?;
            found.extend(ids.into_iter().map(|id| (UserId::new(id), reason)));
        }
        self.more = seen >= self.chunk;
        found.sort_unstable();
        self.users.append(&mut found);
        self.users.truncate(usize::try_from(self.limit).unwrap_or(usize::MAX));
        Ok(())
    }
}

/// The parameters of [`TALLY`] that don't change.
struct Question {
    max_cost: i32,
    patterns: Patterns,
}

impl Default for Question {
    fn default() -> Self {
        let max_cost = i32::try_from(MAX_COST).unwrap_or(i32::MAX);
        Self { max_cost, patterns: foreign_scheme::patterns() }
    }
}

impl Question {
    fn about<'a>(&'a self, tally: &'a Tally) -> [Parameter<'a>; 10] {
        let Patterns { schemes, prefixes, lengths, wholes } = &self.patterns;
        [
            (&tally.after, Type::INT8),
            (&tally.chunk, Type::INT8),
            (&tally.limit, Type::INT4),
            (&BCRYPT, Type::TEXT),
            (&BCRYPT_SHA256, Type::TEXT),
            (&self.max_cost, Type::INT4),
            (schemes, Type::TEXT_ARRAY),
            (prefixes, Type::TEXT_ARRAY),
            (lengths, Type::INT4_ARRAY),
            (wholes, Type::TEXT_ARRAY),
        ]
    }
}
