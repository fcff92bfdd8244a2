//! The group roles after `migrate`, over a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::collections::BTreeSet;

use admin::{Admin, RolePrefix};
use serde_json::{Value, json};
use shared::db::{self, Database, Group, Privilege};
use shared::jwt::KeySource;
use shared::limits::Charges;
use shared::secrets_manager::SecretsManager;
use shared::sign_in::Users;
use shared::{Environment, Secret};
use stage::{NOW, SIGNING_KEY, Stage};
use tokio_postgres::types::Type;

fn admin(stage: &Stage, url: &str, prefix: &str) -> Admin {
    let mut env = Environment::from_iter([("DATABASE_URL", url)]);
    let settings = db::Settings::from_env(&mut env);
    env.check().unwrap();
    let database = Database::new(settings, SecretsManager::default());
    let key = KeySource::Value(Secret::new(SIGNING_KEY.to_owned()));
    let admin = Admin::new(database, key, 3600, stage.clock.clone());
    admin.with_role_prefix(RolePrefix::parse(prefix).unwrap())
}

async fn migrate_at(stage: &Stage, url: &str, prefix: &str) -> Result<Value, String> {
    let answer = admin(stage, url, prefix).handle(json!({ "verb": "migrate" })).await;
    Ok(answer.map_err(|refusal| refusal.to_string())?["group_roles"].clone())
}

async fn migrate(stage: &Stage, prefix: &str) -> Value {
    migrate_at(stage, &stage.url, prefix).await.unwrap()
}

fn all(prefix: &str) -> Value {
    let roles = Group::ALL.map(|group| group.role(prefix));
    json!({ "granted": roles, "to_do": null })
}

/// Creates the group roles as an administrator would.
async fn create_roles(stage: &Stage, prefix: &str) {
    for group in Group::ALL {
        stage.execute(&format!("CREATE ROLE {}", group.role(prefix))).await;
    }
}

/// All privileges of the groups' members, as PostgreSQL reports them.
async fn allowed(stage: &Stage, prefix: &str, schema: &str) -> BTreeSet<String> {
    let roles = Group::ALL.map(|group| format!("'{}'", group.role(prefix))).join(", ");
    let question = format!(
        "WITH role AS (SELECT rolname AS name FROM pg_roles WHERE rolname IN ({roles})), \
              relation AS (SELECT oid, relname AS name, relkind FROM pg_class \
                           WHERE relnamespace = '{schema}'::regnamespace), \
              answer AS ( \
             SELECT role.name AS role, action, 'schema' AS object \
             FROM role, unnest(ARRAY['CREATE', 'USAGE']) AS action \
             WHERE has_schema_privilege(role.name, '{schema}'::regnamespace, action) \
             UNION ALL SELECT role.name, action, relation.name \
             FROM role, relation, unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) AS action \
             WHERE relkind = 'S' AND has_sequence_privilege(role.name, relation.oid, action) \
             UNION ALL SELECT role.name, action, relation.name \
             FROM role, relation, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', \
                 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS action \
             WHERE relkind IN ('r', 'p', 'v', 'm', 'f') \
             AND has_table_privilege(role.name, relation.oid, action) \
             UNION ALL SELECT role.name, action, relation.name || '.' || attname \
             FROM role, relation JOIN pg_attribute ON attrelid = relation.oid, \
                 unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS action \
             WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT attisdropped \
             AND has_column_privilege(role.name, relation.oid, attnum, action) \
             UNION ALL SELECT role.name, 'EXECUTE', proname FROM role, pg_proc \
             WHERE pronamespace = '{schema}'::regnamespace \
             AND has_function_privilege(role.name, pg_proc.oid, 'EXECUTE') \
             UNION ALL SELECT role.name, 'CREATE', 'database' FROM role \
             WHERE has_database_privilege(role.name, current_database(), 'CREATE') \
             UNION ALL SELECT role.name, 'is more than a group', '' \
             FROM role JOIN pg_roles ON rolname = role.name \
             WHERE rolsuper OR rolcreaterole OR rolcreatedb OR rolcanlogin OR rolbypassrls \
         ) \
         SELECT string_agg(concat_ws(' ', substr(role, {}), action, object), E'\n') FROM answer",
        prefix.len() + 2
    );
    stage.value(&question).await.lines().map(str::to_owned).collect()
}

