-- The functions with which users list and end their sessions, by the rules at the head of V8.

SELECT set_config('search_path', (
    SELECT string_agg(quote_ident(s.name), ', ' ORDER BY s.position) || ', pg_temp'
    FROM unnest(current_schemas(FALSE)) WITH ORDINALITY AS s (name, position)
), TRUE);

-- The caller's sessions, the most recently used first, at most a hundred, and how many more there
-- are; NULL if the token signs nobody in. A session ended by token reuse stays in the list until it
-- expires.
CREATE OR REPLACE FUNCTION list_sessions(
    user_id int, session_id uuid, token_digest bytea, asked_at timestamptz
)
RETURNS json LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    listed sign_ins[];
BEGIN
    IF NOT is_signed_in(user_id, session_id, token_digest, asked_at) THEN
        RETURN NULL;
    END IF;
    listed := ARRAY(
        SELECT s FROM sign_ins AS s
        WHERE s.user_id = user_id AND (
            is_live(s.reused_at, s.expires_at, s.used_at, s.idle_seconds, asked_at)
            OR s.reused_at IS NOT NULL AND s.expires_at > asked_at
        )
        ORDER BY s.used_at DESC, s.id DESC
    );
    RETURN json_build_object(
        'sessions', ARRAY(
            SELECT json_build_object(
                'id', s.id,
                'kind', s.kind,
                'created_at', floor(extract(epoch FROM s.created_at))::int8,
                'used_at', floor(extract(epoch FROM s.used_at))::int8,
                'expires_at', floor(extract(epoch FROM s.expires_at))::int8,
                'ended_at', floor(extract(epoch FROM s.reused_at))::int8,
                'user_agent', s.user_agent,
                'ip_prefix', s.ip_prefix
            )
            FROM unnest(listed[:100]) AS s
        ),
        'more', greatest(cardinality(listed) - 100, 0)
    );
END
$$;

-- Signs out a token without a session. It is remembered for 31 days beyond its end, since that may be
-- moved (LEGACY_TOKENS_UNTIL), and a clock that is ahead must not open it again to the others. Removes
-- what needn't be remembered any more.
CREATE OR REPLACE FUNCTION end_token(token_digest bytea, expires_at timestamptz, asked_at timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
BEGIN
    INSERT INTO ended_tokens (digest, kept_until)
    VALUES (token_digest, expires_at + interval '31 days')
    ON CONFLICT DO NOTHING;
    DELETE FROM ended_tokens AS e WHERE e.digest IN (
        SELECT o.digest FROM ended_tokens AS o WHERE o.kept_until < asked_at
        FOR UPDATE SKIP LOCKED
    );
END
$$;

-- Notes what a request ended, for the hour in which it may be repeated.
CREATE OR REPLACE FUNCTION note_ended(mark bytea, ended int, asked_at timestamptz)
RETURNS void LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
BEGIN
    PERFORM end_token(mark, asked_at, asked_at);
    UPDATE ended_tokens AS e SET ended = ended, kept_until = asked_at + interval '1 hour'
    WHERE e.digest = mark;
END
$$;

-- Ends one session of the caller. Returns how many have ended; NULL if the token signs nobody in.
-- `mark` is random: the same request, repeated, gets the same answer, though its own token is over.
CREATE OR REPLACE FUNCTION revoke_session(
    user_id int, session_id uuid, token_digest bytea, revoked uuid, asked_at timestamptz,
    mark bytea
)
RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    ended int;
BEGIN
    PERFORM FROM users AS u WHERE u.id = user_id FOR NO KEY UPDATE;
    ended := (SELECT e.ended FROM ended_tokens AS e WHERE e.digest = mark);
    IF ended IS NULL AND is_signed_in(user_id, session_id, token_digest, asked_at) THEN
        DELETE FROM sign_ins AS s WHERE s.id = revoked AND s.user_id = user_id;
        GET DIAGNOSTICS ended = ROW_COUNT;
        PERFORM note_ended(mark, ended, asked_at);
    END IF;
    RETURN ended;
END
$$;

-- Ends all sessions of the caller, or all but the caller's own, and each token without a session.
-- Returns how many sessions have ended; NULL if the token signs nobody in. `mark` as above.
CREATE OR REPLACE FUNCTION end_sessions(
    user_id int, session_id uuid, token_digest bytea, keeps_own boolean, asked_at timestamptz,
    mark bytea
)
RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    ended int;
BEGIN
    PERFORM FROM users AS u WHERE u.id = user_id FOR NO KEY UPDATE;
    ended := (SELECT e.ended FROM ended_tokens AS e WHERE e.digest = mark);
    IF ended IS NULL AND is_signed_in(user_id, session_id, token_digest, asked_at) THEN
        UPDATE users AS u SET session_epoch = u.session_epoch + 1 WHERE u.id = user_id;
        WITH gone AS (
            DELETE FROM sign_ins AS s
            WHERE s.user_id = user_id AND NOT (keeps_own AND s.id IS NOT DISTINCT FROM session_id)
            RETURNING is_live(s.reused_at, s.expires_at, s.used_at, s.idle_seconds, asked_at) AS was
        )
        SELECT count(*) FILTER (WHERE g.was) INTO ended FROM gone AS g;
        PERFORM note_ended(mark, ended, asked_at);
    END IF;
    RETURN ended;
END
$$;

-- Replaces the hash that the caller's old password was verified against, and ends all but the
-- caller's own session. `outcome` is 'changed', 'signed_out' or 'conflict': another change came first.
CREATE OR REPLACE FUNCTION change_password(
    user_id int, session_id uuid, token_digest bytea, old_hash text, new_hash text,
    asked_at timestamptz, OUT outcome text
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    stored text;
BEGIN
    SELECT u.password::text INTO stored FROM users AS u WHERE u.id = user_id FOR NO KEY UPDATE;
    IF stored = new_hash THEN
        outcome := 'changed';
    ELSIF NOT is_signed_in(user_id, session_id, token_digest, asked_at) THEN
        outcome := 'signed_out';
    ELSIF stored IS DISTINCT FROM old_hash THEN
        outcome := 'conflict';
    ELSE
        UPDATE users AS u SET
            password = new_hash, hashed_by = 'latchkey', session_epoch = u.session_epoch + 1
        WHERE u.id = user_id;
        DELETE FROM sign_ins AS s
        WHERE s.user_id = user_id AND s.id IS DISTINCT FROM session_id;
        outcome := 'changed';
    END IF;
END
$$;

REVOKE EXECUTE ON FUNCTION list_sessions (int, uuid, bytea, timestamptz),
end_token (bytea, timestamptz, timestamptz),
note_ended (bytea, int, timestamptz),
revoke_session (int, uuid, bytea, uuid, timestamptz, bytea),
end_sessions (int, uuid, bytea, boolean, timestamptz, bytea),
change_password (int, uuid, bytea, text, text, timestamptz) FROM PUBLIC;
