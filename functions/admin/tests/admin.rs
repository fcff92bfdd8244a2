//! The operator's verbs over a real PostgreSQL.

use serde_json::{Value, json};
use shared::functions::logins;
use stage::{SIGNING_KEY, Stage};

async fn ask(stage: &Stage, event: Value) -> Result<Value, String> {
    stage.admin().handle(event).await.map_err(|refusal| refusal.to_string())
}

async fn with_ada() -> Stage {
    let stage = Stage::new().await;
    stage.execute("INSERT INTO users (username, email) VALUES ('ada', 'ada@example.com')").await;
    stage
}

#[tokio::test]
async fn an_empty_database_becomes_ours_and_stays_so() {
    let stage = Stage::empty().await;
    let first = ask(&stage, json!({ "verb": "migrate" })).await.unwrap();
    assert_eq!(first["applied"], json!(stage::migrations()));
    let second = ask(&stage, json!({ "verb": "migrate" })).await.unwrap();
    assert_eq!(second["applied"], json!([]));
    assert_eq!(second["signing_keys"]["current"], first["signing_keys"]["current"]);
    assert_eq!(
        stage.value("SELECT string_agg(name, ' ' ORDER BY id) FROM roles").await,
        "ROLE_USER ROLE_MODERATOR ROLE_ADMIN"
    );
}

#[tokio::test]
async fn a_database_keeps_its_identity_until_an_operator_says_that_it_is_a_copy() {
    let stage = Stage::empty().await;
    let identity = async |event| {
        let answer = ask(&stage, event).await.unwrap()["database_id"].take();
        (answer["id"].as_str().unwrap().to_owned(), answer["is_new"].as_bool().unwrap())
    };
    let (first, is_new) = identity(json!({ "verb": "migrate" })).await;
    assert!(is_new && first.len() == 36, "{first}");
    assert_eq!(identity(json!({ "verb": "migrate" })).await, (first.clone(), false));
    let copy = json!({ "verb": "migrate", "new_database_id": true });
    let (second, is_new) = identity(copy).await;
    assert!(is_new && second != first, "{second}");
    assert_eq!(identity(json!({ "verb": "migrate" })).await, (second, false));
    // As after a dump without this row.
    stage.execute("DELETE FROM database_identity").await;
    assert!(identity(json!({ "verb": "migrate" })).await.1);
}

#[tokio::test]
async fn concurrent_migrations_apply_each_migration_once() {
    let stage = Stage::empty().await;
    let migrations = (0..4).map(|_| {
        let admin = stage.admin();
        tokio::spawn(async move { admin.handle(json!({ "verb": "migrate" })).await })
    });
    let migrations: Vec<_> = migrations.collect();
    let mut applied = 0;
    for migration in migrations {
        applied += migration.await.unwrap().unwrap()["applied"].as_array().unwrap().len();
    }
    assert_eq!(applied, stage::migrations().len());
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' \
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(stage.value(locks).await, "0");
}

#[tokio::test]
async fn a_copy_of_the_tables_alone_gets_its_functions() {
    let stage = Stage::new().await;
    let check = async || {
        let event = json!({ "verb": "migrate", "check": true });
        ask(&stage, event).await.unwrap()["check"]["steps"].take()
    };
    let step = |of: &str| format!("make the functions of {of}, which a dump of tables leaves out");
    stage.execute("DROP FUNCTION sign_up").await;
    assert_eq!(check().await, json!([step("V6__sign_in_and_sign_up")]));
    let dropped = "DROP FUNCTION find_caller, find_for_signin, replace_password, count_try";
    stage.execute(dropped).await;
    let steps = ["V4__find_caller", "V6__sign_in_and_sign_up", "V13__limit_functions"];
    let steps = json!(steps.map(step));
    assert_eq!(check().await, steps);
    let done = ask(&stage, json!({ "verb": "migrate" })).await.unwrap();
    assert_eq!(done["applied"], steps);
    assert_eq!(stage.value("SELECT find_caller(1, '', now())->>'is_key_accepted'").await, "false");
    let made = [("authorizer", "find_caller"), ("signup", "sign_up"), ("signup", "count_try")];
    for (group, routine) in made {
        let may = "SELECT has_function_privilege";
        let may = format!("{may}('latchkey_{group}', '{routine}'::regproc, 'EXECUTE')");
        assert_eq!(stage.value(&may).await, "t");
    }
    let everybody = "SELECT count(*) FROM pg_proc, aclexplode(proacl) AS a \
                     WHERE pronamespace = 'public'::regnamespace AND a.grantee = 0";
    assert_eq!(stage.value(everybody).await, "0");
    assert_eq!(check().await, json!([]));
}

