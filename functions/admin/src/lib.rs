//! The operator's verbs. The function has no route: only IAM opens it.
//!
//! `{"verb":"migrate"}`, the same with `"check":true`, `"new_database_id":true` or
//! `"new_proof_key":true`, `{"verb":"logins"}`, `{"verb":"check_promotion"}`, `{"verb":"withdraw_key","kid":"…"}`,
//! `{"verb":"grant","username":"ada","role":"ROLE_ADMIN"}`, with `"id":7` instead of the name,
//! `revoke` likewise, `{"verb":"sign_out","username":"ada"}` or by `"id"`, `disable`, `enable` and
//! `delete` likewise, `{"verb":"list"}`, the same with `"unreadable":true`,
//! `{"verb":"add_role","role":"ROLE_EDITOR"}`, `remove_role` likewise, the same with
//! `"revoke":true`, `{"verb":"list_roles"}`.

mod database_identity;
mod group_roles;
mod in_the_way;
mod limits;
mod logins;
mod migration;
#[cfg(not(feature = "legacy"))]
mod no_adoption;
mod own_roles;
mod privilege;
mod published_keys;
mod refusal;
mod request;
mod role_prefix;
mod role_verbs;
mod roles;
mod signing_keys;
mod user_ids;
mod user_verbs;
mod users;

use own_routes::OwnRoutes;
use serde_json::{Map, Value, json};
use shared::db::{self, Database};
use shared::environment::Invalid;
use shared::functions::LOGINS;
use shared::jwt::{self, KeySource};
use shared::secrets_manager::{SecretsManager, Stage};
use shared::{Clock, Environment, Random, UserId};
use tokio_postgres::Client;

use database_identity::DatabaseIdentity;
use limits::Limits;
use logins::Proof;
use migration::Lock;
pub use published_keys::PublishedKeys;
pub use refusal::Refusal;
use request::Request;
pub use role_prefix::RolePrefix;
pub use roles::{Change, ListedRole, ListedUser, Removal, Roles, Subject, UserPage, UserRoles};

/// The operator's verbs, over the whole database as its owner, and the signing key.
#[derive(Debug)]
pub struct Admin {
    database: Database,
    role_prefix: RolePrefix,
    login_secrets: Vec<String>,
    has_separate_logins: bool,
    key_source: KeySource,
    access_token_seconds: u32,
    own_routes: &'static OwnRoutes,
    secrets: SecretsManager,
    clock: Clock,
    random: Random,
}