/// The privileges declared beside the statements, and USAGE of the schema.
fn expected() -> BTreeSet<String> {
    let declared = Group::ALL.into_iter().flat_map(|group| {
        let object = |privilege| match privilege {
            Privilege::Execute(routine) => vec![format!("EXECUTE {}", routine.name)],
            Privilege::Select(table, columns) => {
                columns.iter().map(|column| format!("SELECT {table}.{column}")).collect()
            }
        };
        let objects = group.needs().flat_map(object).chain(["USAGE schema".to_owned()]);
        objects.map(move |object| format!("{} {object}", group.name())).collect::<Vec<_>>()
    });
    declared.collect()
}

#[tokio::test]
async fn a_group_may_do_what_its_statements_need_and_nothing_else() {
    let stage = Stage::empty().await;
    assert_eq!(migrate(&stage, "matrix").await, all("matrix"));
    assert_eq!(allowed(&stage, "matrix", "public").await, expected());
}

#[tokio::test]
async fn another_function_of_the_same_name_is_left_alone() {
    let stage = Stage::empty().await;
    stage.execute("CREATE FUNCTION find_caller(int) RETURNS int RETURN 1").await;
    stage.execute("REVOKE EXECUTE ON FUNCTION find_caller FROM PUBLIC").await;
    assert_eq!(migrate(&stage, "overloaded").await, all("overloaded"));
    let arguments = "SELECT string_agg(proargtypes::text, ', ') FROM pg_proc WHERE proname = 'find_caller' \
                AND has_function_privilege('overloaded_authorizer', oid, 'EXECUTE')";
    assert_eq!(stage.value(arguments).await, "23 25 1184");
    stage.execute("GRANT EXECUTE ON FUNCTION find_caller(int) TO overloaded_signup").await;
    migrate(&stage, "overloaded").await;
    let may = "SELECT has_function_privilege('overloaded_signup', 'find_caller(int)', 'EXECUTE')";
    assert_eq!(stage.value(may).await, "t", "a trigger of the team's may call it");
    stage
        .execute(
            "GRANT EXECUTE ON FUNCTION find_caller(int, text, timestamptz) TO overloaded_signup",
        )
        .await;
    migrate(&stage, "overloaded").await;
    let may = "SELECT has_function_privilege('overloaded_signup', \
                   'find_caller(int, text, timestamptz)', 'EXECUTE')";
    assert_eq!(stage.value(may).await, "f", "only the roles that need ours may call it");
}

#[tokio::test]
async fn a_repeated_migration_changes_no_privilege() {
    let stage = Stage::empty().await;
    migrate(&stage, "again").await;
    // Each change of a privilege creates another version of its row.
    let versions = "SELECT concat_ws(' ', \
        (SELECT string_agg(xmin::text, ' ' ORDER BY oid) FROM pg_class), \
        (SELECT string_agg(xmin::text, ' ' ORDER BY oid) FROM pg_proc), \
        (SELECT string_agg(xmin::text, ' ' ORDER BY attrelid, attnum) FROM pg_attribute))";
    let before = stage.value(versions).await;
    assert_eq!(migrate(&stage, "again").await, all("again"));
    assert_eq!(stage.value(versions).await, before);
    assert_eq!(allowed(&stage, "again", "public").await, expected());
}

