//! The verbs that end sessions, disable or delete users, with their answers and log lines.

use serde_json::{Value, json};
use shared::db::Database;
use shared::{NumericDate, log};

use crate::refusal::Refusal;
use crate::roles::Subject;
use crate::users::{Operated, Verb, operate};

pub(crate) async fn run(
    database: &Database,
    verb: Verb,
    subject: &Subject,
    now: NumericDate,
) -> Result<Value, Refusal> {
    let Operated { id, username, disabled_at, ended } =
        operate(database, verb, subject, now).await?;
    let event = match verb {
        Verb::SignOut => "user_signed_out",
        Verb::Disable => "user_disabled",
        Verb::Enable => "user_enabled",
        Verb::Delete => "user_deleted",
    };
    log::notice(Some(id), event, Some("operator"));
    let username = username.as_str();
    Ok(match verb {
        Verb::SignOut | Verb::Delete => json!({ "username": username, "ended": ended }),
        Verb::Disable => {
            json!({ "username": username, "disabled_at": disabled_at, "ended": ended })
        }
        Verb::Enable => json!({ "username": username, "disabled_at": disabled_at }),
    })
}