impl Admin {
    /// Reads the settings of each part; connects nothing yet.
    #[expect(clippy::unused_async, reason = "every function starts alike")]
    pub async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let database = db::Settings::from_env(env).for_an_operator();
        let role_prefix = RolePrefix::from_env(env);
        let login_secrets = env.text("DATABASE_LOGIN_SECRET_ARNS").unwrap_or_default();
        let rule = "must be owner, prepared or separate";
        let has_separate_logins = env.parsed("DATABASE_LOGINS", false, rule, |text| match text {
            "owner" | "prepared" => Some(false),
            "separate" => Some(true),
            _ => None,
        });
        let key_source = KeySource::from_env(env);
        let access_token_seconds = jwt::Settings::access_token_seconds(env);
        let own_routes = OwnRoutes::from_env(env);
        env.check()?;
        let secrets = SecretsManager::default();
        let database = Database::new(database, secrets.clone());
        let admin = Self::new(database, key_source, access_token_seconds, Clock::System);
        let login_secrets = login_secrets.split(',').filter(|arn| !arn.is_empty());
        let login_secrets = login_secrets.map(str::to_owned).collect();
        Ok(Self { role_prefix, login_secrets, has_separate_logins, own_routes, secrets, ..admin })
    }

    /// The verbs over this database, with the default prefix of group roles.
    pub fn new(
        database: Database,
        key_source: KeySource,
        access_token_seconds: u32,
        clock: Clock,
    ) -> Self {
        Self {
            database,
            role_prefix: RolePrefix::default(),
            login_secrets: Vec::new(),
            has_separate_logins: false,
            key_source,
            access_token_seconds,
            own_routes: OwnRoutes::NONE,
            secrets: SecretsManager::default(),
            clock,
            random: Random::System,
        }
    }

    /// Replaces the routes of a team's own.
    #[must_use]
    pub fn with_own_routes(self, own_routes: &'static OwnRoutes) -> Self {
        Self { own_routes, ..self }
    }

    /// Replaces the prefix of the group roles.
    #[must_use]
    pub fn with_role_prefix(self, role_prefix: RolePrefix) -> Self {
        Self { role_prefix, ..self }
    }

    /// Handles one event.
    pub async fn handle(&self, event: Value) -> Result<Value, Refusal> {
        match Request::parse(event)? {
            Request::Migrate { new_database_id, new_proof_key } => {
                self.migrate(new_database_id, new_proof_key).await
            }
            Request::CheckMigration => self.check_migration().await,
            Request::Logins { iam, connection_limit } => self.logins(iam, connection_limit).await,
            Request::CheckPromotion => {
                let keys = signing_keys::read(&self.key_source, &self.secrets).await?;
                signing_keys::check_promotion(&self.signing_keys(), &keys, self.clock.now()).await
            }
            Request::WithdrawKey(kid) => {
                let keys = signing_keys::read(&self.key_source, &self.secrets).await?;
                signing_keys::withdraw(&self.signing_keys(), &keys, &kid, self.clock.now()).await
            }
            Request::Grant(subject, role) => {
                role_verbs::grant(&self.roles(), &subject, &role).await
            }
            Request::Revoke(subject, role) => {
                role_verbs::revoke(&self.roles(), &subject, &role).await
            }
            Request::AddRole(role) => role_verbs::add(&self.roles(), &role).await,
            Request::RemoveRole { role, revoke } => {
                role_verbs::remove(&self.roles(), &role, revoke).await
            }
            Request::ListRoles => role_verbs::list(&self.roles()).await,
            Request::User(verb, subject) => {
                user_verbs::run(&self.database, verb, &subject, self.clock.now()).await
            }
            Request::List { after, limit } => self.list(after, limit).await,
            #[cfg(not(feature = "legacy"))]
            Request::ListUnreadable { .. } => Err(Refusal::NoSuchRequest),
            #[cfg(feature = "legacy")]
            Request::ListUnreadable { after, limit } => self.list_unreadable(after, limit).await,
        }
    }

    fn signing_keys(&self) -> PublishedKeys {
        PublishedKeys::new(self.database.clone())
    }

    fn roles(&self) -> Roles {
        Roles::new(self.database.clone())
    }

    async fn migrate(&self, new_database_id: bool, new_proof_key: bool) -> Result<Value, Refusal> {
        let keys = signing_keys::read(&self.key_source, &self.secrets).await?;
        let (done, mut lock) = migration::apply(&self.database, self.clock.now()).await?;
        let identity = DatabaseIdentity::new(self.database.clone());
        let identity = identity.ensure(new_database_id).await;
        let now = self.clock.now();
        let limits = Limits::new(self.database.clone());
        // A copy under its original's key would accept its proofs.
        let is_new_proof_key =
            limits.ensure_proof_key(new_database_id || new_proof_key, &self.random).await;
        let emptied = limits.empty(now).await;
        let table = self.signing_keys();
        let published = signing_keys::publish(&table, &keys, now, self.access_token_seconds).await;
        let group_roles = group_roles::set(lock.client(), &self.role_prefix).await;
        let user_ids_left = user_ids::left(lock.client()).await;
        let warnings = self.warnings(lock.client()).await;
        lock.release().await;
        let (database_id, is_new) = identity?;
        emptied?;
        Ok(json!({
            "adopted": done.adopted,
            "applied": done.applied,
            "database_id": { "id": database_id.as_str(), "is_new": is_new },
            "proof_key": { "is_new": is_new_proof_key? },
            "signing_keys": published?,
            "group_roles": group_roles?,
            "warnings": warnings?,
            "user_ids_left": user_ids_left?,
        }))
    }

    /// Warnings about the functions' logins, the schema of the tables and the roles of own routes.
    async fn warnings(&self, client: &Client) -> Result<Vec<String>, db::Error> {
        let mut warnings = self.warnings_of_logins(client).await?;
        warnings.extend(privilege::open_schema(client).await?);
        warnings.extend(own_roles::missing(client, self.own_routes).await?);
        Ok(warnings)
    }

    async fn warnings_of_logins(&self, client: &Client) -> Result<Vec<String>, db::Error> {
        if self.has_separate_logins {
            return logins::missing(client, &self.role_prefix).await;
        }
        let functions = LOGINS.iter().filter(|login| login.group.is_some());
        let functions = functions.map(|login| login.function).collect::<Vec<_>>().join(", ");
        Ok(vec![format!(
            "These functions log in as the owner of the tables, so that an intruder in one may do \
             anything there: {functions}. DatabaseLogins=separate gives them logins of their own."
        )])
    }

    async fn logins(&self, iam: bool, connection_limit: Option<u32>) -> Result<Value, Refusal> {
        let proof = if iam {
            Proof::Iam
        } else {
            let mut secrets = Vec::new();
            for arn in &self.login_secrets {
                let read = self.secrets.read(arn, Stage::Current).await.map_err(Refusal::Logins)?;
                secrets.push(read.ok_or_else(|| Refusal::Logins(format!("no secret {arn}")))?);
            }
            if secrets.is_empty() {
                let cause = "there are no secrets for them: deploy with DatabaseLogins=prepared";
                return Err(Refusal::Logins(cause.to_owned()));
            }
            Proof::Passwords(secrets)
        };
        let mut lock = Lock::acquire(&self.database).await?;
        let made = logins::make(lock.client(), &self.role_prefix, &proof, connection_limit).await;
        lock.release().await;
        made
    }

    async fn check_migration(&self) -> Result<Value, Refusal> {
        signing_keys::read(&self.key_source, &self.secrets).await?;
        let now = self.clock.now();
        Ok(json!({ "check": migration::check(&self.database, self.own_routes, now).await? }))
    }

    async fn list(&self, after: Option<UserId>, limit: u32) -> Result<Value, Refusal> {
        let page = self.roles().list(after, limit).await?;
        let last = page.users.last().filter(|_| page.more).map(|user| user.id);
        let users = page.users.iter().map(listed).collect();
        Ok(paged(users, last))
    }

    /// The first page also has the counts of all users.
    #[cfg(feature = "legacy")]
    async fn list_unreadable(&self, after: Option<UserId>, limit: u32) -> Result<Value, Refusal> {
        let passwords = legacy::passwords::UnreadablePasswords::new(self.database.clone());
        let (counts, mut users) = match after {
            None => {
                let (counts, users) = passwords.count(limit + 1).await?;
                (Some(counts), users)
            }
            Some(after) => (None, passwords.list(after, limit + 1).await?),
        };
        let more = users.len() > limit as usize;
        users.truncate(limit as usize);
        let last = users.last().filter(|_| more).map(|(id, _)| *id);
        let listed = users.iter().map(|(id, scheme)| json!({ "id": id.get(), "scheme": scheme }));
        let mut answer = paged(listed.collect(), last);
        if let Some(counts) = counts {
            answer["counts"] = json!(counts);
        }
        Ok(answer)
    }
}

/// One page, with the last id as `next` if another page follows.
fn paged(users: Vec<Value>, last: Option<UserId>) -> Value {
    let mut answer = Map::from_iter([("users".to_owned(), Value::Array(users))]);
    answer.extend(last.map(|last| ("next".to_owned(), json!(last.get()))));
    Value::Object(answer)
}

fn listed(ListedUser { id, username, roles, disabled_at }: &ListedUser) -> Value {
    let username = username.as_str();
    json!({ "id": id.get(), "username": username, "roles": roles, "disabled_at": disabled_at })
}
