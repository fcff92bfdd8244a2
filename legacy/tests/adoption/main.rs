//! The adoption of the legacy app's databases.

#![expect(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

mod alongside;
mod app;
mod broken_off;
mod oddities;
mod refusals;
mod schema;

use serde_json::{Value, json};
use stage::Stage;

async fn ask(stage: &Stage, event: Value) -> Result<Value, String> {
    stage.admin().handle(event).await.map_err(|refusal| refusal.to_string())
}

async fn migrate(stage: &Stage) -> Value {
    ask(stage, json!({ "verb": "migrate" })).await.unwrap()
}

async fn check(stage: &Stage) -> Value {
    ask(stage, json!({ "verb": "migrate", "check": true })).await.unwrap()["check"].take()
}

async fn holding(sql: &str) -> Stage {
    let stage = Stage::empty().await;
    stage.execute(sql).await;
    stage
}

#[tokio::test]
async fn each_revision_of_the_legacy_app_gets_the_schema_of_a_fresh_database() {
    let fresh = schema::of(&Stage::new().await).await;
    for revision in 1..=4 {
        for alembic in [false, true] {
            let mut sql = app::at_revision(revision) + app::USERS;
            if revision == 4 {
                sql += app::MEMBERSHIPS;
            }
            if alembic {
                sql += &app::alembic(revision);
            }
            let stage = holding(&sql).await;
            let users = "SELECT md5(string_agg(format('%s %s %s %s', id, username, email, \
                         password), ',' ORDER BY id)) FROM users";
            let before = stage.value(users).await;
            let checked = check(&stage).await;
            assert_eq!((&checked["database"], &checked["obstacles"]), (&json!("app"), &json!([])));
            let answer = migrate(&stage).await;
            let after_the_first = &stage::migrations()[1..];
            assert_eq!(answer["applied"], json!(after_the_first));
            // The run did what the check reported.
            let mut done = answer["adopted"].as_array().unwrap().clone();
            done.push(json!("record V1__users_and_roles as applied"));
            done.extend(after_the_first.iter().map(|it| json!(format!("apply {it}"))));
            assert_eq!(checked["steps"], json!(done), "{revision} {alembic}");
            if alembic {
                let version = "SELECT version_num FROM alembic_version";
                assert_eq!(stage.value(version).await, "ece871602084");
                stage.execute("DROP TABLE alembic_version").await;
            }
            assert_eq!(schema::of(&stage).await, fresh, "{revision} {alembic}");
            assert_eq!(stage.value(users).await, before);
            let hashed_by = "SELECT string_agg(DISTINCT hashed_by, ',') FROM users";
            assert_eq!(stage.value(hashed_by).await, "app");
            let roles = "SELECT string_agg(id || name, ' ' ORDER BY id) FROM roles";
            assert_eq!(stage.value(roles).await, "1ROLE_USER 2ROLE_MODERATOR 3ROLE_ADMIN");
            if revision == 4 {
                let rows = schema::rows(&stage, &["users_to_roles"]).await;
                assert_eq!(rows, ["users_to_roles: (1,1) (1,3) (2,1)"]);
            }
            let adoption = "SELECT format('%s %s', extract(epoch FROM adopted_at)::bigint, \
                            last_user_id) FROM adoption";
            assert_eq!(stage.value(adoption).await, format!("{} 3", stage::NOW.seconds()));
            let again = migrate(&stage).await;
            assert_eq!((&again["adopted"], &again["applied"]), (&json!([]), &json!([])));
            assert_eq!(stage.value(adoption).await, format!("{} 3", stage::NOW.seconds()));
            assert_eq!(check(&stage).await["database"], "latchkey");
        }
    }
}

#[tokio::test]
async fn a_schema_made_by_create_all_is_adopted() {
    let stage = holding(app::CREATE_ALL).await;
    let checked = check(&stage).await;
    let steps = checked["steps"].to_string();
    assert!(steps.contains("fold 3 rows of roles"), "{steps}");
    migrate(&stage).await;
    let rows = schema::rows(&stage, &["roles", "users_to_roles"]).await;
    assert_eq!(
        rows,
        [
            "roles: (1,ROLE_USER) (2,ROLE_ADMIN) (5,ROLE_MODERATOR)",
            "users_to_roles: (1,1) (2,1) (3,1) (4,1) (5,1) (6,2) (7,2) (8,5)"
        ]
    );
    // Names and columns are those of a fresh database; types and further indexes stay.
    let plain = |schema: String| {
        schema.replace("character varying", "text").replace("(email)::text", "email")
    };
    let ours = plain(schema::of(&Stage::new().await).await);
    let theirs = plain(schema::of(&stage).await);
    let missing = |theirs: &str| -> Vec<String> {
        let has = |line: &&str| !theirs.lines().any(|other| other == *line);
        ours.lines().filter(has).map(str::to_owned).collect()
    };
    assert_eq!(missing(&theirs), [""; 0]);
}

