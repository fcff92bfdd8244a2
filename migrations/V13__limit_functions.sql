-- The functions that count attempts. Like those of V6, which has the reasons for the fixed search path and
-- for operands of exact types, those that a login calls run with their owner's rights (SECURITY
-- DEFINER). A function for any type is named with its schema, since a planted one for the exact type would
-- be preferred.
--
-- A statement that is repeated after a lost connection may count or give back twice, but never count not
-- at all. So each answer that is lost frees at most one attempt, and only after a right password.
--
-- Plans are kept, also those made while the table was empty, so none may scan the table: each reads the
-- rows of an array of keys by the index.

SELECT set_config('search_path', (
    SELECT string_agg(quote_ident(s.name), ', ' ORDER BY s.position) || ', pg_temp'
    FROM unnest(current_schemas(FALSE)) WITH ORDINALITY AS s (name, position)
), TRUE);

-- Counts an attempt against all keys, or against none if one of them has spent its budget. A budget is
-- `burst` attempts at once and one more `every` so many seconds. Without keys, each attempt is counted.
-- If counted, `charged_until` has the seconds since 1970 until which each key is spent, which `give_back`
-- needs. If not, `wait` is in seconds, at most one `every` if another attempt took the last one just now,
-- and `refused_by` is the number of the key that refused.
CREATE OR REPLACE FUNCTION count_try(
    keys bytea[], every float8[], burst int[], asked_at timestamptz,
    OUT counted boolean, OUT wait float8, OUT refused_by int, OUT charged_until float8[]
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
#variable_conflict use_variable
DECLARE
    taken bytea[];
BEGIN
    IF pg_catalog.cardinality(keys) = 0 THEN
        counted := TRUE;
        RETURN;
    END IF;
    -- A standby refuses to read an unlogged table by another error.
    IF current_setting('transaction_read_only'::text) = 'on'::text THEN
        RAISE read_only_sql_transaction;
    END IF;
    -- A refused attempt neither writes nor locks.
    SELECT
        extract(epoch FROM l.spent_until - asked_at
            - a.every * (a.burst - 1)::float8 * interval '1 second')::float8,
        a.number::int
    INTO wait, refused_by
    FROM unnest(keys, every, burst) WITH ORDINALITY AS a (key, every, burst, number)
    JOIN limits AS l ON l.key = a.key AND l.key = ANY (keys)
    ORDER BY 1 DESC, 2 LIMIT 1;
    IF wait > 0::float8 THEN
        counted := FALSE;
        RETURN;
    END IF;
    -- All lock the rows in the order of the keys, so none waits for another in a circle.
    WITH asked AS (
        SELECT
            a.key, a.number, a.every * interval '1 second' AS every,
            a.every * (a.burst - 1)::float8 * interval '1 second' AS slack
        FROM unnest(keys, every, burst) WITH ORDINALITY AS a (key, every, burst, number)
    ), charged AS (
        INSERT INTO limits AS l (key, spent_until)
        SELECT a.key, asked_at + a.every FROM asked AS a ORDER BY a.key
        ON CONFLICT ON CONSTRAINT limits_pkey DO UPDATE
        SET spent_until = greatest(l.spent_until, asked_at)
            + (SELECT a.every FROM asked AS a WHERE a.key = l.key)
        -- The row is locked by now, and may have been charged meanwhile.
        WHERE l.spent_until - asked_at <= (SELECT a.slack FROM asked AS a WHERE a.key = l.key)
        RETURNING l.key, l.spent_until
    )
    SELECT
        pg_catalog.array_agg(c.key),
        pg_catalog.array_agg(extract(epoch FROM c.spent_until)::float8 ORDER BY a.number)
    INTO taken, charged_until
    FROM charged AS c JOIN asked AS a ON a.key = c.key;
    counted := coalesce(pg_catalog.cardinality(taken), 0) = pg_catalog.cardinality(keys);
    IF NOT counted THEN
        SELECT a.number::int, a.every INTO refused_by, wait
        FROM unnest(keys, every) WITH ORDINALITY AS a (key, every, number)
        WHERE taken IS NULL OR a.key <> ALL (taken)
        ORDER BY 1 LIMIT 1;
        UPDATE limits AS l SET spent_until = l.spent_until - a.every * interval '1 second'
        FROM unnest(keys, every) AS a (key, every) WHERE l.key = a.key AND l.key = ANY (taken);
        RETURN;
    END IF;
    -- The first key is the hash of a name that anybody may choose, so its neighbours are any rows.
    DELETE FROM limits AS l WHERE l.key = ANY (ARRAY(
        SELECT d.key FROM limits AS d
        WHERE d.key = ANY (ARRAY(
                SELECT n.key FROM limits AS n WHERE n.key > keys[1] ORDER BY n.key LIMIT 8
            ))
            AND d.spent_until <= asked_at AND d.key <> ALL (keys)
        FOR UPDATE SKIP LOCKED
    ));
END
$$;

-- Gives back what is left at `asked_at` of an attempt's own charge, best effort: all of it, unless a key
-- has recovered since, when others would lose a charge of theirs. They lose at most the seconds that the
-- attempt took, if one given back earlier has emptied the key meanwhile.
CREATE OR REPLACE FUNCTION give_back(
    keys bytea[], every float8[], charged_until float8[], asked_at timestamptz
)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
#variable_conflict use_variable
BEGIN
    IF pg_catalog.cardinality(keys) = 0 THEN
        RETURN;
    END IF;
    BEGIN
        -- One statement, so that it updates no row that another attempt has made since it locked these in
        -- the order of the keys.
        WITH locked AS (
            SELECT l.key FROM limits AS l WHERE l.key = ANY (keys) ORDER BY l.key FOR UPDATE
        )
        UPDATE limits AS l
        SET spent_until = l.spent_until - least(
            to_timestamp(a.charged_until) - asked_at, a.every * interval '1 second'
        )
        FROM locked AS k
        JOIN unnest(keys, every, charged_until) AS a (key, every, charged_until) ON a.key = k.key
        WHERE l.key = k.key AND l.key = ANY (keys) AND to_timestamp(a.charged_until) > asked_at;
    EXCEPTION WHEN lock_not_available OR insufficient_resources OR transaction_rollback THEN
        NULL;
    END;
END
$$;

-- The secret of client proofs, if `migrate` has made one.
CREATE OR REPLACE FUNCTION find_proof_secret()
RETURNS bytea LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (SELECT p.secret FROM proof_keys AS p);
END
$$;

-- What a sign-in reads, with a hash only if the attempt was counted. An exact match of the name, which an
-- adopted user needs, has precedence over the normalized name. If the two differ, both are always
-- queried, so that the time reveals nothing.
CREATE OR REPLACE FUNCTION try_credentials(
    username text, normalized text, keys bytea[], every float8[], burst int[], asked_at timestamptz,
    OUT counted boolean, OUT wait float8, OUT refused_by int, OUT charged_until float8[],
    OUT proof_secret bytea, OUT id int, OUT password text, OUT hashed_by text,
    OUT session_epoch int, OUT is_disabled boolean, OUT kids text[], OUT database_id text,
    OUT roles text[]
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    found record;
    other record;
BEGIN
    SELECT c.counted, c.wait, c.refused_by, c.charged_until
    INTO counted, wait, refused_by, charged_until
    FROM count_try(keys, every, burst, asked_at) AS c;
    SELECT f.* INTO found FROM find_credentials(username) AS f;
    IF normalized <> username THEN
        SELECT f.* INTO other FROM find_credentials(normalized) AS f;
        IF found.id IS NULL THEN
            found := other;
        END IF;
    END IF;
    proof_secret := find_proof_secret();
    id := found.id;
    password := CASE WHEN counted THEN found.password END;
    hashed_by := found.hashed_by;
    session_epoch := found.session_epoch;
    is_disabled := found.is_disabled;
    kids := found.kids;
    database_id := found.database_id;
    roles := found.roles;
END
$$;

-- What the password of a signed-in user is verified against, with a hash only if the attempt was counted;
-- no row if the session is over.
CREATE OR REPLACE FUNCTION try_own_credentials(
    user_id int, session_id uuid, token_digest bytea, asked_at timestamptz, keys bytea[],
    every float8[], burst int[]
)
RETURNS TABLE (
    counted boolean, wait float8, refused_by int, charged_until float8[], password text, hashed_by text,
    username text, email text
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
BEGIN
    FOR password, hashed_by, username, email IN
        SELECT f.password, f.hashed_by, f.username, f.email
        FROM find_own_credentials(user_id, session_id, token_digest, asked_at) AS f
    LOOP
        SELECT c.counted, c.wait, c.refused_by, c.charged_until
        INTO counted, wait, refused_by, charged_until
        FROM count_try(keys, every, burst, asked_at) AS c;
        password := CASE WHEN counted THEN password END;
        RETURN NEXT;
    END LOOP;
END
$$;

REVOKE EXECUTE ON FUNCTION count_try (bytea[], float8[], int[], timestamptz),
give_back (bytea[], float8[], float8[], timestamptz),
find_proof_secret (),
try_credentials (text, text, bytea[], float8[], int[], timestamptz),
try_own_credentials (int, uuid, bytea, timestamptz, bytea[], float8[], int[]) FROM PUBLIC;