#[tokio::test]
async fn roles_that_are_there_lose_what_a_former_release_gave() {
    let stage = Stage::empty().await;
    stage.execute("CREATE ROLE former_jwks; CREATE ROLE former_signin; CREATE ROLE heir").await;
    migrate(&stage, "former").await;
    stage
        .execute(
            "CREATE TABLE of_a_former_release (id serial PRIMARY KEY); \
             GRANT ALL ON ALL TABLES IN SCHEMA public TO former_jwks, former_signin; \
             GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO former_jwks; \
             GRANT UPDATE (jwk) ON signing_keys TO former_signin; \
             GRANT SELECT (password) ON users TO former_jwks WITH GRANT OPTION; \
             GRANT CREATE ON SCHEMA public TO former_signin; \
             SET ROLE former_jwks; GRANT SELECT (password) ON users TO heir",
        )
        .await;
    assert_ne!(allowed(&stage, "former", "public").await, expected());
    assert_eq!(migrate(&stage, "former").await, all("former"));
    assert_eq!(allowed(&stage, "former", "public").await, expected());
    let heirs = "SELECT has_column_privilege('heir', 'users', 'password', 'SELECT')";
    assert_eq!(stage.value(heirs).await, "f");
}

#[tokio::test]
async fn privileges_of_other_roles_are_kept() {
    let stage = Stage::empty().await;
    migrate(&stage, "ours").await;
    stage
        .execute("CREATE ROLE analyst; CREATE SCHEMA theirs; CREATE TABLE theirs.t (id int)")
        .await;
    stage.execute("GRANT SELECT ON users TO analyst; GRANT SELECT ON theirs.t TO ours_jwks").await;
    migrate(&stage, "ours").await;
    assert_eq!(stage.value("SELECT has_table_privilege('analyst', 'users', 'SELECT')").await, "t");
    let theirs = "SELECT has_table_privilege('ours_jwks', 'theirs.t', 'SELECT')";
    assert_eq!(stage.value(theirs).await, "t");
}

#[tokio::test]
async fn databases_of_one_cluster_share_the_roles_even_at_once() {
    let stages = [Stage::empty().await, Stage::empty().await, Stage::empty().await];
    // Two migrations of each database, all at once.
    let migrations = stages.iter().chain(&stages).map(|stage| {
        let admin = admin(stage, &stage.url, "shared");
        tokio::spawn(async move { admin.handle(json!({ "verb": "migrate" })).await })
    });
    for migration in migrations.collect::<Vec<_>>() {
        assert_eq!(migration.await.unwrap().unwrap()["group_roles"], all("shared"));
    }
    for stage in &stages {
        assert_eq!(allowed(stage, "shared", "public").await, expected());
    }
}

#[tokio::test]
async fn an_owner_of_the_tables_alone_leaves_grants_on_others_tables() {
    let stage = Stage::empty().await;
    create_roles(&stage, "tenants").await;
    stage
        .execute(
            "CREATE ROLE tenant LOGIN; \
             GRANT CREATE ON SCHEMA public TO tenant; CREATE TABLE of_the_landlord (id int); \
             GRANT SELECT (id) ON of_the_landlord TO tenants_jwks",
        )
        .await;
    let url = stage.url.replace("//postgres@", "//tenant@");
    assert_eq!(migrate_at(&stage, &url, "tenants").await.unwrap(), all("tenants"));
    let mut expected = expected();
    expected.insert("jwks SELECT of_the_landlord.id".to_owned());
    assert_eq!(allowed(&stage, "tenants", "public").await, expected);
}

/// A database whose owner may not create roles, and the owner's address.
async fn of_a_limited_owner(name: &str) -> (Stage, String) {
    let stage = Stage::empty().await;
    let make = format!(
        "CREATE ROLE {name} LOGIN NOCREATEROLE; DO $$ BEGIN EXECUTE \
         format('ALTER DATABASE %I OWNER TO {name}', current_database()); END $$"
    );
    stage.execute(&make).await;
    let url = stage.url.replace("//postgres@", &format!("//{name}@"));
    (stage, url)
}

