//! The operator's verbs, through the admin function's own code.

use admin::{Admin, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{arguments::Verb, functions::Error, settings::Settings, template::Template};

/// The admin function, in this process.
pub(crate) struct Operator(Admin);

/// One user of the admin function's answers.
#[derive(Deserialize)]
struct User {
    username: String,
    roles: Vec<String>,
    #[serde(default)]
    id: i64,
}

/// One page of its list.
#[derive(Deserialize)]
struct Page {
    users: Vec<User>,
    next: Option<i64>,
}

impl Operator {
    /// The operator of that template's database.
    pub(crate) async fn start(template: &Template, settings: &Settings) -> Result<Self, Error> {
        let mut environment = settings.of(template.function("admin")?);
        Ok(Self(Admin::from_env(&mut environment).await?))
    }

    /// Brings the database up to date.
    pub(crate) async fn migrate(&self) -> Result<(), Refusal> {
        self.0.handle(json!({ "verb": "migrate" })).await.map(|_| ())
    }

    /// Does what a verb says; the lines to print of it.
    pub(crate) async fn run(&self, verb: Verb) -> Result<Vec<String>, Refusal> {
        match verb {
            Verb::Grant { username, role } => self.change("grant", &username, &role).await,
            Verb::Revoke { username, role } => self.change("revoke", &username, &role).await,
            Verb::List => self.list().await,
        }
    }

    async fn change(&self, verb: &str, name: &str, role: &str) -> Result<Vec<String>, Refusal> {
        let event = json!({ "verb": verb, "username": name, "role": role });
        let user: Option<User> = read(self.0.handle(event).await?);
        Ok(user.into_iter().map(|user| format!("{}: {}", user.username, roles(&user))).collect())
    }

    async fn list(&self) -> Result<Vec<String>, Refusal> {
        let mut lines = Vec::new();
        let mut event = json!({ "verb": "list" });
        while let Some(page) = read::<Page>(self.0.handle(event).await?) {
            let line = |user: User| format!("{:>6}  {}  {}", user.id, user.username, roles(&user));
            lines.extend(page.users.into_iter().map(line));
            let Some(next) = page.next else { break };
            event = json!({ "verb": "list", "after": next });
        }
        Ok(lines)
    }
}

fn roles(user: &User) -> String {
    if user.roles.is_empty() { "no role".to_owned() } else { user.roles.join(", ") }
}

/// What the admin function answered: its own words, so that this can't fail.
fn read<T: for<'a> Deserialize<'a>>(answer: Value) -> Option<T> {
    serde_json::from_value(answer).ok()
}
