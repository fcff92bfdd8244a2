//! PostgreSQL accepts every statement, from the logins that need it and from no other.

use shared::db::limits::{GIVE_BACK_ALONE, PROOF_SECRET};
use shared::db::roles::ROLES;
use shared::db::{Group, Privilege, Sql};
use shared::functions::LOGINS;
use shared::functions::logins::{self, statements};
use stage::Stage;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let client = Stage::new().await.client().await;
    for sql in statements() {
        let prepared = client.prepare(sql.text()).await;
        assert!(prepared.is_ok(), "{}: {:?}", sql.text(), prepared.err());
    }
}

pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Whether a login may run a statement, tried with NULLs, by a plan for any parameters, and rolled back.
pub(crate) async fn may_run(client: &Client, sql: &str) -> bool {
    client.batch_execute(&format!("PREPARE statement AS {sql}")).await.unwrap();
    let most = (1..=20).rfind(|number| sql.contains(&format!("${number}"))).unwrap_or(0);
    let nulls = vec!["NULL"; most].join(", ");
    let nulls = if most == 0 { nulls } else { format!("({nulls})") };
    let begin = "BEGIN; SET LOCAL plan_cache_mode = force_generic_plan";
    client.batch_execute(begin).await.unwrap();
    let executed = client.batch_execute(&format!("EXECUTE statement {nulls}")).await;
    client.batch_execute("ROLLBACK; DEALLOCATE statement").await.unwrap();
    match executed.as_ref().err().and_then(tokio_postgres::Error::code) {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => false,
        None | Some(&SqlState::NOT_NULL_VIOLATION) => true,
        Some(_) => panic!("{sql}: {executed:?}"),
    }
}

/// The statements of a group's functions, or of the owner for `None`.
fn statements_of(group: Option<Group>) -> Vec<&'static Sql> {
    let of_owner = || LOGINS.iter().filter(|login| login.group.is_none());
    group.map_or_else(
        || of_owner().flat_map(|login| login.statements).copied().collect(),
        |group| logins::statements_of(group).collect(),
    )
}

/// A statement for which the rights of a group's own are enough: the authorizer's for `admin`'s list of
/// roles, those of sign-up and a reset for the secret of client proofs, and that of a change of address for a
/// charge that is given back, as their own statements do too.
fn is_within_reach(group: Group, sql: &Sql) -> bool {
    let reads_proof_secret = matches!(group, Group::Signup | Group::ResetPassword);
    group == Group::Authorizer && *sql == ROLES
        || reads_proof_secret && *sql == PROOF_SECRET
        || group == Group::ChangeEmail && *sql == GIVE_BACK_ALONE
}

#[tokio::test]
async fn a_member_of_a_group_may_run_its_functions_statements_and_no_others() {
    let stage = Stage::new().await;
    for group in Group::ALL {
        let client = connect(&stage.url_of(group)).await;
        for sql in statements() {
            let is_for_group = statements_of(Some(group)).contains(&sql);
            let may = is_for_group
                || is_within_reach(group, sql)
                || group == Group::Authorizer && statements_of(Some(Group::Jwks)).contains(&sql);
            assert_eq!(may_run(&client, sql.text()).await, may, "{group:?}: {}", sql.text());
        }
    }
}

#[test]
fn only_admin_runs_statements_of_the_owner() {
    for sql in statements() {
        assert_eq!(sql.is_for_owner(), statements_of(None).contains(&sql), "{}", sql.text());
    }
}

#[tokio::test]
async fn without_any_of_its_privileges_a_group_lacks_a_statement() {
    let stage = Stage::new().await;
    for group in Group::ALL {
        let client = connect(&stage.url_of(group)).await;
        let (role, statements) = (group.role("latchkey"), statements_of(Some(group)));
        for privilege in group.needs().flat_map(parts) {
            stage.execute(&format!("REVOKE {privilege} FROM {role}")).await;
            let mut may_all = true;
            for sql in &statements {
                may_all &= may_run(&client, sql.text()).await;
            }
            assert!(!may_all, "{role} goes on without {privilege}");
            stage.execute(&format!("GRANT {privilege} TO {role}")).await;
        }
    }
}

