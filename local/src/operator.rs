//! The operator's verbs, through the admin function's own code.

use std::io::{self, Write};

use admin::{Admin, Refusal};
use serde::Deserialize;
use serde_json::json;

use crate::{
    arguments::{Subject, Verb},
    functions,
    migration::{Checked, Migrated},
    printable,
    settings::Settings,
    template::Template,
    unreadable_list::{Counts, Unreadable, UnreadableList},
    user_list::{self, Form, User, UserList},
    waiting::wait,
};

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

/// One page of those who can't sign in; the first one has the counts.
#[derive(Deserialize)]
struct UnreadablePage {
    #[serde(default)]
    counts: Counts,
    users: Vec<Unreadable>,
    next: Option<i64>,
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
    /// A check has found what a migration would refuse.
    #[error(
        "the database can't be migrated yet: remove the obstacles, then check again; nothing was \
         changed"
    )]
    Obstacles,
    /// What is to be printed can't be.
    #[error("can't print the result ({0}): fix that, then try again")]
    Output(#[from] io::Error),
}

impl Operator {
    /// The operator of that template's database.
    pub(crate) async fn start(
        template: &Template,
        settings: &Settings,
    ) -> Result<Self, functions::Error> {
        let mut environment = settings.of(template.function("admin")?);
        let admin = Admin::from_env(&mut environment).await;
        admin.map(Self).map_err(|invalid| functions::Error::of_settings(invalid, settings))
    }

    /// Brings the database up to date. What may be left to do for the group roles is nothing to the
    /// runner, whose functions all connect as the owner.
    pub(crate) async fn migrate(&self) -> Result<(), Refusal> {
        self.0.handle(json!({ "verb": "migrate" })).await.map(|_| ())
    }

    /// Runs a verb and prints its result.
    pub(crate) async fn run(&self, verb: Verb, output: &mut dyn Write) -> Result<(), Error> {
        match verb {
            Verb::Grant { subject, role } => self.change("grant", &subject, &role, output).await,
            Verb::Revoke { subject, role } => self.change("revoke", &subject, &role, output).await,
            Verb::List { unreadable, json } => {
                let form = if json { Form::Json } else { Form::Table };
                if unreadable {
                    self.list_unreadable(form, output).await
                } else {
                    self.list(form, output).await
                }
            }
            Verb::Migrate { check: true, .. } => self.check(output).await,
            Verb::Migrate { check: false, new_database_id } => {
                self.migrate_and_report(new_database_id, output).await
            }
        }
    }

    async fn migrate_and_report(
        &self,
        new_database_id: bool,
        output: &mut dyn Write,
    ) -> Result<(), Error> {
        let event = json!({ "verb": "migrate", "new_database_id": new_database_id });
        let migration = Box::pin(self.0.handle(event));
        let answer = wait("Migrating the database.", migration).await?;
        let migrated: Migrated = serde_json::from_value(answer)?;
        migrated.print(output)?;
        output.flush()?;
        report_user_ids(migrated.user_ids_left);
        Ok(())
    }

    async fn check(&self, output: &mut dyn Write) -> Result<(), Error> {
        let check = Box::pin(self.0.handle(json!({ "verb": "migrate", "check": true })));
        let mut answer = wait("Looking at the database.", check).await?;
        let checked: Checked = serde_json::from_value(answer["check"].take())?;
        checked.print(output)?;
        output.flush()?;
        report_user_ids(checked.user_ids_left);
        if checked.obstacles.is_empty() { Ok(()) } else { Err(Error::Obstacles) }
    }

    async fn change(
        &self,
        verb: &str,
        Subject { username, id }: &Subject,
        role: &str,
        output: &mut dyn Write,
    ) -> Result<(), Error> {
        let event = json!({ "verb": verb, "username": username, "id": id, "role": role });
        let changed: Changed = serde_json::from_value(self.0.handle(event).await?)?;
        let (name, roles) = (printable::name(&changed.username), user_list::roles(&changed.roles));
        writeln!(output, "{name}: {roles}")?;
        Ok(output.flush()?)
    }

    async fn list(&self, form: Form, output: &mut dyn Write) -> Result<(), Error> {
        let mut list = UserList::new(output, form);
        let mut event = json!({ "verb": "list" });
        loop {
            let page: Page = serde_json::from_value(self.0.handle(event).await?)?;
            list.page(&page.users)?;
            let Some(next) = page.next else { break };
            event = json!({ "verb": "list", "after": next });
        }
        if !list.end()? && form == Form::Table {
            eprintln!("The database holds no users: a sign-up makes the first.");
        }
        Ok(())
    }

    async fn list_unreadable(&self, form: Form, output: &mut dyn Write) -> Result<(), Error> {
        let mut list = UnreadableList::new(output, form);
        let first = self.0.handle(json!({ "verb": "list", "unreadable": true }));
        let first = wait("Looking at every user's password.", Box::pin(first)).await?;
        let mut page: UnreadablePage = serde_json::from_value(first)?;
        let counts = std::mem::take(&mut page.counts);
        loop {
            list.page(&page.users)?;
            let Some(next) = page.next else { break };
            let event = json!({ "verb": "list", "unreadable": true, "after": next });
            page = serde_json::from_value(self.0.handle(event).await?)?;
        }
        Ok(list.end(&counts)?)
    }
}

/// Beside what a migration prints: it is neither a step nor a fault.
fn report_user_ids(left: Option<i64>) {
    if let Some(left) = left {
        eprintln!("{left} more users can sign up.");
    }
}
