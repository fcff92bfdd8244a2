//! The operator's verbs, by the admin function's own code.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use admin::{Admin, Refusal};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    arguments::{RoleVerb, Subject, UserVerb, Verb},
    error, functions,
    list::{self, Form, List, Row, Unreadable, User},
    migration,
    own_functions::OwnFunctions,
    printable,
    role_list::{self, Role},
    settings::Settings,
    template::Template,
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

/// Its answer to what is done to a user.
#[derive(Deserialize)]
struct Operated {
    username: String,
    disabled_at: Option<String>,
    ended: Option<i64>,
}

/// One page of a list. The first one of the unreadable users counts them by scheme.
#[derive(Deserialize)]
struct Page<R> {
    users: Vec<R>,
    next: Option<i64>,
    #[serde(default)]
    counts: BTreeMap<String, u64>,
}

/// Why a verb fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the admin function's answer can't be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error(
        "the database can't be migrated yet: remove the obstacles, then check again; nothing was \
         changed"
    )]
    Obstacles,
    #[error("can't print the result ({0}): fix that, then try again")]
    Output(#[from] io::Error),
}

impl Operator {
    pub(crate) async fn start(
        template: &Template,
        settings: &Settings,
        own: &OwnFunctions,
    ) -> Result<Self, error::Error> {
        let mut environment = settings.of(template.function("admin")?);
        let admin = Admin::from_env(&mut environment).await;
        let admin = admin.map(|admin| Self(admin.with_own_routes(own.routes)));
        admin.map_err(|invalid| functions::bad_settings(&invalid, settings))
    }

    /// Brings the database up to date. The group roles don't matter here: the runner's functions
    /// all connect as the owner.
    pub(crate) async fn migrate(&self) -> Result<(), Refusal> {
        self.0.handle(json!({ "verb": "migrate" })).await.map(drop)
    }

    /// Runs a verb and prints its result.
    pub(crate) async fn run(&self, verb: Verb, output: &mut dyn Write) -> Result<(), Error> {
        let form = |json| if json { Form::Json } else { Form::Table };
        match verb {
            Verb::Grant { subject, role } => self.change("grant", &subject, &role, output).await,
            Verb::Revoke { subject, role } => self.change("revoke", &subject, &role, output).await,
            Verb::User(verb) => self.user(&verb, output).await,
            Verb::Role { verb } => self.role(verb, output).await,
            Verb::List { unreadable: false, json } => self.list(form(json), output).await,
            Verb::List { unreadable: true, json } => self.list_unreadable(form(json), output).await,
            Verb::Migrate { check: true, .. } => self.check(output).await,
            Verb::Migrate { check: false, new_database_id, new_proof_key } => {
                let event = json!({ "verb": "migrate", "new_database_id": new_database_id,
                                    "new_proof_key": new_proof_key });
                let migration = Box::pin(self.0.handle(event));
                let answer = wait("Migrating the database.", migration).await?;
                migration::print_migrated(&answer, output)?;
                report_user_ids(&answer);
                Ok(())
            }
        }
    }

    async fn check(&self, output: &mut dyn Write) -> Result<(), Error> {
        let check = Box::pin(self.0.handle(json!({ "verb": "migrate", "check": true })));
        let answer = wait("Looking at the database.", check).await?;
        let checked = &answer["check"];
        let has_obstacles = migration::print_checked(checked, output)?;
        report_user_ids(checked);
        if has_obstacles { Err(Error::Obstacles) } else { Ok(()) }
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
        let (name, roles) = (printable::name(&changed.username), list::roles(&changed.roles));
        writeln!(output, "{name}: {roles}")?;
        Ok(output.flush()?)
    }

