//! The logins of the functions: members of the group roles, by password or by IAM.

mod catalog;
mod iam;
mod ownership;

use postgres_protocol::password::scram_sha_256;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::Secret;
use shared::db::{self, Group};
use tokio_postgres::{Client, Transaction};

use crate::refusal::Refusal;
use crate::role_prefix::RolePrefix;
use catalog::{Limit, elsewhere, exists, limits};

/// A share of the server's connections for ordinary logins: while all groups use theirs up, one is
/// left to `admin` and the operator.
const SHARE: &str = "SELECT greatest(1, (current_setting('max_connections')::int \
                     - current_setting('superuser_reserved_connections')::int) / ($1::int4 + 1))";

/// How the logins authenticate.
pub(crate) enum Proof {
    /// By the passwords in these secrets, which the template generates.
    Passwords(Vec<Secret<String>>),
    /// By RDS IAM tokens.
    Iam,
}

/// The content of a secret, as the template generates it.
#[derive(Deserialize)]
struct Login {
    username: String,
    password: String,
}

/// Creates or updates the logins in one transaction. `limit` is the connection limit of each; without
/// it, a new login gets a [`SHARE`] and another keeps its own. The answer has the limits that are
/// then in force.
pub(crate) async fn make(
    client: &mut Client,
    prefix: &RolePrefix,
    proof: &Proof,
    limit: Option<u32>,
) -> Result<Value, Refusal> {
    let mut transaction = client.transaction().await?;
    let existing = limit.map(i64::from);
    let groups = i32::try_from(Group::ALL.len()).unwrap_or(i32::MAX - 1);
    let share: i32 = transaction.query_one(SHARE, &[&groups]).await?.try_get(0)?;
    let limit = Limit { new: existing.unwrap_or(share.into()), existing };
    let (logins, mut warnings) = match proof {
        Proof::Passwords(secrets) => {
            (with_passwords(&transaction, prefix, secrets, limit).await?, Vec::new())
        }
        Proof::Iam => iam::make(&mut transaction, prefix, limit).await?,
    };
    let limits = limits(&transaction, &logins).await?;
    transaction.commit().await?;
    let kept = limits.iter().filter(|(_, kept)| existing.is_some_and(|it| i64::from(**kept) != it));
    warnings.extend(kept.map(|(login, kept)| {
        format!("{login} keeps its connection limit of {kept}: this user may not alter that login.")
    }));
    Ok(json!({ "logins": logins, "connection_limits": limits, "warnings": warnings }))
}

async fn with_passwords(
    transaction: &Transaction<'_>,
    prefix: &RolePrefix,
    secrets: &[Secret<String>],
    limit: Limit,
) -> Result<Vec<String>, Refusal> {
    let mut logins = Vec::new();
    for secret in secrets {
        let refusal = || Refusal::Logins("a secret is no login of this role prefix".into());
        let read = serde_json::from_str(secret.expose());
        let Login { username, password } = read.map_err(|_| refusal())?;
        let group = Group::ALL.into_iter().find(|group| prefix.login(*group) == username);
        let group = group.ok_or_else(refusal)?;
        let group = prefix.role(group);
        let is_there = exists(transaction, &username).await?;
        if is_there && let Some(databases) = elsewhere(transaction, &[&username, &group]).await? {
            return Err(Refusal::Logins(format!(
                "{group} has rights in another database of this server ({databases}), whose \
                 functions may log in as {username} with another password: set \
                 DATABASE_ROLE_PREFIX, so that each database has roles of its own"
            )));
        }
        let (verb, limit) =
            if is_there { ("ALTER", limit.existing) } else { ("CREATE", Some(limit.new)) };
        let limit = limit.map(|limit| format!(" CONNECTION LIMIT {limit}")).unwrap_or_default();
        // A verifier, so that the password is in no log of the server.
        let verifier = scram_sha_256(password.as_bytes());
        let statements = format!(
            "{verb} ROLE {username} LOGIN PASSWORD '{verifier}'{limit}; \
             GRANT {group} TO {username}"
        );
        transaction.batch_execute(&statements).await?;
        logins.push(username);
    }
    Ok(logins)
}

