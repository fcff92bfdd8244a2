-- The functions with which other statements ask for a mail to their user, by the rules at the head of V8.

SELECT set_config('search_path', (
    SELECT string_agg(quote_ident(s.name), ', ' ORDER BY s.position) || ', pg_temp'
    FROM unnest(current_schemas(FALSE)) WITH ORDINALITY AS s (name, position)
), TRUE);

-- Asks a new user to verify their address, if the mailbox's key has an attempt left.
CREATE OR REPLACE FUNCTION ask_new_user(
    user_id int, language text, keys bytea[], every float8[], burst int[], asked_at timestamptz
)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    present text;
BEGIN
    SELECT u.email::text INTO present FROM users AS u
    WHERE u.id = user_id AND u.verified_email IS DISTINCT FROM u.email::text;
    IF FOUND AND (SELECT c.counted FROM count_try(keys, every, burst, asked_at) AS c) THEN
        PERFORM put_mail('verify'::text, user_id, present, language, asked_at);
    END IF;
END
$$;

-- Takes back what mails let their readers do after a new password, and notifies the user of it, if the
-- key has an attempt left. If mail is off, `language` is NULL.
CREATE OR REPLACE FUNCTION notify_password_changed(
    user_id int, language text, keys bytea[], every float8[], burst int[], asked_at timestamptz
)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    present text;
BEGIN
    SELECT u.email::text INTO present FROM users AS u WHERE u.id = user_id;
    IF FOUND THEN
        PERFORM void_secrets(user_id, '{change,reset}'::text[], NULL::bigint);
        IF language IS NOT NULL
            AND (SELECT c.counted FROM count_try(keys, every, burst, asked_at) AS c)
        THEN
            PERFORM put_mail('password_changed'::text, user_id, present, language, asked_at);
        END IF;
    END IF;
END
$$;

-- Notifies a user of a sign-in by a new client, if the address is verified and the key has an attempt
-- left.
CREATE OR REPLACE FUNCTION notify_new_client(
    user_id int, language text, keys bytea[], every float8[], burst int[], asked_at timestamptz
)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    present text;
BEGIN
    SELECT u.email::text INTO present FROM users AS u
    WHERE u.id = user_id AND u.verified_email = u.email::text;
    IF FOUND AND (SELECT c.counted FROM count_try(keys, every, burst, asked_at) AS c) THEN
        PERFORM put_mail('new_client'::text, user_id, present, language, asked_at);
    END IF;
END
$$;

-- Whether the user's address is verified.
CREATE OR REPLACE FUNCTION has_verified_email(user_id int)
RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
BEGIN
    RETURN EXISTS (
        SELECT FROM users AS u WHERE u.id = user_id AND u.verified_email = u.email::text
    );
END
$$;

REVOKE EXECUTE ON FUNCTION ask_new_user (int, text, bytea[], float8[], int[], timestamptz),
notify_password_changed (int, text, bytea[], float8[], int[], timestamptz),
notify_new_client (int, text, bytea[], float8[], int[], timestamptz),
has_verified_email (int) FROM PUBLIC;
