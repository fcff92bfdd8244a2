"""The function that .ci/dry-run adds: `DELETE /api/notes/{id}?after=…`, for ROLE_ADMIN, with a statement of its own."""

from pathlib import Path

CARGO = """[package]
name = "notes"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
publish.workspace = true

[[bin]]
name = "notes"
path = "src/main.rs"
test = false

[dependencies]
lambda_runtime.workspace = true
shared = { workspace = true, features = ["database"] }
tokio = { workspace = true, features = ["macros", "rt"] }

[lints]
workspace = true
"""
MAIN = """//! `notes` on Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    shared::http::serve::<notes::Notes>().await
}
"""
LIB = """//! `DELETE /api/notes/{id}`.

use shared::db::{self, Database};
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::NotesRoute;
use shared::http::{Endpoint, Reply, Request};
use shared::secrets_manager::SecretsManager;
use shared::{Environment, Error, Rule, UserId};

/// The parts that it touches.
#[derive(Debug)]
pub struct Notes {
    notes: db::Notes,
}

impl Endpoint for Notes {
    type Route = NotesRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let database = db::Settings::from_env(env).for_timeout(10);
        env.check()?;
        let database = Database::new(database, SecretsManager::default());
        Ok(Self { notes: db::Notes::new(database) })
    }

    async fn handle(&self, route: NotesRoute, request: &Request) -> Result<Reply, Box<dyn Failure>> {
        let NotesRoute::Delete(id) = route;
        let parse = |text: &str| UserId::parse(text).ok_or(Rule::NotAnInteger);
        let after = request.query("after", parse)?.unwrap_or(id);
        Ok(Reply::json(&self.notes.count(after).await.map_err(Error::from)?))
    }
}
"""
OPENAPI = """use shared::functions::NotesRoute;
use utoipa::openapi::schema::Type;

use crate::openapi::{Operation, Response, Tag};

pub(crate) fn describe(NotesRoute::Delete(_): NotesRoute) -> Operation {
    Operation::new(Tag::Content, "deleteNote", "Delete a note")
        .described("Deletes a note.")
        .path_parameter("id", Type::Integer, "The note's number.")
        .query_parameter("after", Type::Integer, "The number before the first.")
        .answers(200, Response::json::<i64>("The number of notes.", &1))
}
"""
STATEMENT = """//! The notes.

use tokio_postgres::types::Type;

use super::database::Database;
use super::error::Error;
use super::sql::{Privilege, Sql};
use crate::user_id::UserId;

pub(crate) const COUNT: Sql = Sql::new(
    "SELECT count(kid) AS notes FROM signing_keys WHERE kid <> $1::int::text",
    &[Privilege::Select("signing_keys", &["kid"])],
);

/// The notes.
#[derive(Debug)]
pub struct Notes {
    database: Database,
}

impl Notes {
    /// Those of that database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// How many there are.
    pub async fn count(&self, after: UserId) -> Result<i64, Error> {
        let rows = self.database.rows(&COUNT, &[(&after.get(), Type::INT4)]).await?;
        Ok(rows.first().map_or(Ok(0), |row| row.try_get("notes"))?)
    }
}
"""
BLOCK = """    notes {
        sql: Some(Group::Jwks) => [notes::COUNT];
        endpoint: Notes;
        routes: NotesRoute {
            Delete(crate::user_id::UserId) = DELETE "/api/notes/{id}", AnyOf(&[Role::ADMIN]);
        }
    }
"""
FUNCTION = """  NotesFunction:
    <<: *function
    Properties:
      <<: *in-vpc
      Description: 'DELETE /api/notes/{id}: deletes a note.'
      CodeUri: target/lambda/notes/
      Role: !GetAtt JwksRole.Arn
      Environment:
        Variables:
          <<: [*http, *database]
          DATABASE_USER: *jwks-user
          DATABASE_SECRET_ARN: !If [LoginsAreSeparate, !If [ConnectsByIam, '', !Ref JwksLogin], !Ref DatabaseSecretArn]
      Events:

"""


def write(path, text):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def insert(path, before, text):
    """Puts text before the first line that begins so."""
    old = Path(path).read_text()
    if old.count(before) < 1:
        raise SystemExit(f"{path} has no {before!r}")
    Path(path).write_text(old.replace(before, text + before, 1))


for path, text in {"Cargo.toml": CARGO, "src/main.rs": MAIN, "src/lib.rs": LIB, "openapi.rs": OPENAPI}.items():
    write(f"functions/notes/{path}", text)
write("shared/src/db/notes.rs", STATEMENT)
insert("shared/src/db.rs", "mod parts;", "pub(crate) mod notes;\n")
insert("shared/src/db.rs", "pub use settings::", "pub use notes::Notes;\n")
insert("shared/src/functions.rs", "    authorizer {\n", BLOCK)
insert("shared/src/functions.rs", "use crate::role::Role;", '#[cfg(feature = "database")]\nuse crate::db::notes;\n')
insert("local/Cargo.toml", "regex.workspace", 'notes = { path = "../functions/notes" }\n')
insert("template.yaml", "  SignupFunction:\n", FUNCTION)
insert("template.yaml", "  DocsFunctionName:", "  NotesFunctionName: {Value: !Ref NotesFunction}\n")
