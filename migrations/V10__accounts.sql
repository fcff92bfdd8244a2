-- The functions with which users change their password and delete their account, by the rules at the
-- head of V8. V9 has `change_password`.

SELECT set_config('search_path', (
    SELECT string_agg(quote_ident(s.name), ', ' ORDER BY s.position) || ', pg_temp'
    FROM unnest(current_schemas(FALSE)) WITH ORDINALITY AS s (name, position)
), TRUE);

-- The hash that verifies the caller's password, and the names that a new password must not be made
-- of. No row if the token signs nobody in.
CREATE OR REPLACE FUNCTION find_own_credentials(
    user_id int, session_id uuid, token_digest bytea, asked_at timestamptz
)
RETURNS TABLE (password text, hashed_by text, username text, email text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
BEGIN
    IF is_signed_in(user_id, session_id, token_digest, asked_at) THEN
        RETURN QUERY
        SELECT u.password::text, u.hashed_by::text, u.username::text, u.email::text
        FROM users AS u WHERE u.id = user_id;
    END IF;
END
$$;

-- Deletes the user whose password was verified against the hash, with roles and sessions. `outcome`:
--   deleted     also if the user is gone already: a lost connection repeats a call, and no other user
--               ever gets the id
--   signed_out  the token signs nobody in
--   conflict    another hash is stored by now
--   in_use      a constraint or a trigger of the team's own needs the user; nothing has changed
CREATE OR REPLACE FUNCTION delete_account(
    user_id int, session_id uuid, token_digest bytea, verified_hash text, asked_at timestamptz,
    OUT outcome text
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    stored text;
BEGIN
    SELECT u.password::text INTO stored FROM users AS u WHERE u.id = user_id FOR UPDATE;
    IF NOT FOUND THEN
        outcome := 'deleted';
    ELSIF NOT is_signed_in(user_id, session_id, token_digest, asked_at) THEN
        outcome := 'signed_out';
    ELSIF coalesce(stored <> verified_hash, TRUE) THEN
        outcome := 'conflict';
    ELSE
        BEGIN
            -- The foreign keys of Latchkey's tables cascade.
            DELETE FROM users AS u WHERE u.id = user_id;
            IF NOT FOUND THEN
                RAISE foreign_key_violation;
            END IF;
            -- Deferred constraints would fail later, outside of this block.
            SET CONSTRAINTS ALL IMMEDIATE;
            outcome := 'deleted';
        EXCEPTION WHEN integrity_constraint_violation THEN
            outcome := 'in_use';
        END;
    END IF;
END
$$;

REVOKE EXECUTE ON FUNCTION find_own_credentials (int, uuid, bytea, timestamptz),
delete_account (int, uuid, bytea, text, timestamptz) FROM PUBLIC;
