//! That every statement is one that PostgreSQL takes, from those who are to send it and from
//! nobody else.

use shared::db::{ALL, Group, LOGINS, Sql};
use stage::Stage;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let client = Stage::new().await.client().await;
    for sql in ALL {
        let prepared = client.prepare(sql.text()).await;
        assert!(prepared.is_ok(), "{}: {:?}", sql.text(), prepared.err());
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Whether a login may run a statement: what PostgreSQL finds when it starts to execute it, which
/// a mere `PREPARE` doesn't.
async fn may_run(client: &Client, sql: &Sql) -> bool {
    client.batch_execute(&format!("PREPARE statement AS {}", sql.text())).await.unwrap();
    let most = (1..=20).rfind(|place| sql.text().contains(&format!("${place}"))).unwrap_or(0);
    let nulls = vec!["NULL"; most].join(", ");
    let explained = client.simple_query(&format!("EXPLAIN EXECUTE statement ({nulls})")).await;
    client.batch_execute("DEALLOCATE statement").await.unwrap();
    match explained {
        Ok(_) => true,
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => false,
        Err(error) => panic!("{}: {error}", sql.text()),
    }
}

/// Whether a function of the group runs that statement.
fn is_for(group: Option<Group>, sql: &Sql) -> bool {
    LOGINS.iter().any(|login| login.group == group && login.statements.contains(&sql))
}

/// Statements of admin that need no column but those of the group's own: its lists of users, which
/// show who may ask anyway.
fn is_within_reach(group: Group, sql: &Sql) -> bool {
    sql.text().contains(match group {
        Group::Read => "WHERE u.id > $1 ORDER BY u.id LIMIT $2",
        Group::Write => "FROM users WHERE id > $1 ORDER BY id LIMIT $2",
    })
}

#[tokio::test]
async fn a_member_of_a_group_may_run_its_functions_statements_and_no_others() {
    let stage = Stage::new().await;
    for group in Group::ALL {
        let client = connect(&stage.url_of(group)).await;
        for sql in ALL {
            let may = is_for(Some(group), sql) || is_within_reach(group, sql);
            assert_eq!(may_run(&client, sql).await, may, "{group:?}: {}", sql.text());
        }
    }
}

#[tokio::test]
async fn the_owner_may_run_what_admin_runs() {
    let client = Stage::new().await.client().await;
    for sql in ALL.iter().filter(|sql| is_for(None, sql)) {
        assert!(may_run(&client, sql).await, "{}", sql.text());
    }
}
