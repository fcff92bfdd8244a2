//! The operator's verbs, through the admin function's own code.

use admin::{Admin, Refusal};
use serde::Deserialize;
use serde_json::json;

use crate::{arguments::Verb, functions, settings::Settings, template::Template};

/// The admin function, in this process.
pub(crate) struct Operator(Admin);

/// The admin function's answer to a change.
#[derive(Deserialize)]
struct Changed {
    username: String,
    roles: Vec<String>,
}

/// One page of its list.
#[derive(Deserialize)]
struct Page {
    users: Vec<User>,
    next: Option<i64>,
}

#[derive(Deserialize)]
struct User {
    id: i64,
    username: String,
    roles: Vec<String>,
}

/// Why a verb isn't done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The admin function refuses it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The admin function's answer has another form.
    #[error("the admin function's answer can't be read: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl Operator {
    /// The operator of that template's database.
    pub(crate) async fn start(
        template: &Template,
        settings: &Settings,
    ) -> Result<Self, functions::Error> {
        let mut environment = settings.of(template.function("admin")?);
        Ok(Self(Admin::from_env(&mut environment).await?))
    }

    /// Brings the database up to date.
    pub(crate) async fn migrate(&self) -> Result<(), Refusal> {
        self.0.handle(json!({ "verb": "migrate" })).await.map(|_| ())
    }

    /// Does what a verb says; the lines to print of it.
    pub(crate) async fn run(&self, verb: Verb) -> Result<Vec<String>, Error> {
        match verb {
            Verb::Grant { username, role } => self.change("grant", &username, &role).await,
            Verb::Revoke { username, role } => self.change("revoke", &username, &role).await,
            Verb::List => self.list().await,
        }
    }

    async fn change(&self, verb: &str, name: &str, role: &str) -> Result<Vec<String>, Error> {
        let event = json!({ "verb": verb, "username": name, "role": role });
        let changed: Changed = serde_json::from_value(self.0.handle(event).await?)?;
        Ok(vec![format!("{}: {}", changed.username, roles(&changed.roles))])
    }

    async fn list(&self) -> Result<Vec<String>, Error> {
        let mut lines = Vec::new();
        let mut event = json!({ "verb": "list" });
        loop {
            let page: Page = serde_json::from_value(self.0.handle(event).await?)?;
            let line = |User { id, username, roles: names }: User| {
                format!("{id:>6}  {username}  {}", roles(&names))
            };
            lines.extend(page.users.into_iter().map(line));
            let Some(next) = page.next else { return Ok(lines) };
            event = json!({ "verb": "list", "after": next });
        }
    }
}

fn roles(names: &[String]) -> String {
    if names.is_empty() { "no role".to_owned() } else { names.join(", ") }
}
