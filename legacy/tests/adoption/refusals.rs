//! An obstacle is reported as a sentence, and nothing is changed.

use serde_json::json;

use crate::{app, ask, check, holding, schema};

/// A change to the legacy app's database at its last revision, and part of the obstacle's sentence.
const REFUSALS: &[(&str, &str)] = &[
    (
        "drop table users_to_roles; alter table users rename to u; create view users as select * from u",
        "users isn't a plain table",
    ),
    (
        "alter table users_to_roles drop constraint users_to_roles_user_id_fkey; \
      alter table users alter id type bigint",
        "users.id is bigint, not integer",
    ),
    ("alter table users alter id drop default", "users.id has no sequence"),
    ("alter table users drop constraint users_pkey cascade", "users.id isn't a key"),
    (
        "alter table users alter username type varchar(50)",
        "users.username allows 50 characters, Latchkey needs 255",
    ),
    (
        "alter table users alter email type bytea using email::bytea",
        "users.email is bytea, not text",
    ),
    (
        "create rule log_users as on insert to users do also select 1",
        "users has a rule that rewrites what is written to it",
    ),
    ("alter table users drop column email", "users has no column email"),
    ("alter table users drop column password", "users has no column password"),
    (
        "alter table users add column tenant int not null default 1; \
         alter table users alter tenant drop default",
        "users.tenant is required in each insert",
    ),
    ("alter table users add column hashed_by int", "users has a column hashed_by"),
    (
        "alter table roles add column site int; create table sites (id int primary key); \
      alter table users_to_roles drop constraint users_to_roles_role_id_fkey, \
      add foreign key (role_id) references sites (id) not valid",
        "users_to_roles.role_id refers to something",
    ),
    (
        "drop table users_to_roles, roles; create table users_to_roles (user_id int, role_id int)",
        "users_to_roles exists without roles",
    ),
    ("create table signing_keys (id int)", "signing_keys exists"),
    ("create table sign_ins (id int)", "sign_ins exists"),
    ("create view ended_tokens as select 1 as id", "ended_tokens exists"),
    ("alter table users add column session_epoch text", "users.session_epoch exists"),
    ("alter table users add column disabled_at text", "users.disabled_at exists"),
    ("create table adoption (pet text)", "adoption exists"),
    ("create table database_identity (id int)", "database_identity exists"),
    (
        "create function find_caller(int, text, timestamptz) returns int return 1",
        "find_caller(int, text, timestamptz) exists",
    ),
    (
        "create function authorize(int, uuid, int, bytea, text, timestamptz) returns int return 1",
        "authorize(int, uuid, int, bytea, text, timestamptz) exists",
    ),
    (
        "create function sign_up(text, text, text, text) returns int return 1",
        "sign_up(text, text, text, text) exists",
    ),
    ("create table refinery_schema_history (id int)", "refinery_schema_history is another"),
    ("create table users_to_roles_pkey (id int)", "users_to_roles_pkey exists"),
    (
        "create table pets (name text); create index users_mailbox_idx on pets (name)",
        "users_mailbox_idx exists",
    ),
    ("create index users_mailbox_idx on users (lower(email))", "users_mailbox_idx exists"),
    (
        "create unique index users_mailbox_idx on users (( \
         left(email::text, strpos(email::text, '@'::text)) \
         || lower(substr(email::text, strpos(email::text, '@'::text) + 1))))",
        "users_mailbox_idx exists",
    ),
    (
        "alter table users alter username drop not null; \
      insert into users (email) values ('null@example.com')",
        "users whose username is NULL: 5",
    ),
    (
        "alter table users drop constraint users_username_key; \
      insert into users (username, email) values ('ada', 'x'), ('Eve', 'y'), ('ada', 'z')",
        "users who share their username with another: 1, 5, 7; 2, 6",
    ),
    (
        "alter table users drop constraint users_email_key; \
      insert into users (username, email) \
      select 'u' || n, 'ada@example.com' from generate_series(1, 40) as n",
        "users who share their email with another: 1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 … (41 in all)",
    ),
    (
        "alter table users drop constraint users_email_key; \
      update users set email = (select string_agg(md5(n::text), '') \
      from generate_series(1, 200) as n) where id = 2",
        "users whose email is too long for an index: 2",
    ),
    (
        "insert into users (id, username, email) values (2147483647, 'last', 'last')",
        "rows of users whose id leaves less than a million ids after it: 2147483647",
    ),
    (
        "insert into users_to_roles values (2, null), (null, 1)",
        "without a user or a role: (2, NULL), (NULL, 1)",
    ),
    (
        "alter table users_to_roles drop constraint users_to_roles_user_id_fkey; \
      insert into users_to_roles values (77, 1)",
        "without a user or a role: (77, 1)",
    ),
    (
        "alter table roles alter name drop not null; insert into roles values (9, null)",
        "roles without a name: 9",
    ),
    (
        "alter table roles drop constraint roles_name_key; insert into roles (name) values ('ROLE_USER'); \
      create table menus (role_id int references roles (id))",
        "and menus refers to them",
    ),
    (
        "alter table users_to_roles add column why text; \
      insert into users_to_roles values (2, 1, 'because')",
        "that differ in another column: (2, 1)",
    ),
];

