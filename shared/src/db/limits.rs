//! The table `limits`, through the SQL functions of `migrations/V13__limit_functions.sql`.

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::database::Database;
use super::error::Error;
use super::sql::{Parameter, Privilege, Routine, Sql};
use crate::client_proof::ProofSecret;
use crate::clock::NumericDate;
use crate::limits::{Charge, Charges, Over, Refund};

/// Counts an attempt that reads nothing.
pub const COUNT: Sql = Sql::new(
    "SELECT counted, wait, refused_by, charged_until \
     FROM count_try($1, $2, $3, to_timestamp($4))",
    &[Privilege::Execute(Routine::of_owner("count_try", "bytea[], float8[], int[], timestamptz"))],
);

/// Reads the secret of client proofs, if there is one.
pub const PROOF_SECRET: Sql = Sql::new(
    "SELECT find_proof_secret() AS proof_secret",
    &[Privilege::Execute(FIND_PROOF_SECRET)],
);

/// Gives back the charge of an attempt with a right password for which nothing else is done, or of one
/// whose password isn't verified.
pub const GIVE_BACK_ALONE: Sql =
    Sql::new("SELECT give_back($1, $2, $3, to_timestamp($4))", &[Privilege::Execute(GIVE_BACK)]);

/// What reads the secret of client proofs.
pub(super) const FIND_PROOF_SECRET: Routine = Routine::of_owner("find_proof_secret", "");

/// What gives back the charge of an attempt with a right password.
pub(super) const GIVE_BACK: Routine =
    Routine::of_owner("give_back", "bytea[], float8[], float8[], timestamptz");

/// Creates the secret of client proofs if there is none; replaces it if `$2`.
pub const ENSURE_PROOF_KEY: Sql = Sql::for_owner(
    "WITH made AS ( \
         INSERT INTO proof_keys AS k (secret) \
         SELECT $1 WHERE $2 OR NOT EXISTS (SELECT FROM proof_keys) \
         ON CONFLICT ((true)) DO UPDATE SET secret = EXCLUDED.secret WHERE $2 \
         RETURNING k.secret \
     ) \
     SELECT EXISTS (SELECT FROM made) AS is_new",
);

/// Deletes some rows of keys that have their whole budget again, and waits for none that an attempt has
/// locked.
pub const EMPTY: Sql = Sql::for_owner(
    "WITH spent AS ( \
         SELECT key FROM limits WHERE spent_until <= to_timestamp($1) LIMIT 10000 \
         FOR UPDATE SKIP LOCKED \
     ), gone AS ( \
         DELETE FROM limits AS l USING spent AS s WHERE l.key = s.key RETURNING l.key \
     ) \
     SELECT count(*) AS deleted FROM gone",
);

/// The most rows that [`EMPTY`] deletes.
pub const EMPTY_ROWS: i64 = 10_000;

/// The columns of charges, for a statement.
#[derive(Debug, Default)]
pub struct Columns<'a> {
    keys: Vec<&'a [u8]>,
    every: Vec<f64>,
    burst: Vec<i32>,
    charged_until: Vec<f64>,
}

impl<'a> Columns<'a> {
    /// The columns of these charges.
    pub fn of(charges: &'a Charges) -> Self {
        let mut columns = Self::default();
        charges.iter().for_each(|charge| columns.push(charge));
        columns
    }

    /// The columns of what is given back.
    #[expect(clippy::cast_precision_loss, reason = "exact for some 285 years")]
    pub fn of_refund(refund: &'a Refund) -> Self {
        let mut columns = Self::default();
        for (charge, until) in refund.iter() {
            columns.push(charge);
            columns.charged_until.push(until as f64 / MICROS);
        }
        columns
    }

    fn push(&mut self, charge: &'a Charge) {
        self.keys.push(charge.key.as_bytes());
        self.every.push(charge.budget.every());
        self.burst.push(charge.budget.burst());
    }

    /// The keys, the seconds and the attempts at once, as `count_try` takes them.
    pub fn parameters(&self) -> [Parameter<'_>; 3] {
        [
            (&self.keys, Type::BYTEA_ARRAY),
            (&self.every, Type::FLOAT8_ARRAY),
            (&self.burst, Type::INT4_ARRAY),
        ]
    }

    /// The keys, the seconds and the ends of the charges, as `give_back` takes them.
    pub fn refunded(&self) -> [Parameter<'_>; 3] {
        [
            (&self.keys, Type::BYTEA_ARRAY),
            (&self.every, Type::FLOAT8_ARRAY),
            (&self.charged_until, Type::FLOAT8_ARRAY),
        ]
    }
}

/// The microseconds of a second.
const MICROS: f64 = 1e6;

/// Gives back what an attempt was charged, best effort, where no other statement does.
pub async fn give_back(database: &Database, refund: &Refund, now: NumericDate) {
    if refund.iter().next().is_none() {
        return;
    }
    let columns = Columns::of_refund(refund);
    let [keys, every, charged_until] = columns.refunded();
    let parameters = [keys, every, charged_until, (&now.to_timestamp() as _, Type::FLOAT8)];
    drop(database.rows(&GIVE_BACK_ALONE, &parameters).await);
}

/// Reads what `count_try` says.
pub fn verdict(row: &Row, charges: &Charges) -> Result<Result<Refund, Over>, Error> {
    if let Some(over) = refusal(row, charges)? {
        return Ok(Err(over));
    }
    let until: Option<Vec<f64>> = row.try_get("charged_until")?;
    #[expect(clippy::cast_possible_truncation, reason = "a time")]
    let until = until.unwrap_or_default().into_iter().map(|it| (it * MICROS).round() as i64);
    Ok(Ok(Refund::new(charges.clone(), until.collect())))
}

/// Reads whether `count_try` refused the attempt, of which nothing is given back.
pub(super) fn refusal(row: &Row, charges: &Charges) -> Result<Option<Over>, Error> {
    if row.try_get("counted")? {
        return Ok(None);
    }
    let refused_by: i32 = row.try_get("refused_by")?;
    let index = usize::try_from(refused_by - 1).ok();
    let charge = index.and_then(|index| charges.iter().nth(index));
    let by = charge.ok_or_else(|| Error::Failed("an attempt refused by no key".into()))?.kind;
    Ok(Some(Over { by, wait: row.try_get("wait")? }))
}

/// Reads the secret of client proofs. None is made before `migrate` has run.
pub fn proof_secret(row: &Row) -> Result<Option<ProofSecret>, Error> {
    let bytes: Option<&[u8]> = row.try_get("proof_secret")?;
    Ok(bytes.and_then(ProofSecret::from_slice))
}

/// Counts attempts.
#[derive(Debug, Clone)]
pub struct Limits(Database);

impl Limits {
    /// The limits of this database.
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Counts an attempt against all of its keys, or, if one has spent its budget, against none. Without
    /// keys, it asks nothing.
    pub async fn count(
        &self,
        charges: &Charges,
        now: NumericDate,
    ) -> Result<Result<Refund, Over>, Error> {
        if charges.iter().next().is_none() {
            return Ok(Ok(Refund::NONE));
        }
        let columns = Columns::of(charges);
        let [keys, every, burst] = columns.parameters();
        let parameters = [keys, every, burst, (&now.to_timestamp() as _, Type::FLOAT8)];
        let row = self.0.only_row(&COUNT, &parameters).await?;
        verdict(&row, charges)
    }
}
