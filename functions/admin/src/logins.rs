//! The logins of the functions: members of the group roles, by password or by IAM.

use postgres_protocol::password::scram_sha_256;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::Secret;
use shared::db::{self, Group};
use tokio_postgres::{Client, Transaction};

use crate::migration;
use crate::refusal::Refusal;
use crate::role_prefix::RolePrefix;

/// The role whose members RDS lets in by a token, and by nothing else.
const RDS_IAM: &str = "rds_iam";

/// A fifth of the connections that the server has for all: four logins leave a fifth to admin and
/// to the operator.
const FIFTH: &str = "SELECT greatest(1, (current_setting('max_connections')::int \
                     - current_setting('superuser_reserved_connections')::int) / 5)";

/// What proves who logs in.
pub(crate) enum Proof {
    /// The passwords of these secrets, as the template has made them.
    Passwords(Vec<Secret<String>>),
    /// A token of RDS.
    Iam,
}

/// What the template puts into a secret.
#[derive(Deserialize)]
struct Login {
    username: String,
    password: String,
}

/// Makes the logins and updates those that are there, all in one transaction. `limit` is how many
/// connections each may have at once.
pub(crate) async fn make(
    client: &mut Client,
    prefix: &RolePrefix,
    proof: &Proof,
    limit: Option<u32>,
) -> Result<Value, Refusal> {
    let transaction = client.transaction().await.map_err(db::Error::from)?;
    let limit = match limit {
        Some(limit) => i64::from(limit),
        None => number(&transaction, FIFTH).await?.into(),
    };
    let logins = match proof {
        Proof::Passwords(secrets) => with_passwords(&transaction, prefix, secrets, limit).await?,
        Proof::Iam => with_iam(&transaction, prefix, limit).await?,
    };
    transaction.commit().await.map_err(db::Error::from)?;
    Ok(json!({ "logins": logins, "connection_limit": limit }))
}

async fn with_passwords(
    transaction: &Transaction<'_>,
    prefix: &RolePrefix,
    secrets: &[Secret<String>],
    limit: i64,
) -> Result<Vec<String>, Refusal> {
    let mut logins = Vec::new();
    for secret in secrets {
        let refusal = || Refusal::Logins("a secret is no login of this role prefix".into());
        let read = serde_json::from_str(secret.expose());
        let Login { username, password } = read.map_err(|_| refusal())?;
        let group = Group::ALL.into_iter().find(|group| prefix.login(*group) == username);
        let group = group.ok_or_else(refusal)?;
        let verb = if exists(transaction, &username).await? { "ALTER" } else { "CREATE" };
        // A verifier, so that no log of the server's has the password.
        let verifier = scram_sha_256(password.as_bytes());
        run(
            transaction,
            &format!(
                "{verb} ROLE {username} LOGIN PASSWORD '{verifier}' CONNECTION LIMIT {limit}; \
                 GRANT {} TO {username}",
                prefix.role(group)
            ),
        )
        .await?;
        logins.push(username);
    }
    Ok(logins)
}

/// From PostgreSQL 16 on, the creator of a role is a member of it, and RDS asks every member of
/// `rds_iam`, direct or not, for a token: it would no longer take the password of the user who
/// runs this. So a role of this transaction creates the logins, and is dropped before they become
/// members of `rds_iam`.
async fn with_iam(
    transaction: &Transaction<'_>,
    prefix: &RolePrefix,
    limit: i64,
) -> Result<Vec<String>, Refusal> {
    if !exists(transaction, RDS_IAM).await? {
        return Err(Refusal::Logins("this server has no role rds_iam".into()));
    }
    let was_member = is_by_token(transaction).await?;
    own(transaction, prefix).await?;
    let owner = (prefix.iam_owner(), prefix.owner());
    let of_groups = Group::ALL.map(|group| (prefix.iam_login(group), prefix.role(group)));
    let logins: Vec<_> = of_groups.into_iter().chain([owner.clone()]).collect();
    let maker = prefix.maker();
    run(
        transaction,
        &format!(
            "CREATE ROLE {maker} CREATEROLE; GRANT {maker} TO CURRENT_USER; SET LOCAL ROLE {maker}"
        ),
    )
    .await?;
    for (login, role) in &logins {
        if exists(transaction, login).await? {
            continue;
        }
        run(transaction, &format!("CREATE ROLE {login} LOGIN CONNECTION LIMIT {limit}")).await?;
        if *login == owner.0 {
            // What it makes is the role's, as all else.
            run(transaction, &format!("ALTER ROLE {login} SET role = '{role}'")).await?;
        }
    }
    run(transaction, &format!("RESET ROLE; DROP ROLE {maker}")).await?;
    for (login, role) in &logins {
        run(transaction, &format!("GRANT {role} TO {login}; GRANT {RDS_IAM} TO {login}")).await?;
    }
    if !was_member && is_by_token(transaction).await? {
        let cause = "this user would be a member of rds_iam, and its password no longer taken";
        return Err(Refusal::Logins(cause.into()));
    }
    Ok(logins.into_iter().map(|(login, _)| login).collect())
}

