//! The three tables and what affects them, read from PostgreSQL's catalog.

use serde::Deserialize;
use shared::db;
use tokio_postgres::Transaction;

/// A table, or a relation of another kind that has its name.
#[derive(Debug, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the catalog")]
pub(super) struct Table {
    /// `pg_class.relkind`: `r` is a table.
    pub(super) kind: String,
    /// Whether our login may alter it.
    pub(super) owned: bool,
    /// Whether it inherits from a table or a table inherits from it, as partitions do.
    pub(super) inherits: bool,
    /// Whether a rule rewrites inserts or updates.
    pub(super) rewritten: bool,
    /// Whether row-level security is enabled.
    pub(super) row_security: bool,
    /// Whether row-level security applies to our login too.
    pub(super) row_security_for_us: bool,
    /// The triggers of an insert.
    pub(super) insert_triggers: Vec<String>,
    pub(super) columns: Vec<Column>,
    pub(super) indexes: Vec<Index>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    pub(super) constraints: Vec<Constraint>,
    /// Foreign keys of other tables that refer to this one.
    pub(super) referrers: Vec<Referrer>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Column {
    pub(super) name: String,
    /// PostgreSQL's name of the type, without its length.
    pub(super) data_type: String,
    /// The length of a `character varying` that has one.
    pub(super) length: Option<u32>,
    pub(super) not_null: bool,
    pub(super) default: Option<String>,
    /// Whether it is an identity column or a generated one.
    pub(super) generated: bool,
    /// Whether its collation is deterministic: texts are equal only if their bytes are.
    pub(super) deterministic: bool,
    /// The sequence of its default, quoted for SQL.
    pub(super) sequence: Option<String>,
}

#[derive(Debug, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the catalog")]
pub(super) struct Index {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    pub(super) unique: bool,
    /// Whether it enforces an exclusion constraint.
    pub(super) excludes: bool,
    /// False if a failed `CREATE INDEX CONCURRENTLY` has left it behind.
    pub(super) valid: bool,
    /// Whether it has only columns and no expression, has no `WHERE`, and isn't deferrable.
    pub(super) plain: bool,
    pub(super) primary: bool,
    /// Whether a constraint uses it.
    pub(super) of_constraint: bool,
    /// Its definition from `USING` on.
    pub(super) definition: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ForeignKey {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    pub(super) target: String,
    pub(super) target_columns: Vec<String>,
    pub(super) cascades: bool,
    pub(super) validated: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Constraint {
    pub(super) name: String,
    /// The SQL definition of a check.
    pub(super) check: Option<String>,
    pub(super) validated: bool,
}

/// A foreign key of another table.
#[derive(Debug, Deserialize)]
pub(super) struct Referrer {
    pub(super) table: String,
    /// Whether a row can be deleted while this key refers to it.
    pub(super) lets_go: bool,
}

/// The tables, and everything else in the catalog that an adoption depends on.
#[derive(Debug)]
pub(super) struct Catalog {
    pub(super) users: Option<Table>,
    pub(super) roles: Option<Table>,
    pub(super) users_to_roles: Option<Table>,
    pub(super) adoption: Option<Table>,
    /// Of the names that the adoption creates, those that exist already.
    pub(super) taken: Vec<String>,
    /// Whether our login may create tables.
    pub(super) may_create: bool,
    /// The revisions in Alembic's table, if there is one.
    pub(super) alembic: Vec<String>,
    /// The first migration in refinery's table.
    pub(super) first_migration: Option<String>,
    /// Whether a table of another program has the name of refinery's.
    pub(super) other_history: bool,
}

const TABLE: &str = include_str!("catalog/table.sql");

const TAKEN: &str = "\
    SELECT relname::text FROM pg_class \
    WHERE relname::text = ANY($1::text[]) AND relnamespace IN (SELECT oid FROM pg_namespace \
        WHERE nspname = current_schema() \
        UNION SELECT relnamespace FROM pg_class WHERE oid = to_regclass('users'))";

const HAS_COLUMNS: &str = "\
    SELECT count(*) = cardinality($2::text[]) FROM pg_attribute \
    WHERE attrelid = to_regclass($1) AND attname::text = ANY($2::text[]) AND NOT attisdropped";

impl Catalog {
    /// The three tables by name.
    pub(super) const fn tables(&self) -> [(&'static str, Option<&Table>); 3] {
        [
            ("users", self.users.as_ref()),
            ("roles", self.roles.as_ref()),
            ("users_to_roles", self.users_to_roles.as_ref()),
        ]
    }

    /// Reads the catalog; `names` are those to look for as [`Catalog::taken`].
    pub(super) async fn read(
        transaction: &Transaction<'_>,
        names: &[String],
    ) -> Result<Self, db::Error> {
        let table = async |name: &str| -> Result<Option<Table>, db::Error> {
            let row = transaction.query_opt(TABLE, &[&name]).await?;
            row.map(|row| parse(row.try_get(0)?)).transpose()
        };
        let taken = transaction.query(TAKEN, &[&names]).await?;
        let taken = taken.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        let may_create = "SELECT COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false)";
        let may_create = transaction.query_one(may_create, &[]).await?.try_get(0)?;
        let alembic = has(transaction, "alembic_version", &["version_num"]).await?;
        let alembic = match alembic {
            Some(true) => {
                let rows = "SELECT version_num::text FROM alembic_version";
                let rows = transaction.query(rows, &[]).await?;
                rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?
            }
            _ => Vec::new(),
        };
        let history = "refinery_schema_history";
        let history = has(transaction, history, &["version", "name", "checksum"]).await?;
        let first_migration = match history {
            Some(true) => {
                let first = "SELECT name FROM refinery_schema_history ORDER BY version LIMIT 1";
                let first = transaction.query_opt(first, &[]).await?;
                first.map(|row| row.try_get(0)).transpose()?
            }
            _ => None,
        };
        Ok(Self {
            users: table("users").await?,
            roles: table("roles").await?,
            users_to_roles: table("users_to_roles").await?,
            adoption: table("adoption").await?,
            taken,
            may_create,
            alembic,
            first_migration,
            other_history: history == Some(false),
        })
    }
}

/// Whether a table has these columns; `None` if there is no such table.
async fn has(
    transaction: &Transaction<'_>,
    table: &str,
    columns: &[&str],
) -> Result<Option<bool>, db::Error> {
    let is_there = transaction.query_one("SELECT to_regclass($1) IS NOT NULL", &[&table]).await?;
    if !is_there.try_get::<_, bool>(0)? {
        return Ok(None);
    }
    let row = transaction.query_one(HAS_COLUMNS, &[&table, &columns]).await?;
    Ok(Some(row.try_get(0)?))
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, db::Error> {
    serde_json::from_str(text).map_err(|error| db::Error::Failed(format!("the catalog: {error}")))
}

impl Table {
    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub(super) fn constraint(&self, name: &str) -> Option<&Constraint> {
        self.constraints.iter().find(|constraint| constraint.name == name)
    }

    pub(super) fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// A valid unique index of exactly these columns and all rows, whatever its name.
    pub(super) fn unique(&self, columns: &[&str]) -> Option<&Index> {
        self.indexes.iter().find(|it| it.unique && it.valid && it.plain && it.columns == columns)
    }

    pub(super) fn has_primary_key(&self) -> bool {
        self.indexes.iter().any(|index| index.primary)
    }

    /// The foreign keys from this column to the target's `id`.
    pub(super) fn keys_to(&self, column: &str, target: &str) -> Vec<&ForeignKey> {
        let leads = |key: &&ForeignKey| {
            key.columns == [column] && key.target == target && key.target_columns == ["id"]
        };
        self.foreign_keys.iter().filter(leads).collect()
    }
}

impl Column {
    pub(super) fn is_text(&self) -> bool {
        matches!(self.data_type.as_str(), "text" | "character varying") && !self.generated
    }

    /// Whether an insert may omit it.
    pub(super) fn is_optional(&self) -> bool {
        !self.not_null || self.default.is_some() || self.generated
    }
}