#[tokio::test]
async fn a_copy_without_any_function_gets_the_same_functions_with_the_same_rights() {
    let stage = Stage::new().await;
    let functions = "SELECT string_agg(concat(oid::regprocedure, prosrc, prosecdef, proconfig, \
                         proacl), ' ' ORDER BY oid::regprocedure::text) \
                     FROM pg_proc WHERE pronamespace = 'public'::regnamespace";
    let before = stage.value(functions).await;
    // Each is looked for by itself.
    let ours =
        logins::routines().into_iter().map(|it| format!("'{}'::regprocedure", it.signature()));
    let others = format!(
        "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace \
         AND oid NOT IN ({})",
        ours.collect::<Vec<_>>().join(", ")
    );
    assert_eq!(stage.value(&others).await, "0");
    let all = "DO $$ BEGIN EXECUTE (SELECT 'DROP FUNCTION ' || string_agg(oid::regprocedure::text, \
               ', ') FROM pg_proc WHERE pronamespace = 'public'::regnamespace); END $$";
    stage.execute(all).await;
    let done = ask(&stage, json!({ "verb": "migrate" })).await.unwrap();
    assert!(done["applied"].as_array().unwrap().len() > 4, "{done}");
    assert_eq!(stage.value(functions).await, before);
}

#[tokio::test]
async fn a_migration_reports_how_many_users_can_still_sign_up() {
    let stage = Stage::empty().await;
    let left = async |event: Value| {
        let answer = ask(&stage, event).await.unwrap();
        answer.get("check").unwrap_or(&answer)["user_ids_left"].clone()
    };
    let check = || json!({ "verb": "migrate", "check": true });
    assert_eq!(left(check()).await, Value::Null);
    assert_eq!(left(json!({ "verb": "migrate" })).await, json!(i32::MAX));
    stage.execute("INSERT INTO users (username, email) VALUES ('ada', 'a')").await;
    assert_eq!(left(check()).await, json!(i32::MAX - 1));
    // The team's own sequence goes on past the end of the column's type.
    stage
        .execute(
            "CREATE SEQUENCE mine START 2147483600; SELECT nextval('mine'); \
             ALTER TABLE users ALTER COLUMN id SET DEFAULT nextval('mine'); \
             DROP SEQUENCE users_id_seq",
        )
        .await;
    assert_eq!(left(check()).await, json!(47));
}

#[tokio::test]
async fn another_signing_key_retires_the_old_one() {
    let stage = Stage::new().await;
    let old = ask(&stage, json!({ "verb": "migrate" })).await.unwrap();
    let admin = stage.admin_with(&"2".repeat(64));
    let new = admin.handle(json!({ "verb": "migrate" })).await.unwrap();
    assert_eq!(new["signing_keys"]["retired"], json!([old["signing_keys"]["current"]]));
    let admin = stage.admin_with(&SIGNING_KEY.replace('1', "g"));
    let refusal = admin.handle(json!({ "verb": "migrate" })).await.unwrap_err().to_string();
    assert!(refusal.starts_with("The signing key can't be used"), "{refusal}");
}