/// Gives all that migrations have made to a role that nobody logs in as, and of which this user
/// stays a member: functions that log in as this user go on.
async fn own(transaction: &Transaction<'_>, prefix: &RolePrefix) -> Result<(), Refusal> {
    let owner = prefix.owner();
    if !exists(transaction, &owner).await? {
        run(transaction, &format!("CREATE ROLE {owner} NOLOGIN")).await?;
    }
    let schema = "SELECT quote_ident(n.nspname) FROM pg_class AS c \
                  JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = to_regclass('users')";
    let schema = transaction.query_opt(schema, &[]).await.map_err(db::Error::from)?;
    let schema =
        schema.ok_or_else(|| Refusal::Logins("there are no tables: migrate first".into()))?;
    let schema: String = schema.try_get(0).map_err(db::Error::from)?;
    run(
        transaction,
        &format!(
            "GRANT {owner} TO CURRENT_USER; GRANT USAGE, CREATE ON SCHEMA {schema} TO {owner}"
        ),
    )
    .await?;
    for object in migration::objects()? {
        run(transaction, &format!("ALTER {object} OWNER TO {owner}")).await?;
    }
    Ok(())
}

/// A sentence for each group role that no login of its own is a member of.
pub(crate) async fn missing(
    client: &Client,
    prefix: &RolePrefix,
) -> Result<Vec<String>, db::Error> {
    let members = "SELECT EXISTS (SELECT FROM pg_auth_members AS m \
                       JOIN pg_roles AS r ON r.oid = m.member JOIN pg_roles AS g ON g.oid = m.roleid \
                       WHERE g.rolname = $1 AND r.rolcanlogin AND r.rolname <> CURRENT_USER)";
    let mut missing = Vec::new();
    for role in Group::ALL.map(|group| prefix.role(group)) {
        if !client.query_one(members, &[&role]).await?.try_get::<_, bool>(0)? {
            missing.push(format!("No login is a member of {role}: invoke admin with `logins`."));
        }
    }
    Ok(missing)
}

async fn exists(transaction: &Transaction<'_>, role: &str) -> Result<bool, Refusal> {
    let found = transaction.query_opt("SELECT FROM pg_roles WHERE rolname = $1", &[&role]).await;
    Ok(found.map_err(db::Error::from)?.is_some())
}

/// Whether RDS lets this user in by a token alone. A superuser counts as a member of every role.
async fn is_by_token(transaction: &Transaction<'_>) -> Result<bool, Refusal> {
    let row = transaction.query_one("SELECT pg_has_role('rds_iam', 'MEMBER')", &[]).await;
    Ok(row.and_then(|row| row.try_get(0)).map_err(db::Error::from)?)
}

async fn number(transaction: &Transaction<'_>, question: &str) -> Result<i32, Refusal> {
    let row = transaction.query_one(question, &[]).await;
    Ok(row.and_then(|row| row.try_get(0)).map_err(db::Error::from)?)
}

async fn run(transaction: &Transaction<'_>, statements: &str) -> Result<(), Refusal> {
    Ok(transaction.batch_execute(statements).await.map_err(db::Error::from)?)
}

#[cfg(test)]
mod tests {
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
        assert_eq!(missing(&client, &prefix).await.unwrap().len(), 4);
        for (password, limit) in [("first", Some(7)), ("second", None)] {
            let secrets = Group::ALL.map(|group| secret(&prefix.login(group), password));
            let proof = Proof::Passwords(secrets.to_vec());
            let made = make(&mut client, &prefix, &proof, limit).await.unwrap();
            assert_eq!(made["connection_limit"], json!(limit.unwrap_or(39)));
            stage.execute(&format!("GRANT {BY_PASSWORD} TO secret_signin_login")).await;
            assert!(is_let_in(&stage, "secret_signin_login", password).await);
            assert!(!is_let_in(&stage, "secret_signin_login", "third").await);
            let logins = "SELECT string_agg(concat_ws(' ', m.member::regrole, m.roleid::regrole, \
                              r.rolconnlimit), ', ' ORDER BY r.rolname) FROM pg_auth_members AS m \
                          JOIN pg_roles AS r ON r.oid = m.member \
                          WHERE m.roleid::regrole::text LIKE 'secret_%'";
            let limit = limit.unwrap_or(39);
            let expected = Group::ALL
                .map(|group| format!("{} {} {limit}", prefix.login(group), prefix.role(group)));
            assert_eq!(stage.value(logins).await, expected.join(", "));
        }
        assert_eq!(missing(&client, &prefix).await.unwrap(), [""; 0]);
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
