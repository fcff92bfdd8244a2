//! What an operator does, by IAM alone: it has no route.
//!
//! `{"verb":"migrate"}`, the same with `"check":true`,
//! `{"verb":"grant","username":"ada","role":"ROLE_ADMIN"}`, `revoke` alike,
//! `{"verb":"list"}`.

mod adoption;
mod group_roles;
mod migration;
mod privilege;
mod refusal;
mod request;
mod role_prefix;
mod signing_keys;

use serde_json::{Value, json};
use shared::db::{self, Database, Roles, SigningKeys, UserRoles};
use shared::environment::Invalid;
use shared::jwt::{self, KeySource};
use shared::secrets_manager::SecretsManager;
use shared::{Clock, Environment, Role, UserId, log};

pub use refusal::Refusal;
use request::Request;
pub use role_prefix::RolePrefix;

/// The parts that an operator touches: the whole database, as its owner, and the signing key.
#[derive(Debug)]
pub struct Admin {
    database: Database,
    role_prefix: RolePrefix,
    key_source: KeySource,
    access_token_seconds: u32,
    secrets: SecretsManager,
    clock: Clock,
}

impl Admin {
    /// Reads the settings of each part; connects nothing yet.
    #[expect(clippy::unused_async, reason = "every function starts alike")]
    pub async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let database = db::Settings::from_env(env);
        let role_prefix = RolePrefix::from_env(env);
        let key_source = KeySource::from_env(env);
        let access_token_seconds = jwt::Settings::access_token_seconds(env);
        env.check()?;
        let secrets = SecretsManager::default();
        let database = Database::new(database, secrets.clone());
        let admin = Self::new(database, key_source, access_token_seconds, Clock::System);
        Ok(Self { role_prefix, secrets, ..admin })
    }

    /// An operator's hands on that database, whose group roles have the usual prefix.
    pub fn new(
        database: Database,
        key_source: KeySource,
        access_token_seconds: u32,
        clock: Clock,
    ) -> Self {
        let secrets = SecretsManager::default();
        let role_prefix = RolePrefix::default();
        Self { database, role_prefix, key_source, access_token_seconds, secrets, clock }
    }

    /// With another prefix.
    #[must_use]
    pub fn with_role_prefix(self, role_prefix: RolePrefix) -> Self {
        Self { role_prefix, ..self }
    }

    /// Does what one event asks for.
    pub async fn handle(&self, event: Value) -> Result<Value, Refusal> {
        match Request::parse(event)? {
            Request::Migrate => self.migrate().await,
            Request::CheckMigration => self.check_migration().await,
            Request::Grant(username, role) => {
                changed("grant", role, self.roles().grant(&username, role).await?)
            }
            Request::Revoke(username, role) => {
                changed("revoke", role, self.roles().revoke(&username, role).await?)
            }
            Request::List { after, limit } => self.list(after, limit).await,
        }
    }

    fn roles(&self) -> Roles {
        Roles::new(self.database.clone())
    }

    async fn migrate(&self) -> Result<Value, Refusal> {
        let keys = signing_keys::read(&self.key_source, &self.secrets).await?;
        let (done, mut lock) = migration::apply(&self.database, self.clock.now()).await?;
        let table = SigningKeys::new(self.database.clone());
        let now = self.clock.now();
        let published = signing_keys::publish(&table, &keys, now, self.access_token_seconds).await;
        let group_roles = group_roles::set(lock.client(), &self.role_prefix).await;
        lock.release().await;
        Ok(json!({
            "adopted": done.adopted,
            "applied": done.applied,
            "signing_keys": published?,
            "group_roles": group_roles?.into_json(),
        }))
    }

    async fn check_migration(&self) -> Result<Value, Refusal> {
        signing_keys::read(&self.key_source, &self.secrets).await?;
        Ok(json!({ "check": migration::check(&self.database, self.clock.now()).await? }))
    }

    async fn list(&self, after: UserId, limit: u32) -> Result<Value, Refusal> {
        let mut users = self.roles().list(after, limit + 1).await?;
        let more = users.len() > limit as usize;
        users.truncate(limit as usize);
        let next = users.last().filter(|_| more).map(|user| user.id.get());
        let mut answer = json!({ "users": users.iter().map(listed).collect::<Vec<_>>() });
        if let Some(next) = next {
            answer["next"] = json!(next);
        }
        Ok(answer)
    }
}

fn listed(UserRoles { id, username, roles }: &UserRoles) -> Value {
    json!({ "id": id.get(), "username": username.as_str(), "roles": roles })
}

fn changed(verb: &str, role: Role, user: Option<UserRoles>) -> Result<Value, Refusal> {
    let user = user.ok_or(Refusal::NoSuchUser)?;
    let change = format!("{verb} {role}");
    log::notice(Some(user.id), "privilege_permissions_changed", Some(&change));
    Ok(json!({ "username": user.username.as_str(), "roles": user.roles }))
}