#[tokio::test]
async fn a_role_is_granted_listed_and_revoked() {
    let stage = with_ada().await;
    let change = |verb: &str| json!({ "verb": verb, "username": "ada", "role": "ROLE_ADMIN" });
    let granted = ask(&stage, change("grant")).await.unwrap();
    assert_eq!(granted, json!({ "username": "ada", "roles": ["ROLE_ADMIN"] }));
    let listed = ask(&stage, json!({ "verb": "list" })).await.unwrap();
    let ada = json!({ "id": 1, "username": "ada", "roles": ["ROLE_ADMIN"], "disabled_at": null });
    assert_eq!(listed, json!({ "users": [ada] }));
    let revoked = ask(&stage, change("revoke")).await.unwrap();
    assert_eq!(revoked, json!({ "username": "ada", "roles": [] }));
    let by_id = json!({ "verb": "grant", "id": 1, "role": "ROLE_ADMIN" });
    assert_eq!(ask(&stage, by_id).await.unwrap(), granted);
}

#[tokio::test]
async fn a_list_is_cut_into_pages() {
    let stage = with_ada().await;
    stage.execute("INSERT INTO users (username, email) VALUES ('eve', 'eve@example.com')").await;
    let page = async |after: i32| {
        ask(&stage, json!({ "verb": "list", "limit": 1, "after": after })).await.unwrap()
    };
    let first = page(0).await;
    assert_eq!(
        (first["users"][0]["username"].as_str(), first["next"].as_i64()),
        (Some("ada"), Some(1))
    );
    let last = page(1).await;
    assert_eq!((last["users"][0]["username"].as_str(), last.get("next")), (Some("eve"), None));
}

#[tokio::test]
async fn ids_of_any_sign_are_listed() {
    let stage = with_ada().await;
    let by_hand = "INSERT INTO users (id, username, email) \
                   SELECT id, id, id FROM unnest(ARRAY[-2147483648, -1, 0, 2147483647]) AS id";
    stage.execute(by_hand).await;
    let mut ids = Vec::new();
    let mut event = json!({ "verb": "list", "limit": 2 });
    loop {
        let page = ask(&stage, event.clone()).await.unwrap();
        ids.extend(page["users"].as_array().unwrap().iter().map(|user| user["id"].as_i64()));
        let Some(next) = page.get("next") else { break };
        event["after"] = next.clone();
    }
    let all = [i32::MIN, -1, 0, 1, i32::MAX];
    assert_eq!(ids, all.map(|id| Some(i64::from(id))));
}

#[tokio::test]
async fn users_that_can_not_sign_in_are_counted_and_listed_by_id() {
    let stage = with_ada().await;
    stage
        .execute(
            "INSERT INTO users (id, username, email, password) VALUES \
             (-4, 'b', 'b', '$argon2id$v=19$m=8,t=1,p=1$a$b'), (5, 'c', 'c', 'hunter2'), \
             (6, 'd', 'd', '$2b$04$jdKw.xB3ycMjCRZuvXU.NO.PZF0J4DmdMsksAmi85z/tWVAXa08.S'), \
             (7, 'e', 'e', '')",
        )
        .await;
    let unreadable = json!({ "verb": "list", "unreadable": true });
    let page = ask(&stage, unreadable).await.unwrap();
    let user = |id, scheme| json!({ "id": id, "scheme": scheme });
    let users = [user(-4, "argon2"), user(1, "no_password"), user(5, "unknown")];
    let last = user(7, "no_password");
    let counts = json!({ "argon2": 1, "no_password": 2, "unknown": 1 });
    let mut all = users.to_vec();
    all.push(last.clone());
    assert_eq!(page, json!({ "counts": counts, "users": all }));
    assert!(!page.to_string().contains("hunter2"));
    let page = json!({ "verb": "list", "unreadable": true, "limit": 3 });
    let first = ask(&stage, page).await.unwrap();
    assert_eq!(first, json!({ "counts": counts, "users": users, "next": 5 }));
    let page = json!({ "verb": "list", "unreadable": true, "limit": 3, "after": 5 });
    assert_eq!(ask(&stage, page).await.unwrap(), json!({ "users": [last] }));
    stage.execute("DELETE FROM users WHERE id <> 6").await;
    let page = ask(&stage, json!({ "verb": "list", "unreadable": true })).await.unwrap();
    assert_eq!(page, json!({ "counts": {}, "users": [] }));
}

