-- The functions of sign-in and sign-up. Each runs with its owner's rights (SECURITY DEFINER), so the
-- login that calls it needs no right on a table. Sign-in finds one hash by the username and replaces a
-- hash that it knows; sign-up adds a user with the role ROLE_USER and no other.
--
-- The search path is fixed to this session's schemas, with pg_temp last: a caller's temporary table
-- can't shadow ours, and a team's triggers find the same objects as today. Both operands of each
-- operator have exactly the types of an operator in pg_catalog: columns, which may be varchar in an
-- adopted database, are cast to text, and regclass to oid. Otherwise PostgreSQL would prefer an
-- operator that another user created in the tables' schema, and run it with the owner's rights.

SELECT set_config('search_path', (
    SELECT string_agg(quote_ident(s.name), ', ' ORDER BY s.position) || ', pg_temp'
    FROM unnest(current_schemas(FALSE)) WITH ORDINALITY AS s (name, position)
), TRUE);

-- The user with that name, or NULL, with the names of all roles; the ids of the current keys, the newest first and an unpromoted
-- one last; the id of the database.
CREATE OR REPLACE FUNCTION find_for_signin(
    username text, OUT id int, OUT password text, OUT hashed_by text, OUT kids text[],
    OUT database_id text, OUT roles text[]
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    kids := ARRAY(
        SELECT k.kid FROM signing_keys AS k
        WHERE k.accepted_until IS NULL ORDER BY k.signs_from DESC NULLS LAST
    );
    database_id := (SELECT d.id::text FROM database_identity AS d);
    SELECT u.id, u.password, u.hashed_by INTO id, password, hashed_by
    FROM users AS u WHERE u.username::text = find_for_signin.username;
    roles := ARRAY(
        SELECT r.name::text FROM users_to_roles AS m JOIN roles AS r ON r.id = m.role_id
        WHERE m.user_id = find_for_signin.id ORDER BY m.role_id
    );
END
$$;

-- Replaces a hash if it is still the one that was read.
CREATE OR REPLACE FUNCTION replace_password(user_id int, old_hash text, new_hash text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    UPDATE users AS u SET password = new_hash
    WHERE u.id = user_id AND u.password::text = old_hash;
END
$$;

-- Creates a user with the role ROLE_USER, or returns why not. Called again after a lost connection, it
-- finds its own row by the hash, whose salt is unique. A name that is taken uses no number of the
-- sequence. `sent` is the name before normalization, which an adopted user may have. Addresses that
-- differ only in the case of the domain are equal (RFC 5321 §2.4). A lock serializes them, since an
-- adopted database may hold both, so that no unique index is possible.
--
-- A team's own unique indexes, checks and triggers apply too. `refused` names the columns that violate
-- a check; it is empty if a domain or a trigger refuses the row. Without an id and without `refused`,
-- the name is taken if `username_taken`, otherwise the address.
CREATE OR REPLACE FUNCTION sign_up(
    username text, sent text, email text, password text,
    OUT id int, OUT username_taken boolean, OUT refused text[]
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    mailbox CONSTANT text := left(sign_up.email, strpos(sign_up.email, '@'::text))
        || lower(substr(sign_up.email, strpos(sign_up.email, '@'::text) + 1));
    taken boolean;
    violated text;
    violated_in text;
    columns text[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('latchkey'), hashtext(mailbox));
    LOOP
        SELECT max(u.id) FILTER (
                   WHERE u.username::text = sign_up.username
                       AND u.password::text = sign_up.password
               ),
               coalesce(bool_or(u.username::text IN (sign_up.username, sign_up.sent)), FALSE),
               count(*) > 0
        INTO id, username_taken, taken
        FROM users AS u
        WHERE u.username::text IN (sign_up.username, sign_up.sent)
            OR left(u.email::text, strpos(u.email::text, '@'::text))
                || lower(substr(u.email::text, strpos(u.email::text, '@'::text) + 1)) = mailbox;
        IF taken THEN
            RETURN;
        ELSIF columns IS NOT NULL THEN
            username_taken := 'username' = ANY(columns);
            RETURN;
        END IF;
        BEGIN
            INSERT INTO users AS u (username, email, password, hashed_by)
            VALUES (sign_up.username, sign_up.email, sign_up.password, 'latchkey')
            RETURNING u.id INTO id;
            IF id IS NULL THEN
                refused := '{}';
                RETURN;
            END IF;
            INSERT INTO users_to_roles (user_id, role_id)
            SELECT sign_up.id, r.id FROM roles AS r WHERE r.name::text = 'ROLE_USER';
            RETURN;
        EXCEPTION WHEN unique_violation OR exclusion_violation OR check_violation THEN
            GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME, violated_in = TABLE_NAME;
            columns := ARRAY(
                SELECT DISTINCT a.attname::text
                FROM pg_depend AS d
                JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                WHERE d.refclassid = 'pg_class'::regclass::oid AND d.refobjid = 'users'::regclass::oid
                    AND a.attname IN ('username', 'email', 'password')
                    AND (
                        d.classid = 'pg_class'::regclass::oid AND d.objid IN (
                            SELECT x.indexrelid FROM pg_index AS x
                            JOIN pg_class AS i ON i.oid = x.indexrelid
                            WHERE x.indrelid = d.refobjid AND i.relname = violated
                        )
                        OR d.classid = 'pg_constraint'::regclass::oid AND d.objid IN (
                            SELECT k.oid FROM pg_constraint AS k
                            WHERE k.conrelid = d.refobjid AND k.conname = violated
                        )
                    )
            );
            IF SQLSTATE = '23514' AND violated_in IN ('users', '') THEN
                refused := columns;
                RETURN;
            ELSIF violated_in IS DISTINCT FROM 'users' OR columns[1] IS NULL THEN
                RAISE;
            END IF;
        END;
    END LOOP;
END
$$;

REVOKE EXECUTE ON FUNCTION find_for_signin (text), replace_password (int, text, text),
sign_up (text, text, text, text) FROM PUBLIC;
