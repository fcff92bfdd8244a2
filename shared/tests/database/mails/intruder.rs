//! What another user of the database may plant, where it may create functions in the tables' schema.

use super::*;

#[tokio::test]
async fn each_function_with_its_owners_rights_searches_temporary_tables_last() {
    let stage = Stage::new().await;
    let open = "SELECT coalesce(string_agg(proname, ' '), '') FROM pg_proc \
        WHERE pronamespace = 'public'::regnamespace AND prosecdef AND NOT coalesce(\
            array_to_string(proconfig, ' ') ~ 'search_path=[^=]+, pg_temp( |$)', FALSE)";
    assert_eq!(stage.value(open).await, "");
    let to_all = "SELECT coalesce(string_agg(proname, ' '), '') FROM pg_proc, aclexplode(coalesce(proacl, \
            acldefault('f', proowner))) AS a WHERE pronamespace = 'public'::regnamespace AND a.grantee = 0";
    assert_eq!(stage.value(to_all).await, "");
}

#[tokio::test]
async fn a_temporary_table_of_secrets_is_not_taken_for_ours() {
    let world = World::new().await;
    let login = crate::statements::connect(&world.stage.url_of(Group::ResetPassword)).await;
    let made = "CREATE TEMP TABLE one_time_secrets AS SELECT 1::bigint AS id, 'reset'::text AS purpose, \
            1 AS user_id, 'Ada@Example.com'::text AS address, '\\x01'::bytea AS link_hash, \
            '\\x01'::bytea AS code_hash, now() + interval '1 hour' AS link_until, \
            now() + interval '1 hour' AS code_until, NULL::bytea AS used_by; \
        GRANT ALL ON one_time_secrets TO PUBLIC; \
        SELECT reset_password('\\x01', NULL, NULL, 'new', '', '\\x01', now())";
    login.batch_execute(made).await.unwrap();
    assert_eq!(world.stage.value("SELECT password FROM users WHERE id = 1").await, "old");
}