    async fn user(&self, verb: &UserVerb, output: &mut dyn Write) -> Result<(), Error> {
        let (name, Subject { username, id }) = match verb {
            UserVerb::SignOut(subject) => ("sign_out", subject),
            UserVerb::Disable(subject) => ("disable", subject),
            UserVerb::Enable(subject) => ("enable", subject),
            UserVerb::Delete(subject) => ("delete", subject),
        };
        let event = json!({ "verb": name, "username": username, "id": id });
        let user: Operated = serde_json::from_value(self.0.handle(event).await?)?;
        let what = match (verb, user.disabled_at) {
            (UserVerb::SignOut(_), _) => "signed out".to_owned(),
            (UserVerb::Enable(_), _) => "enabled".to_owned(),
            (UserVerb::Delete(_), _) => "deleted".to_owned(),
            (UserVerb::Disable(_), at) => format!("disabled since {}", at.unwrap_or_default()),
        };
        let ended = user.ended.map(|ended| format!(", sessions ended: {ended}"));
        let name = printable::name(&user.username);
        writeln!(output, "{name}: {what}{}", ended.unwrap_or_default())?;
        Ok(output.flush()?)
    }

    async fn role(&self, verb: RoleVerb, output: &mut dyn Write) -> Result<(), Error> {
        match verb {
            RoleVerb::Add { role } => {
                let answer = self.0.handle(json!({ "verb": "add_role", "role": role })).await?;
                let done = if answer["is_new"] == true { "added" } else { "exists already" };
                writeln!(output, "{role}: {done}")?;
            }
            RoleVerb::Remove { role, revoke } => {
                let event = json!({ "verb": "remove_role", "role": role, "revoke": revoke });
                match self.0.handle(event).await?["users"].as_i64() {
                    None => writeln!(output, "{role}: doesn't exist")?,
                    Some(0) => writeln!(output, "{role}: removed")?,
                    Some(users) => writeln!(output, "{role}: revoked from {users}, removed")?,
                }
            }
            RoleVerb::List { json } => {
                let answer = self.0.handle(json!({ "verb": "list_roles" })).await?["roles"].take();
                let roles: Vec<Role> = serde_json::from_value(answer)?;
                let mut list = List::new(&mut *output, if json { Form::Json } else { Form::Table });
                list.page(&roles)?;
                list.end(role_list::role_count)?;
            }
        }
        Ok(output.flush()?)
    }

    async fn list(&self, form: Form, output: &mut dyn Write) -> Result<(), Error> {
        let mut list = List::new(output, form);
        self.pages::<User, _>(false, &mut list).await?;
        let is_empty = list.is_empty();
        list.end(list::user_count)?;
        if is_empty && form == Form::Table {
            eprintln!("The database holds no users: a sign-up makes the first.");
        }
        Ok(())
    }

    async fn list_unreadable(&self, form: Form, output: &mut dyn Write) -> Result<(), Error> {
        let mut list = List::new(output, form);
        let pages = Box::pin(self.pages::<Unreadable, _>(true, &mut list));
        let counts = pages.await?;
        Ok(list.end(|_| list::scheme_count(&counts))?)
    }

    /// Prints all pages of a list, and returns the counts of the first.
    async fn pages<R: Row + DeserializeOwned, W: Write>(
        &self,
        unreadable: bool,
        list: &mut List<W>,
    ) -> Result<BTreeMap<String, u64>, Error> {
        let event = |after| json!({ "verb": "list", "unreadable": unreadable, "after": after });
        let first = Box::pin(self.0.handle(event(None)));
        let first = wait("Reading the users.", first).await?;
        let Page { mut users, mut next, counts } = serde_json::from_value(first)?;
        loop {
            list.page::<R>(&users)?;
            let Some(after) = next else { return Ok(counts) };
            let page: Page<R> = serde_json::from_value(self.0.handle(event(Some(after))).await?)?;
            (users, next) = (page.users, page.next);
        }
    }
}

/// Prints it beside what a migration prints: it is neither a step nor a fault.
fn report_user_ids(answer: &Value) {
    if let Some(left) = answer["user_ids_left"].as_i64() {
        eprintln!("{left} more users can sign up.");
    }
}
