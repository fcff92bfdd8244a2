-- The functions with which a client signs out, by the rules at the head of V8.

SELECT set_config('search_path', (
    SELECT string_agg(quote_ident(s.name), ', ' ORDER BY s.position) || ', pg_temp'
    FROM unnest(current_schemas(FALSE)) WITH ORDINALITY AS s (name, position)
), TRUE);

-- Signs out: ends the session of an access token whose signature is good, or that token until its end
-- if it has no session, and the sessions of up to two refresh tokens of any age, each given by the hash
-- of its constant part. The first row says whether the access token's key is accepted and its database
-- is this one; otherwise that token ends nothing. A further row is for each session that has ended, and
-- for the token without one. A session ended by token reuse stays in the user's list.
CREATE OR REPLACE FUNCTION sign_out(
    user_id int, session_id uuid, token_digest bytea, token_kid text, token_database_id text,
    token_expires_at timestamptz, refreshed uuid, family_hash bytea, also_refreshed uuid,
    also_family_hash bytea, asked_at timestamptz
)
RETURNS TABLE (is_accepted boolean, ended_user_id int, ended_session_id uuid)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    named uuid[];
BEGIN
    is_accepted := EXISTS (
        SELECT FROM signing_keys AS k
        WHERE k.kid = token_kid AND (k.accepted_until IS NULL OR k.accepted_until > asked_at)
    ) AND EXISTS (SELECT FROM database_identity AS d WHERE d.id::text = token_database_id);
    RETURN NEXT;
    named := ARRAY(
        SELECT s.id FROM sign_ins AS s
        WHERE s.id = session_id AND s.user_id = user_id AND is_accepted
            OR s.id = refreshed AND s.family_hash = family_hash
            OR s.id = also_refreshed AND s.family_hash = also_family_hash
    );
    PERFORM FROM users AS u
    WHERE u.id IN (SELECT s.user_id FROM sign_ins AS s WHERE s.id = ANY (named))
    ORDER BY u.id FOR NO KEY UPDATE;
    RETURN QUERY
    WITH gone AS (
        DELETE FROM sign_ins AS s WHERE s.id = ANY (named) AND s.reused_at IS NULL
        RETURNING s.id, s.user_id AS of_user,
            is_live(s.reused_at, s.expires_at, s.used_at, s.idle_seconds, asked_at) AS was_live
    )
    SELECT is_accepted, g.of_user, g.id FROM gone AS g WHERE g.was_live;
    IF is_accepted AND session_id IS NULL AND token_expires_at > asked_at
        AND is_signed_in(user_id, NULL, token_digest, asked_at) THEN
        PERFORM end_token(token_digest, token_expires_at, asked_at);
        ended_user_id := user_id;
        RETURN NEXT;
    END IF;
END
$$;

-- Ends the caller's token, which has no session. Returns 1; NULL if it signs nobody in. `mark` as in
-- V9.
CREATE OR REPLACE FUNCTION end_own_token(
    user_id int, token_digest bytea, token_expires_at timestamptz, asked_at timestamptz, mark bytea
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
    IF ended IS NULL AND is_signed_in(user_id, NULL, token_digest, asked_at) THEN
        ended := 1;
        PERFORM end_token(token_digest, token_expires_at, asked_at);
        PERFORM note_ended(mark, ended, asked_at);
    END IF;
    RETURN ended;
END
$$;

REVOKE EXECUTE ON FUNCTION sign_out (
    int, uuid, bytea, text, text, timestamptz, uuid, bytea, uuid, bytea, timestamptz
),
end_own_token (int, bytea, timestamptz, timestamptz, bytea) FROM PUBLIC;
