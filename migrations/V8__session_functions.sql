-- The functions of sessions. Like those of V6, each runs with its owner's rights (SECURITY DEFINER),
-- so that no login of a function may write to a table (docs/adr/0028); V6 has the reasons for the
-- fixed search path and for operands of exact types.
--
-- Each may be called twice with the same arguments, since a lost connection repeats a statement.
-- All lock the user's row before a session's, so none waits for another in a circle. After a lock
-- was waited for, the next statement sees what was committed meanwhile.

SELECT set_config('search_path', (
    SELECT string_agg(quote_ident(s.name), ', ' ORDER BY s.position) || ', pg_temp'
    FROM unnest(current_schemas(FALSE)) WITH ORDINALITY AS s (name, position)
), TRUE);

-- Whether a session goes on.
CREATE OR REPLACE FUNCTION is_live(
    reused_at timestamptz, expires_at timestamptz, used_at timestamptz, idle_seconds int,
    asked_at timestamptz
)
RETURNS boolean LANGUAGE sql STABLE
AS $$
    SELECT reused_at IS NULL AND expires_at > asked_at
        AND used_at + idle_seconds::float8 * interval '1 second' > asked_at
$$;

-- Whether a token with a good signature signs its user in: its session is the user's and goes on, or
-- it names none, wasn't signed out, and the user's sessions never all ended.
CREATE OR REPLACE FUNCTION is_signed_in(
    user_id int, session_id uuid, token_digest bytea, asked_at timestamptz
)
RETURNS boolean LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_variable
BEGIN
    IF session_id IS NOT NULL THEN
        RETURN EXISTS (
            SELECT FROM sign_ins AS s
            WHERE s.id = session_id AND s.user_id = user_id
                AND is_live(s.reused_at, s.expires_at, s.used_at, s.idle_seconds, asked_at)
        );
    END IF;
    RETURN token_digest IS NOT NULL
        AND EXISTS (SELECT FROM users AS u WHERE u.id = user_id AND u.session_epoch = 0)
        AND NOT EXISTS (SELECT FROM ended_tokens AS e WHERE e.digest = token_digest);
END
$$;

-- What the authorizer asks for each token; takes over from `find_caller`. A token of the session's
-- current generation is its receipt: the client has the latest refresh token. A use is noted if the
-- noted one is 15 minutes old, or a quarter of the time without use that ends the session. Neither
-- waits for a lock or the disk, nor happens in a database that only reads, nor refuses the caller
-- where it can't be written.
CREATE OR REPLACE FUNCTION authorize(
    user_id int, session_id uuid, generation int, token_digest bytea, token_kid text,
    asked_at timestamptz
)
RETURNS json LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_variable
DECLARE
    signed_in boolean;
    is_news boolean;
BEGIN
    IF session_id IS NULL THEN
        signed_in := is_signed_in(user_id, NULL, token_digest, asked_at);
    ELSE
        -- In one statement, since this is the most frequent question of all.
        SELECT
            s.user_id = user_id
            AND is_live(s.reused_at, s.expires_at, s.used_at, s.idle_seconds, asked_at),
            s.used_at < asked_at
                - least(900::float8, s.idle_seconds::float8 / 4::float8) * interval '1 second'
            OR s.generation = generation AND s.seen_generation < generation
        INTO signed_in, is_news
        FROM sign_ins AS s WHERE s.id = session_id;
    END IF;
    IF signed_in AND is_news AND current_setting('transaction_read_only') = 'off' THEN
        BEGIN
            -- UPDATE would wait for it.
            LOCK TABLE sign_ins IN ROW EXCLUSIVE MODE NOWAIT;
            PERFORM set_config('synchronous_commit', 'off', TRUE);
            UPDATE sign_ins AS s SET
                used_at = greatest(s.used_at, asked_at),
                seen_generation = CASE
                    WHEN s.generation = generation THEN generation ELSE s.seen_generation END
            WHERE s.id = (
                SELECT o.id FROM sign_ins AS o
                WHERE o.id = session_id
                    AND is_live(o.reused_at, o.expires_at, o.used_at, o.idle_seconds, asked_at)
                FOR NO KEY UPDATE SKIP LOCKED
            );
        EXCEPTION WHEN lock_not_available OR insufficient_resources OR transaction_rollback THEN
            NULL;
        END;
    END IF;
    RETURN json_build_object(
        'user', (
            SELECT json_build_object(
                'id', u.id,
                'username', u.username,
                'email', u.email,
                'roles', ARRAY(
                    SELECT (SELECT r.name FROM roles AS r WHERE r.id = m.role_id)
                    FROM users_to_roles AS m WHERE m.user_id = u.id ORDER BY m.role_id
                )
            )
            FROM users AS u WHERE u.id = user_id
        ),
        'is_signed_in', coalesce(signed_in, FALSE),
        'is_key_accepted', EXISTS (
            SELECT FROM signing_keys AS k
            WHERE k.kid = token_kid AND (k.accepted_until IS NULL OR k.accepted_until > asked_at)
        ),
        'database_id', (SELECT d.id FROM database_identity AS d)
    );