#[tokio::test]
async fn additions_of_the_team_are_kept() {
    let sql = app::at_revision(4) + app::USERS + app::MEMBERSHIPS + app::GROWN;
    let stage = holding(&sql).await;
    stage.execute("DELETE FROM users_to_roles WHERE user_id <> 3").await;
    stage.execute("INSERT INTO users_to_roles VALUES (1, 1), (1, 1)").await;
    let more = "ALTER TABLE roles ENABLE ROW LEVEL SECURITY; \
                ALTER TABLE users ADD CONSTRAINT tidy CHECK (length(email) < 1000); \
                CREATE FUNCTION greet() RETURNS trigger LANGUAGE plpgsql \
                AS 'BEGIN RETURN NEW; END'; \
                CREATE TRIGGER greeting AFTER INSERT ON users \
                FOR EACH ROW EXECUTE FUNCTION greet()";
    stage.execute(more).await;
    let tables = ["posts", "roles"];
    let before = schema::rows(&stage, &tables).await;
    let checked = check(&stage).await;
    let notes = json!([
        "posts refers to users: a user with rows there can't be deleted",
        "ix_users_lower is a unique index too: a sign-up that it alone refuses gets 409",
        "tidy stays: a sign-up that violates it gets 422 (CHECK ((length(email) < 1000)))",
        "roles has row-level security: a login of Latchkey's that doesn't own it needs a policy \
         that shows it every row",
        "greeting runs at each insert into users, with the rights of the owner of the tables",
        "3 users have no password that can be verified, so they can't sign in: 2 bcrypt_damaged, \
         1 no_password; list --unreadable lists their ids"
    ]);
    assert_eq!(checked["notes"], notes);
    migrate(&stage).await;
    assert_eq!(schema::rows(&stage, &tables).await, before);
    let schema = schema::of(&stage).await;
    for left in ["users.full_name", "ix_users_username", "pk_users", "ix_users_created_at", "posts"]
    {
        assert!(schema.contains(left), "{left}: {schema}");
    }
    // The table's own index is enough.
    assert!(!schema.contains("users_username_key"), "{schema}");
    stage.execute("DELETE FROM users WHERE id = 3").await;
    let memberships = "SELECT count(*) FROM users_to_roles";
    assert_eq!(stage.value(memberships).await, "1");
}

#[tokio::test]
async fn a_join_table_with_a_key_of_its_own_gets_ours_beside_it() {
    let sql = app::at_revision(4) + app::USERS + app::MEMBERSHIPS;
    let stage =
        holding(&(sql + "alter table users_to_roles add column id serial primary key")).await;
    migrate(&stage).await;
    assert_eq!(stage.value("SELECT count(*) FROM users_to_roles").await, "3");
    let schema = schema::of(&stage).await;
    assert!(schema.contains("users_to_roles_user_id_role_id_key"), "{schema}");
}

#[tokio::test]
async fn an_index_of_another_table_that_has_the_name_of_ours_is_left() {
    let stage = holding("CREATE SCHEMA zoo; CREATE SCHEMA app").await;
    let database = stage.url.rsplit('/').next().unwrap();
    let path = |schemas: &str| format!("ALTER DATABASE {database} SET search_path = {schemas}");
    stage.execute(&path("app")).await;
    stage.execute(&(app::at_revision(4) + app::USERS + app::MEMBERSHIPS)).await;
    stage.execute(&path("public, zoo, app")).await;
    let pets = "CREATE TABLE zoo.pets (name text); \
                CREATE INDEX users_mailbox_idx ON zoo.pets (name)";
    stage.execute(pets).await;
    migrate(&stage).await;
    let there = "SELECT string_agg(t.relname, ' ' ORDER BY t.relname) FROM pg_index AS x \
                 JOIN pg_class AS i ON i.oid = x.indexrelid \
                 JOIN pg_class AS t ON t.oid = x.indrelid WHERE i.relname = 'users_mailbox_idx'";
    assert_eq!(stage.value(there).await, "pets users");
}

#[tokio::test]
async fn numbers_go_on_after_rows_made_by_hand_and_later_users_are_known_as_later() {
    let sql = app::at_revision(3)
        + app::USERS
        + "insert into users (id, username, email) values (4000, 'x', 'x'); \
           insert into roles (id, name) values (1, 'ROLE_ADMIN'), (2, 'ROLE_USER');";
    let stage = holding(&sql).await;
    migrate(&stage).await;
    let roles = schema::rows(&stage, &["roles"]).await;
    assert_eq!(roles, ["roles: (1,ROLE_ADMIN) (2,ROLE_USER) (3,ROLE_MODERATOR)"]);
    let insert = "INSERT INTO users (username, email, password) VALUES ('y', 'y', 'y') \
                  RETURNING id > (SELECT last_user_id FROM adoption), id";
    assert_eq!(stage.value(insert).await, "t");
    assert_eq!(stage.value("SELECT max(id) FROM users").await, "4001");
}

#[tokio::test]
async fn an_alembic_table_of_another_history_is_left() {
    let sql = app::at_revision(4) + &app::alembic(4);
    let stage = holding(&sql).await;
    stage.execute("UPDATE alembic_version SET version_num = 'aaaaaaaaaaaa'").await;
    migrate(&stage).await;
    let version = "SELECT version_num FROM alembic_version";
    assert_eq!(stage.value(version).await, "aaaaaaaaaaaa");
}

#[tokio::test]
async fn an_empty_database_is_not_the_legacy_apps() {
    let stage = Stage::empty().await;
    let checked = check(&stage).await;
    assert_eq!(checked["database"], "empty");
    let all: Vec<_> = stage::migrations().iter().map(|it| format!("apply {it}")).collect();
    assert_eq!(checked["steps"], json!(all));
    assert_eq!(
        stage.value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").await,
        "0"
    );
    migrate(&stage).await;
    assert_eq!(stage.value("SELECT count(*) FROM adoption").await, "0");
    assert_eq!(check(&stage).await["steps"], json!([]));
}

#[tokio::test]
async fn going_back_leaves_the_schema_of_the_legacy_app() {
    let page = include_str!("../../../docs/move/from-fastapi.md");
    let (_, page) = page.split_once("To take it all away").unwrap();
    let stage = holding(&(app::at_revision(4) + app::USERS)).await;
    let before = schema::of(&stage).await;
    migrate(&stage).await;
    for part in page.split("```sql\n").skip(1).take(2) {
        stage.execute(part.split("```").next().unwrap()).await;
    }
    assert_eq!(schema::of(&stage).await, before);
}