#[tokio::test]
async fn a_role_is_added_listed_granted_and_removed() {
    let stage = with_ada().await;
    stage.execute("INSERT INTO roles (name) VALUES ('editor')").await;
    let add = || json!({ "verb": "add_role", "role": "ROLE_EDITOR" });
    let added = |is_new: bool| json!({ "role": "ROLE_EDITOR", "is_new": is_new });
    assert_eq!(ask(&stage, add()).await.unwrap(), added(true));
    assert_eq!(ask(&stage, add()).await.unwrap(), added(false));
    let grant = json!({ "verb": "grant", "username": "ada", "role": "ROLE_EDITOR" });
    ask(&stage, grant).await.unwrap();
    let listed = ask(&stage, json!({ "verb": "list_roles" })).await.unwrap();
    let role = |name: &str, users: i64, is_ignored: bool| json!({ "name": name, "users": users, "is_ignored": is_ignored });
    let listed = listed["roles"].as_array().unwrap();
    assert_eq!(listed[3..], [role("editor", 0, true), role("ROLE_EDITOR", 1, false)]);
    let remove = |revoke| json!({ "verb": "remove_role", "role": "ROLE_EDITOR", "revoke": revoke });
    let refusal = ask(&stage, remove(false)).await.unwrap_err();
    assert!(refusal.starts_with("Users that have this role: 1."), "{refusal}");
    for (is_removed, users) in [(true, json!(1)), (false, Value::Null)] {
        let answer = json!({ "role": "ROLE_EDITOR", "is_removed": is_removed, "users": users });
        assert_eq!(ask(&stage, remove(true)).await.unwrap(), answer);
    }
}

#[tokio::test]
async fn a_refused_event_is_answered_with_a_sentence() {
    let stage = with_ada().await;
    for (event, words) in [
        (json!({ "verb": "grant", "username": "eve", "role": "ROLE_ADMIN" }), "No user"),
        (json!({ "verb": "grant", "id": 2, "role": "ROLE_ADMIN" }), "No user"),
        (json!({ "verb": "grant", "username": "ada", "role": "ADMIN" }), "No role"),
        (json!({ "verb": "grant", "username": "ada", "role": "admin" }), "A role's name has 1"),
        (json!({ "verb": "remove_role", "role": "ROLE_USER" }), "ROLE_USER, ROLE_MODERATOR and"),
        (json!({ "verb": "revoke", "username": "a\u{0}", "role": "ROLE_USER" }), "No user"),
        (json!({ "verb": "list", "limit": 1001 }), "`limit` must be"),
        (json!({ "verb": "drop" }), "The event must be"),
    ] {
        let refusal = ask(&stage, event).await.unwrap_err();
        assert!(refusal.starts_with(words) && refusal.ends_with('.'), "{refusal}");
    }
}

#[tokio::test]
async fn a_schema_where_anybody_may_create_is_a_warning() {
    let stage = Stage::new().await;
    let warnings = async || {
        let answer = stage.admin().handle(json!({ "verb": "migrate" })).await.unwrap();
        answer["warnings"].to_string()
    };
    let sentence = "REVOKE CREATE ON SCHEMA public FROM PUBLIC.";
    assert!(!warnings().await.contains(sentence));
    stage.execute("GRANT CREATE ON SCHEMA public TO PUBLIC").await;
    assert!(warnings().await.contains(sentence));
}