#[tokio::test]
async fn a_login_without_createrole_gets_the_statements_for_an_administrator() {
    let (stage, url) = of_a_limited_owner("limited").await;
    let group_roles = migrate_at(&stage, &url, "missing").await.unwrap();
    assert_eq!(group_roles["granted"], json!([]));
    let to_do = group_roles["to_do"].as_str().unwrap();
    assert!(to_do.ends_with('.') && !to_do.contains('\n'), "{to_do}");
    assert_eq!(stage.value("SELECT count(*) FROM users").await, "0");

    // The administrator does what `to_do` says.
    let statements = to_do.split('`').nth(1).unwrap();
    stage.execute(statements).await;
    assert_eq!(migrate_at(&stage, &url, "missing").await.unwrap(), all("missing"));
    assert_eq!(allowed(&stage, "missing", "public").await, expected());
}

#[tokio::test]
async fn a_role_that_is_there_is_granted_where_others_are_missing() {
    let (stage, url) = of_a_limited_owner("half_limited").await;
    stage.execute("CREATE ROLE half_jwks").await;
    let group_roles = migrate_at(&stage, &url, "half").await.unwrap();
    assert_eq!(group_roles["granted"], json!(["half_jwks"]));
    let to_do = group_roles["to_do"].as_str().unwrap();
    assert!(to_do.contains("half_signin") && !to_do.contains("half_jwks"), "{to_do}");
    let of_jwks = expected().into_iter().filter(|line| line.starts_with("jwks"));
    assert_eq!(allowed(&stage, "half", "public").await, of_jwks.collect());
}

#[tokio::test]
async fn a_login_that_does_not_own_the_tables_is_referred_to_their_owner() {
    let stage = Stage::new().await;
    create_roles(&stage, "strange").await;
    stage
        .execute(
            "CREATE ROLE stranger LOGIN; \
             GRANT CREATE ON SCHEMA public TO stranger; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO stranger",
        )
        .await;
    let url = stage.url.replace("//postgres@", "//stranger@");
    let group_roles = migrate_at(&stage, &url, "strange").await.unwrap();
    assert_eq!(group_roles["granted"], json!([]));
    let to_do = group_roles["to_do"].as_str().unwrap();
    assert!(to_do.contains("owner") && to_do.ends_with('.'), "{to_do}");
    let public = BTreeSet::from(Group::ALL.map(|group| format!("{} USAGE schema", group.name())));
    assert_eq!(allowed(&stage, "strange", "public").await, public);
}

#[tokio::test]
async fn tables_in_another_schema_are_found_by_the_search_path() {
    let stage = Stage::empty().await;
    stage.execute("CREATE SCHEMA \"Odd one\"; CREATE TABLE users_of_others (id int)").await;
    let at = |login: &str| {
        let url = stage.url.replace("//postgres@", &format!("//{login}@"));
        format!("{url}?options=-c%20search_path%3D%22Odd%5C%20one%22")
    };
    assert_eq!(migrate_at(&stage, &at("postgres"), "elsewhere").await.unwrap(), all("elsewhere"));
    assert_eq!(allowed(&stage, "elsewhere", "\"Odd one\"").await, expected());
    let login = "CREATE ROLE elsewhere LOGIN IN ROLE elsewhere_authorizer, elsewhere_signin";
    stage.execute(login).await;
    let mut env = Environment::from_iter([("DATABASE_URL", at("elsewhere"))]);
    let database = Database::new(db::Settings::from_env(&mut env), SecretsManager::default());
    let username = shared::Username::parse("ada".into()).unwrap();
    let users = Users::new(database.clone());
    let found = users.find_credentials(&username, &Charges::NONE, NOW).await;
    assert!(found.unwrap().unwrap().user.is_none());
    let caller = [(&1_i32 as _, Type::INT4), (&"none" as _, Type::TEXT), (&0.0 as _, Type::FLOAT8)];
    assert!(database.row(&db::callers::FIND, &caller).await.unwrap().is_some());
}
