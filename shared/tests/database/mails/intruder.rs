//! What another user of the database may plant, where it may create functions in the tables' schema.

use super::*;

/// Overloads of each of our functions: one argument, or every one, is text in place of its own type. Where a
/// call leaves a type open, PostgreSQL takes the one with text.
const FUNCTIONS: &str = "DO $do$ DECLARE f record; p int; arguments text; BEGIN \
    FOR f IN SELECT p.proname AS name, ARRAY(SELECT format_type(t, NULL) \
            FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, n) ORDER BY n) AS types \
        FROM pg_proc AS p WHERE p.pronamespace = 'public'::regnamespace LOOP \
        FOR p IN 0..cardinality(f.types) LOOP \
            arguments := array_to_string(ARRAY(SELECT CASE WHEN n = p OR p = 0 THEN 'text' ELSE t END \
                FROM unnest(f.types) WITH ORDINALITY AS a (t, n) ORDER BY n), ', '); \
            BEGIN \
                EXECUTE format($$CREATE FUNCTION public.%I (%s) RETURNS boolean LANGUAGE plpgsql \
                    AS 'BEGIN RAISE ''planted''; END'$$, f.name, arguments); \
            EXCEPTION WHEN duplicate_function THEN \
            END; \
        END LOOP; \
    END LOOP; END $do$";

/// Operators and functions of exact types, where PostgreSQL's own casts or takes any type.
const OPERATORS: &str = "DO $do$ DECLARE l text; r text; o text; number int := 0; \
    types CONSTANT text[] := '{text,varchar,name,int4,int8,float8,bytea,timestamptz,interval,bool,text[],bytea[],\
        int4[],float8[]}'; BEGIN \
    FOREACH l IN ARRAY types LOOP \
        FOREACH r IN ARRAY types LOOP \
            FOREACH o IN ARRAY '{=,<>,<,<=,>,>=,+,-,*,||}'::text[] LOOP \
                IF to_regoperator(format('pg_catalog.%s (%s, %s)', o, l, r)) IS NULL THEN \
                    number := number + 1; \
                    EXECUTE format('CREATE FUNCTION o%s (%s, %s) RETURNS boolean LANGUAGE plpgsql \
                        AS $$ BEGIN RAISE ''planted''; END $$', number, l, r); \
                    EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, \
                        FUNCTION = o%s)', o, l, r, number); \
                END IF; \
            END LOOP; \
        END LOOP; \
        FOREACH o IN ARRAY '{unnest,cardinality,array_agg,lower,left,hashtext}'::text[] LOOP \
            EXECUTE format('CREATE FUNCTION public.%s (%s) RETURNS boolean LANGUAGE plpgsql \
                AS $$ BEGIN RAISE ''planted''; END $$', o, l); \
        END LOOP; \
    END LOOP; END $do$";

#[tokio::test]
async fn no_function_or_operator_of_another_user_is_taken_for_ours() {
    let world = World::new().await;
    world
        .stage
        .execute(
            "CREATE ROLE intruder LOGIN; GRANT CREATE ON SCHEMA public TO intruder; \
             ALTER TABLE users ALTER username TYPE varchar, ALTER email TYPE varchar, \
                 ALTER password TYPE varchar",
        )
        .await;
    let url = world.stage.url.replace("//postgres@", "//intruder@");
    let intruder = crate::statements::connect(&url).await;
    intruder.batch_execute(FUNCTIONS).await.unwrap();
    intruder.batch_execute(OPERATORS).await.unwrap();

    let key = Key::new("mail", Kind::Mailbox, &[b"ada"]);
    let charge = Charge { kind: Kind::Mailbox, key, budget: Budget::per_day(27, 3) };
    assert!(world.charged(ADA, &[charge].into_iter().collect()).await.is_ok());
    assert_eq!(world.claim(0).await.len(), 1);
    assert!(world.store("verify", 1, ADA, 1).await);
    assert_eq!(world.verify(&code(1, "Ada@example.com"), &mark(1)).await, Ok(ADA.into()));
    let asks = "SELECT outcome FROM ask_email_change(1::int, NULL::uuid, '\\x01'::bytea, 'old'::text, \
        'new@example.com'::text, ''::text, '{}'::bytea[], '{}'::float8[], '{}'::int[], now()::timestamptz)";
    assert_eq!(world.stage.value(asks).await, "asked");
    assert!(world.store_change("new@example.com", 2).await);
    assert_eq!(world.verify(&link(2), &mark(2)).await, Ok("new@example.com".into()));
    assert!(world.store("reset", 2, "bob@example.com", 3).await);
    assert_eq!(world.finds(&link(3), NOW).await, Some(2));
    assert_eq!(world.reset(&code(3, "BOB@example.com"), &mark(3)).await, Some(2));
    for notices in [
        "SELECT ask_new_user(2::int, ''::text, '{}'::bytea[], '{}'::float8[], '{}'::int[], now())",
        "SELECT notify_password_changed(2::int, ''::text, '{}'::bytea[], '{}'::float8[], '{}'::int[], \
             now())",
        "SELECT notify_new_client(2::int, ''::text, '{}'::bytea[], '{}'::float8[], '{}'::int[], \
             now()::timestamptz)",
        "SELECT has_verified_email(2::int)",
        "SELECT finish_mail(1::bigint, now()::timestamptz)",
    ] {
        world.stage.execute(notices).await;
    }
}

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
