-- The functions with which a client signs out, by the rules at the head of V8.

SELECT set_config('search_path', (
    SELECT string_agg(quote_ident(s.name), ', ' ORDER BY s.position) || ', pg_temp'
    FROM unnest(current_schemas(FALSE)) WITH ORDINALITY AS s (name, position)
), TRUE);

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

REVOKE EXECUTE ON FUNCTION end_own_token (int, bytea, timestamptz, timestamptz, bytea) FROM PUBLIC;
