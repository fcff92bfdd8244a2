//! One session over one connection, through the statements that the functions send.

use futures_util::future::{join, join3};
use shared::db::{callers, sign_ins};
use shared::{NumericDate, Random, RefreshToken, Salt, SessionId};
use stage::{NOW, Stage};
use tokio_postgres::{Client, Row, Statement};

use crate::state;

/// The seconds of a tick.
const TICK: u8 = 29;

/// The answer to a refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Refused,
    Reused,
    Renewed { outcome: String, generation: i32, token: RefreshToken },
}

pub(crate) struct Session {
    client: Client,
    refresh: Statement,
    authorize: Statement,
    end: Statement,
    row: Statement,
    random: Random,
    leeway: f64,
    idle: Option<i32>,
    pub(crate) first: RefreshToken,
}

impl Session {
    /// A session that has just started, after these changes to the functions.
    pub(crate) async fn new(leeway: u32, idle: Option<i32>, changes: &str) -> Self {
        let stage = Stage::new().await;
        stage.execute(changes).await;
        stage.execute("INSERT INTO users (username, email) VALUES ('ada', 'a@b')").await;
        let random = Random::counted(1);
        let first = RefreshToken::first(SessionId::new(NOW, &random), &random);
        let client = stage.client().await;
        client.batch_execute("BEGIN").await.unwrap();
        let start = client.prepare(sign_ins::START.text()).await.unwrap();
        let (family, current) = (first.family_hash(), first.rotating_hash());
        let (now, until) = (NOW.to_timestamp(), NOW.plus(u32::MAX).to_timestamp());
        client
            .execute(
                &start,
                &[
                    first.session().as_uuid(),
                    &1_i32,
                    &0_i32,
                    &"token",
                    &"latchkey",
                    &&family[..],
                    &&current[..],
                    &now,
                    &until,
                    &idle.unwrap_or(i32::MAX),
                    &None::<&str>,
                    &None::<&str>,
                    &Vec::<Vec<u8>>::new(),
                    &Vec::<f64>::new(),
                    &Vec::<f64>::new(),
                    &None::<&str>,
                    &Vec::<Vec<u8>>::new(),
                    &Vec::<f64>::new(),
                    &Vec::<i32>::new(),
                ],
            )
            .await
            .unwrap();
        let prepare = async |text: &str| client.prepare(text).await.unwrap();
        let row = "SELECT reused_at IS NULL, generation, seen_generation = generation, \
                       extract(epoch FROM rotated_at)::float8, \
                       extract(epoch FROM used_at)::float8 FROM sign_ins";
        Self {
            refresh: prepare(sign_ins::REFRESH.text()).await,
            authorize: prepare(callers::AUTHORIZE.text()).await,
            end: prepare(sign_ins::SIGN_OUT.text()).await,
            row: prepare(row).await,
            client,
            random,
            leeway: leeway.into(),
            idle,
            first,
        }
    }

    pub(crate) async fn execute(&self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap();
    }

    /// Presents a token twice, as a lost connection does. Both answers, and the row after each.
    pub(crate) async fn refresh(
        &self,
        token: &RefreshToken,
        now: i64,
    ) -> [(Answer, state::Row); 2] {
        let salt = Salt::new(&self.random);
        let once = async || {
            let (row, session) = join(self.present(token, &salt, now), self.row(now)).await;
            (answer(token, &row), session)
        };
        let (first, second) = join(once(), once()).await;
        [first, second]
    }

    async fn present(&self, token: &RefreshToken, salt: &Salt, now: i64) -> Row {
        let (family, current) = (token.family_hash(), token.rotating_hash());
        let next = token.successor(salt).rotating_hash();
        self.client
            .query_one(
                &self.refresh,
                &[
                    token.session().as_uuid(),
                    &&family[..],
                    &&current[..],
                    &&next[..],
                    &salt.as_slice(),
                    &time(now),
                    &self.leeway,
                    &None::<&str>,
                    &None::<&str>,
                ],
            )
            .await
            .unwrap()
    }

    /// Shows an access token of this generation twice. Whether it signs the user in, and the row.
    pub(crate) async fn authorize(
        &self,
        generation: i32,
        now: i64,
    ) -> Result<(bool, state::Row), String> {
        let once = async || {
            let session = self.first.session();
            let (digest, at) = (None::<&[u8]>, time(now));
            let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
                [&1_i32, session.as_uuid(), &generation, &digest, &"kid", &at];
            let row = self.client.query_one(&self.authorize, &parameters).await.unwrap();
            let found: serde_json::Value = serde_json::from_str(row.get(0)).unwrap();
            found["is_signed_in"].as_bool().unwrap()
        };
        let (first, second, row) = join3(once(), once(), self.row(now)).await;
        if first != second {
            return Err(format!("once more changes something: signed in {first}, then {second}"));
        }
        Ok((first, row))
    }

    /// Signs out twice. Whether the session has ended by it, and the row after each.
    pub(crate) async fn sign_out(&self, now: i64) -> [(bool, state::Row); 2] {
        let (session, family) = (*self.first.session().as_uuid(), self.first.family_hash());
        let (no_text, no_bytes, no_uuid) = (&None::<&str>, &None::<&[u8]>, &None::<uuid::Uuid>);
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 11] = [
            &None::<i32>,
            no_uuid,
            no_bytes,
            no_text,
            no_text,
            &None::<f64>,
            &session,
            &&family[..],
            no_uuid,
            no_bytes,
            &time(now),
        ];
        let once = async || {
            let (rows, row) = join(self.client.query(&self.end, &parameters), self.row(now)).await;
            (rows.unwrap().len() > 1, row)
        };
        let (first, second) = join(once(), once()).await;
        [first, second]
    }

    pub(crate) async fn row(&self, now: i64) -> state::Row {
        let Some(row) = self.client.query_opt(&self.row, &[]).await.unwrap() else {
            return state::Row::default();
        };
        let since = |column| time(now) - row.get::<_, f64>(column);
        let ticks = |seconds: f64, most: u8| {
            (0..most).find(|ticks| seconds < f64::from((ticks + 1) * TICK)).unwrap_or(most)
        };
        state::Row {
            is_live: row.get(0) && self.idle.is_none_or(|idle| since(4) < idle.into()),
            generation: row.get(1),
            is_seen: row.get(2),
            age: ticks(since(3), state::OLD),
            unused: if self.idle.is_some() { ticks(since(4), 4) } else { 0 },
        }
    }
}

/// The time after so many ticks.
fn time(ticks: i64) -> f64 {
    NumericDate::from_seconds(NOW.seconds() + 1 + ticks * i64::from(TICK)).to_timestamp()
}

fn answer(presented: &RefreshToken, row: &Row) -> Answer {
    match row.get("outcome") {
        None => Answer::Refused,
        Some("reused") => Answer::Reused,
        Some(outcome) => {
            let salt = Salt::from_slice(row.get("salt")).unwrap();
            let is_kept = outcome == "kept";
            let token = if is_kept { presented.clone() } else { presented.successor(&salt) };
            let generation = row.get("generation");
            Answer::Renewed { outcome: outcome.to_owned(), generation, token }
        }
    }
}