#[tokio::test]
async fn each_obstacle_is_reported_by_the_check_and_by_the_migration() {
    for (change, words) in REFUSALS {
        let stage = holding(&(app::at_revision(4) + app::USERS + app::MEMBERSHIPS)).await;
        stage.execute("insert into users (username, email) values ('gone', 'gone'); ").await;
        stage.execute(change).await;
        let tables: Vec<_> =
            ["users", "roles", "users_to_roles", "adoption", "signing_keys"].into();
        let there = "SELECT string_agg(name, ' ') FROM unnest(string_to_array($1, ' ')) AS name \
                     WHERE to_regclass(name) IS NOT NULL";
        let there = there.replace("$1", &format!("'{}'", tables.join(" ")));
        let there = stage.value(&there).await;
        let there: Vec<_> = there.split(' ').collect();
        let before = (schema::of(&stage).await, schema::rows(&stage, &there).await);
        let checked = check(&stage).await;
        let obstacles: Vec<_> = checked["obstacles"].as_array().unwrap().iter().collect();
        assert!(
            obstacles.iter().any(|it| it.as_str().unwrap().contains(words)),
            "{words}: {checked}"
        );
        let refusal = ask(&stage, json!({ "verb": "migrate" })).await.unwrap_err();
        assert!(refusal.contains(words) && refusal.ends_with('.'), "{words}: {refusal}");
        assert!(refusal.contains("nothing was changed"), "{refusal}");
        for secret in ["ada@", "ada@example.com", "Eve", "$2b$", "because"] {
            assert!(
                !refusal.contains(secret) && !checked.to_string().contains(secret),
                "{refusal}"
            );
        }
        let after = (schema::of(&stage).await, schema::rows(&stage, &there).await);
        assert_eq!(after, before, "{words}");
    }
}

#[tokio::test]
async fn unrelated_tables_are_not_adopted() {
    for sql in [
        "create table roles (id int)",
        "create table users (id int)",
        "create view users_to_roles as select 1 as user_id",
    ] {
        let stage = holding(sql).await;
        let before = schema::of(&stage).await;
        assert_eq!(check(&stage).await["database"], "other");
        let refusal = ask(&stage, json!({ "verb": "migrate" })).await.unwrap_err();
        assert!(refusal.contains("neither Latchkey's nor the legacy app's"), "{refusal}");
        assert_eq!(schema::of(&stage).await, before);
    }
}

#[tokio::test]
async fn an_empty_database_with_a_table_of_that_name_is_left() {
    for table in ["signing_keys", "adoption", "refinery_schema_history", "users_mailbox_idx"] {
        let stage = holding(&format!("create table {table} (pet text)")).await;
        let before = schema::of(&stage).await;
        let refusal = ask(&stage, json!({ "verb": "migrate" })).await.unwrap_err();
        assert!(refusal.contains(table) && refusal.contains("nothing was changed"), "{refusal}");
        assert_eq!(schema::of(&stage).await, before);
    }
}

#[tokio::test]
async fn a_login_that_owns_nothing_is_an_obstacle() {
    let stage = holding(&app::at_revision(4)).await;
    stage
        .execute(
            "DROP ROLE IF EXISTS visitor; CREATE ROLE visitor LOGIN; \
                   GRANT SELECT ON ALL TABLES IN SCHEMA public TO visitor",
        )
        .await;
    let url = stage.url.replace("postgres@", "visitor@");
    let visitor = stage::Stage { url, clock: stage.clock.clone() };
    let checked = check(&visitor).await["obstacles"].to_string();
    assert!(checked.contains("users belongs to another login"), "{checked}");
    assert!(checked.contains("can't create tables"), "{checked}");
}

#[tokio::test]
async fn an_owner_that_may_not_see_every_row_is_refused() {
    let stage = holding(&app::at_revision(4)).await;
    let owner = "CREATE ROLE keeper LOGIN; \
                 ALTER TABLE users OWNER TO keeper; \
                 ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY";
    stage.execute(owner).await;
    let url = stage.url.replace("postgres@", "keeper@");
    let keeper = stage::Stage { url, clock: stage.clock.clone() };
    let checked = check(&keeper).await["obstacles"].to_string();
    assert!(checked.contains("users has row-level security"), "{checked}");
    // A superuser sees all rows.
    assert!(!check(&stage).await["obstacles"].to_string().contains("row-level"));
}