END
$$;

-- The ids of the current keys, the newest first and an unpromoted one last, and the database's id.
CREATE OR REPLACE FUNCTION find_issuer(OUT kids text[], OUT database_id text)
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    kids := ARRAY(
        SELECT k.kid FROM signing_keys AS k
        WHERE k.accepted_until IS NULL ORDER BY k.signs_from DESC NULLS LAST
    );
    database_id := (SELECT d.id::text FROM database_identity AS d);
END
$$;

-- What a sign-in reads; takes over from `find_for_signin`.
CREATE OR REPLACE FUNCTION find_credentials(
    username text, OUT id int, OUT password text, OUT hashed_by text, OUT session_epoch int,
    OUT is_disabled boolean, OUT kids text[], OUT database_id text, OUT roles text[]
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    SELECT w.kids, w.database_id INTO kids, database_id FROM find_issuer() AS w;
    SELECT u.id, u.password, u.hashed_by, u.session_epoch, u.disabled_at IS NOT NULL
    INTO id, password, hashed_by, session_epoch, is_disabled
    FROM users AS u WHERE u.username::text = find_credentials.username;
    roles := ARRAY(
        SELECT r.name::text FROM users_to_roles AS m JOIN roles AS r ON r.id = m.role_id
        WHERE m.user_id = find_credentials.id ORDER BY m.role_id
    );
END
$$;

-- Starts a session, unless the user is disabled or all sessions of the user have ended since their
-- password was read. Removes up to three sessions that are over, and of the user's beyond a thousand
-- first those without a refresh token, which a client may start for each request, and then the least
-- recently used.
CREATE OR REPLACE FUNCTION start_session(
    session_id uuid, user_id int, session_epoch int, kind text, client_id text, family_hash bytea,
    current_hash bytea, asked_at timestamptz, expires_at timestamptz, idle_seconds int,
    user_agent text, ip_prefix text
)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
BEGIN
    PERFORM FROM users AS u
    WHERE u.id = user_id AND u.session_epoch = session_epoch AND u.disabled_at IS NULL
    FOR SHARE;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    INSERT INTO sign_ins (
        id, user_id, kind, client_id, created_at, used_at, expires_at, idle_seconds, rotated_at,
        family_hash, current_hash, user_agent, ip_prefix
    )
    VALUES (
        session_id, user_id, kind, client_id, asked_at, asked_at, expires_at, idle_seconds,
        '-infinity', family_hash, current_hash, user_agent, ip_prefix
    )
    ON CONFLICT ON CONSTRAINT sign_ins_pkey DO NOTHING;
    DELETE FROM sign_ins AS s WHERE s.id IN (
        SELECT o.id FROM sign_ins AS o WHERE o.expires_at < asked_at
        ORDER BY o.expires_at LIMIT 3 FOR UPDATE SKIP LOCKED
    );
    -- Two steps, since a lock would be taken on the rows that OFFSET leaves out, too.
    DELETE FROM sign_ins AS s WHERE s.id IN (
        SELECT o.id FROM sign_ins AS o WHERE o.id IN (
            SELECT b.id FROM sign_ins AS b WHERE b.user_id = user_id AND b.id <> session_id
            ORDER BY b.kind = 'access', b.used_at DESC OFFSET 999
        )
        FOR UPDATE SKIP LOCKED
    );
    RETURN TRUE;
END
$$;

-- Exchanges a refresh token, given by the hashes of its parts. `outcome` is NULL if the token opens
-- no session; then nothing is written. Otherwise:
--   rotated   the current token: its successor, computed from it and `salt`, is current from now on
--   kept      the current token within `leeway` of the rotation: it stays current
--   replayed  the previous token, within `leeway` or before its successor was seen at work: the client
--             lost the answer, or two of its requests crossed; it gets the same successor
--   reused    any other token of the session, an old one: it was stolen, and the session ends
-- `new_salt` is random, so it also marks what this call did, for the case that it is repeated.
CREATE OR REPLACE FUNCTION refresh_session(
    session_id uuid, family_hash bytea, presented_hash bytea, successor_hash bytea, new_salt bytea,
    asked_at timestamptz, leeway interval, user_agent text, ip_prefix text,
    OUT outcome text, OUT user_id int, OUT client_id text, OUT generation int, OUT salt bytea,
    OUT expires_at timestamptz, OUT kids text[], OUT database_id text, OUT roles text[]
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_variable
DECLARE
    session sign_ins;
    is_fresh boolean;
    is_seen boolean;
BEGIN
    SELECT s.* INTO session FROM sign_ins AS s
    WHERE s.id = session_id AND s.family_hash = family_hash AND (
        is_live(s.reused_at, s.expires_at, s.used_at, s.idle_seconds, asked_at)
        OR s.reused_at IS NOT NULL AND s.salt = new_salt
    )
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    is_fresh := session.rotated_at > asked_at - leeway;
    is_seen := session.seen_generation = session.generation;
    IF session.reused_at IS NOT NULL THEN
        outcome := 'reused';
    ELSIF presented_hash = session.current_hash AND is_fresh THEN
        outcome := 'kept';
    ELSIF presented_hash = session.current_hash THEN
        outcome := 'rotated';
        session.generation := session.generation + 1;
        session.previous_hash := session.current_hash;
        session.current_hash := successor_hash;
        session.salt := new_salt;
        session.rotated_at := asked_at;
    ELSIF presented_hash = session.previous_hash AND session.salt = new_salt THEN
        outcome := 'rotated';
    ELSIF presented_hash = session.previous_hash AND (is_fresh OR NOT is_seen) THEN
        outcome := 'replayed';
        IF NOT is_seen THEN
            session.rotated_at := asked_at;
        END IF;
    ELSE
        outcome := 'reused';
        session.reused_at := asked_at;
        session.salt := new_salt;
    END IF;
    UPDATE sign_ins AS s SET
        generation = session.generation,
        previous_hash = session.previous_hash,
        current_hash = session.current_hash,
        salt = session.salt,
        rotated_at = session.rotated_at,
        reused_at = session.reused_at,
        used_at = greatest(s.used_at, asked_at),
        user_agent = user_agent,
        ip_prefix = ip_prefix
    WHERE s.id = session_id;
    SELECT w.kids, w.database_id INTO kids, database_id FROM find_issuer() AS w;
    roles := ARRAY(
        SELECT r.name::text FROM users_to_roles AS m JOIN roles AS r ON r.id = m.role_id
        WHERE m.user_id = session.user_id ORDER BY m.role_id
    );
    user_id := session.user_id;
    client_id := session.client_id;
    generation := session.generation;
    salt := session.salt;
    expires_at := session.expires_at;
END
$$;

REVOKE EXECUTE ON FUNCTION is_live (timestamptz, timestamptz, timestamptz, int, timestamptz),
is_signed_in (int, uuid, bytea, timestamptz),
authorize (int, uuid, int, bytea, text, timestamptz),
find_issuer (),
find_credentials (text),
start_session (uuid, int, int, text, text, bytea, bytea, timestamptz, timestamptz, int, text, text),
refresh_session (uuid, bytea, bytea, bytea, bytea, timestamptz, interval, text, text) FROM PUBLIC;