/// A privilege as `GRANT` writes it, column by column.
fn parts(privilege: Privilege) -> Vec<String> {
    match privilege {
        Privilege::Execute(routine) => vec![format!("EXECUTE ON FUNCTION {}", routine.signature())],
        Privilege::Select(table, columns) => {
            columns.iter().map(|column| format!("SELECT ({column}) ON {table}")).collect()
        }
    }
}

#[tokio::test]
async fn a_stolen_login_that_handles_hashes_reaches_no_table() {
    let stage = Stage::new().await;
    let user = "INSERT INTO users (username, email) VALUES ('ada', 'ada@example.com')";
    stage.execute(user).await;
    for group in [Group::Account, Group::Signin, Group::Signup] {
        let client = connect(&stage.url_of(group)).await;
        for statement in [
            "SELECT id FROM users",
            "SELECT password FROM users",
            "UPDATE users SET password = ''",
            "INSERT INTO users (username, email) VALUES ('eve', 'eve@example.com')",
            "INSERT INTO users_to_roles SELECT 1, 3",
            "DELETE FROM users_to_roles",
            "DELETE FROM users",
            "SELECT id FROM sign_ins",
            "DELETE FROM sign_ins",
            "INSERT INTO ended_tokens VALUES ('x', now())",
            "SELECT name FROM roles",
            "SELECT jwk FROM signing_keys",
            "SELECT key FROM limits",
            "INSERT INTO limits VALUES ('', now())",
            "UPDATE limits SET spent_until = now()",
            "DELETE FROM limits",
            "SELECT secret FROM proof_keys",
            "UPDATE proof_keys SET secret = ''",
        ] {
            let refused = client.batch_execute(statement).await.unwrap_err();
            let code = refused.code();
            assert_eq!(code, Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{group:?}: {statement}");
        }
    }
}

/// PostgreSQL searches a session's temporary tables before all schemas, unless the search path has
/// another order.
#[tokio::test]
async fn a_temporary_table_of_the_callers_is_not_taken_for_ours() {
    let stage = Stage::new().await;
    let client = connect(&stage.url_of(Group::Signup)).await;
    let made = "CREATE TEMP TABLE roles AS SELECT 3 AS id, 'ROLE_USER' AS name; \
                GRANT ALL ON roles TO PUBLIC; \
                SELECT sign_up('eve', 'eve', 'eve@example.com', 'x')";
    client.batch_execute(made).await.unwrap();
    assert_eq!(stage.value("SELECT string_agg(role_id::text, ' ') FROM users_to_roles").await, "1");
}

/// In a schema where anybody may create, an intruder's operator for the exact types is preferred to
/// PostgreSQL's own that casts.
#[tokio::test]
async fn an_operator_of_the_callers_is_not_taken_for_ours() {
    let stage = Stage::new().await;
    let open = "GRANT CREATE ON SCHEMA public TO PUBLIC; \
                ALTER TABLE users ADD CHECK (username <> 'eve')";
    stage.execute(open).await;
    let client = connect(&stage.url_of(Group::Signup)).await;
    for (name, left, right) in [("oids", "oid", "regclass"), ("lists", "text[]", "text[]")] {
        let planted = format!(
            "CREATE FUNCTION {name} ({left}, {right}) RETURNS boolean LANGUAGE plpgsql \
             AS $$ BEGIN RAISE 'planted'; END $$; \
             CREATE OPERATOR public.= (LEFTARG = {left}, RIGHTARG = {right}, FUNCTION = {name})"
        );
        client.batch_execute(&planted).await.unwrap();
    }
    for name in ["eve", "ada", "ada"] {
        let sign_up = format!("SELECT sign_up('{name}', '{name}', '{name}@example.com', 'x')");
        client.batch_execute(&sign_up).await.unwrap();
    }
}

#[tokio::test]
async fn the_owner_may_run_what_admin_runs() {
    let client = Stage::new().await.client().await;
    for sql in statements_of(None) {
        assert!(may_run(&client, sql.text()).await, "{}", sql.text());
    }
}