/// A sentence for each group role without a login of its own. A login with CREATEROLE doesn't
/// count: from PostgreSQL 16 on, an administrator is a member of each role that they created.
pub(crate) async fn missing(
    client: &Client,
    prefix: &RolePrefix,
) -> Result<Vec<String>, db::Error> {
    let members = "SELECT EXISTS (SELECT FROM pg_auth_members AS m \
                   JOIN pg_roles AS r ON r.oid = m.member \
                   JOIN pg_roles AS g ON g.oid = m.roleid \
                   WHERE g.rolname = $1 AND r.rolcanlogin AND r.rolname <> CURRENT_USER \
                   AND NOT r.rolcreaterole AND pg_has_role(r.oid, g.oid, 'USAGE'))";
    let mut missing = Vec::new();
    for role in Group::ALL.map(|group| prefix.role(group)) {
        if !client.query_one(members, &[&role]).await?.try_get::<_, bool>(0)? {
            missing.push(format!("No login is a member of {role}: invoke admin with `logins`."));
        }
    }
    Ok(missing)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use stage::{BY_PASSWORD, Stage};
    use tokio_postgres::NoTls;

    use super::*;

    fn secret(login: &str, password: &str) -> Secret<String> {
        Secret::new(json!({ "username": login, "password": password }).to_string())
    }

    async fn is_let_in(stage: &Stage, login: &str, password: &str) -> bool {
        let url = stage.url.replace("//postgres@", &format!("//{login}:{password}@"));
        tokio_postgres::connect(&url, NoTls).await.is_ok()
    }

    #[tokio::test]
    async fn a_login_has_the_password_of_its_secret_and_the_rights_of_its_group() {
        let stage = Stage::new().await;
        let prefix = RolePrefix::parse("secret").unwrap();
        for group in Group::ALL {
            stage.execute(&format!("CREATE ROLE {}", prefix.role(group))).await;
        }
        let mut client = stage.client().await;
        assert_eq!(missing(&client, &prefix).await.unwrap().len(), Group::ALL.len());
        for (password, limit, found) in
            [("zeroth", None, 13), ("first", Some(7), 7), ("second", None, 7)]
        {
            let secrets = Group::ALL.map(|group| secret(&prefix.login(group), password));
            let proof = Proof::Passwords(secrets.to_vec());
            let made = make(&mut client, &prefix, &proof, limit).await.unwrap();
            let limits = Group::ALL.map(|group| (prefix.login(group), found));
            assert_eq!(made["connection_limits"], json!(BTreeMap::from(limits)));
            assert_eq!(made["warnings"], json!([]));
            stage.execute(&format!("GRANT {BY_PASSWORD} TO secret_signin_login")).await;
            assert!(is_let_in(&stage, "secret_signin_login", password).await);
            assert!(!is_let_in(&stage, "secret_signin_login", "third").await);
            let logins = "SELECT string_agg(concat_ws(' ', m.member::regrole, m.roleid::regrole, \
                              r.rolconnlimit), ', ' ORDER BY r.rolname) FROM pg_auth_members AS m \
                          JOIN pg_roles AS r ON r.oid = m.member \
                          WHERE m.roleid::regrole::text LIKE 'secret_%'";
            let expected = Group::ALL
                .map(|group| format!("{} {} {found}", prefix.login(group), prefix.role(group)));
            assert_eq!(stage.value(logins).await, expected.join(", "));
        }
        assert_eq!(missing(&client, &prefix).await.unwrap(), [""; 0]);
    }

    #[tokio::test]
    async fn a_login_that_makes_roles_or_lacks_the_rights_of_its_group_is_none_of_the_functions() {
        let stage = Stage::new().await;
        let prefix = RolePrefix::parse("made").unwrap();
        let client = stage.client().await;
        let all = Group::ALL.len();
        for (attribute, count) in [("CREATEROLE", all), ("NOINHERIT", all), ("INHERIT", 0)] {
            for group in Group::ALL {
                let (role, login) = (prefix.role(group), prefix.login(group));
                stage
                    .execute(&format!(
                        "CREATE ROLE {role}; CREATE ROLE {login} LOGIN {attribute} IN ROLE {role}"
                    ))
                    .await;
            }
            assert_eq!(missing(&client, &prefix).await.unwrap().len(), count, "{attribute}");
            for group in Group::ALL {
                let (role, login) = (prefix.role(group), prefix.login(group));
                stage.execute(&format!("DROP ROLE {role}, {login}")).await;
            }
        }
    }

    #[tokio::test]
    async fn a_second_database_takes_no_login_of_the_first() {
        let (first, second) = (Stage::new().await, Stage::new().await);
        let prefix = RolePrefix::parse("twice").unwrap();
        let proof = |password| Proof::Passwords(vec![secret("twice_signin_login", password)]);
        first.execute("CREATE ROLE twice_signin").await;
        first.execute("GRANT USAGE ON SCHEMA public TO twice_signin").await;
        for password in ["first", "second"] {
            let client = &mut first.client().await;
            make(client, &prefix, &proof(password), None).await.unwrap();
        }
        let client = &mut second.client().await;
        let refused = make(client, &prefix, &proof("third"), None).await.unwrap_err().to_string();
        let database = first.url.rsplit('/').next().unwrap();
        assert!(refused.contains(&format!("({database})")), "{refused}");
        assert!(refused.contains("set DATABASE_ROLE_PREFIX"), "{refused}");
        first.execute(&format!("GRANT {BY_PASSWORD} TO twice_signin_login")).await;
        assert!(is_let_in(&first, "twice_signin_login", "second").await);
    }

    #[tokio::test]
    async fn a_secret_of_another_login_makes_none() {
        let stage = Stage::new().await;
        let prefix = RolePrefix::parse("strange").unwrap();
        stage.execute("CREATE ROLE strange_signin").await;
        let mut client = stage.client().await;
        for other in [secret("postgres", "x"), Secret::new("x".into())] {
            let proof = Proof::Passwords(vec![secret("strange_signin_login", "x"), other]);
            let refused = make(&mut client, &prefix, &proof, None).await.unwrap_err();
            assert!(matches!(refused, Refusal::Logins(_)));
        }
        let made = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'strange_%login'";
        assert_eq!(stage.value(made).await, "0");
        let refused = make(&mut client, &prefix, &Proof::Iam, None).await.unwrap_err();
        assert!(refused.to_string().contains("no role rds_iam"), "{refused}");
    }
}
