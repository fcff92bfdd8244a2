-- The functions that use a secret of a mail, by the rules at the head of V8. A secret is given by the
-- hash of its link, or by the hash of its code together with the address; the other is NULL.

SELECT set_config('search_path', (
    SELECT string_agg(quote_ident(s.name), ', ' ORDER BY s.position) || ', pg_temp'
    FROM unnest(current_schemas(FALSE)) WITH ORDINALITY AS s (name, position)
), TRUE);

-- The secret that a request may use: not over, and not used but by this very request (`mark`). It ends
-- when the user has another address; a change of address also by another password or epoch. The latest,
-- if codes collide.
CREATE OR REPLACE FUNCTION find_secret(
    purposes text[], link_hash bytea, code_hash bytea, address text, mark bytea,
    asked_at timestamptz
)
RETURNS one_time_secrets LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_variable
DECLARE
    found one_time_secrets;
BEGIN
    SELECT s.* INTO found
    FROM one_time_secrets AS s JOIN users AS u ON u.id = s.user_id
    WHERE s.purpose = ANY (purposes)
        AND (s.used_by IS NULL OR s.used_by = mark)
        AND (
            s.link_hash = link_hash AND s.link_until > asked_at
            OR link_hash IS NULL AND s.code_hash = code_hash AND s.code_until > asked_at
                AND (
                    mailbox(s.address) = mailbox(address)
                    OR s.user_id = find_by_address(address) AND s.purpose <> 'change'
                )
        )
        AND (
            s.used_by = mark
            OR s.purpose <> 'change' AND u.email::text = s.address
            OR s.user_state = user_state(u.id)
        )
        AND u.disabled_at IS NULL
    ORDER BY s.id DESC LIMIT 1;
    RETURN found;
END
$$;

-- Counts an attempt, and finds the user whose password a secret may reset.
CREATE OR REPLACE FUNCTION try_reset(
    link_hash bytea, code_hash bytea, address text, keys bytea[], every float8[], burst int[],
    asked_at timestamptz,
    OUT counted boolean, OUT wait float8, OUT refused_by int, OUT user_id int, OUT username text,
    OUT email text
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    secret one_time_secrets;
BEGIN
    SELECT c.counted, c.wait, c.refused_by INTO counted, wait, refused_by
    FROM count_try(keys, every, burst, asked_at) AS c;
    IF counted THEN
        secret := find_secret('{reset}'::text[], link_hash, code_hash, address, NULL::bytea, asked_at);
        SELECT u.id, u.username::text, u.email::text INTO user_id, username, email
        FROM users AS u WHERE u.id = secret.user_id;
    END IF;
END
$$;

-- Sets a password by a secret: the mailbox is verified, every session ends, every other secret goes,
-- and the user is notified. NULL if another request has used the secret first.
CREATE OR REPLACE FUNCTION reset_password(
    link_hash bytea, code_hash bytea, address text, new_hash text, language text, mark bytea,
    asked_at timestamptz
)
RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    secret one_time_secrets;
BEGIN
    secret := find_secret('{reset}'::text[], link_hash, code_hash, address, mark, asked_at);
    PERFORM FROM users AS u WHERE u.id = secret.user_id FOR NO KEY UPDATE;
    -- Read again: it may have been used while the lock was waited for.
    secret := find_secret('{reset}'::text[], link_hash, code_hash, address, mark, asked_at);
    IF secret.used_by IS NULL AND secret.id IS NOT NULL THEN
        UPDATE one_time_secrets AS s SET used_by = mark WHERE s.id = secret.id;
        PERFORM void_secrets(secret.user_id, '{verify,change,reset}'::text[], secret.id);
        UPDATE users AS u SET
            password = new_hash, hashed_by = 'latchkey', verified_email = u.email::text,
            session_epoch = u.session_epoch + 1
        WHERE u.id = secret.user_id;
        DELETE FROM sign_ins AS s WHERE s.user_id = secret.user_id;
        PERFORM put_mail('password_changed'::text, secret.user_id, secret.address, language, asked_at);
    END IF;
    RETURN secret.user_id;
END
$$;

-- Counts an attempt, and proves the mailbox of a secret: the user's own, or the one that it changes to.
-- Without a user, the secret is none, or, if `taken`, another user has the address by now. After a
-- change, both mailboxes are notified, and every other secret of the user goes.
CREATE OR REPLACE FUNCTION verify_email(
    link_hash bytea, code_hash bytea, address text, keys bytea[], every float8[], burst int[],
    language text, mark bytea, asked_at timestamptz,
    OUT counted boolean, OUT wait float8, OUT refused_by int, OUT user_id int, OUT username text,
    OUT email text, OUT taken boolean
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    purposes CONSTANT text[] := '{verify,change}';
    secret one_time_secrets;
    before text;
BEGIN
    SELECT c.counted, c.wait, c.refused_by INTO counted, wait, refused_by
    FROM count_try(keys, every, burst, asked_at) AS c;
    taken := FALSE;
    IF NOT counted THEN
        RETURN;
    END IF;
    secret := find_secret(purposes, link_hash, code_hash, address, mark, asked_at);
    IF secret.id IS NULL THEN
        RETURN;
    END IF;
    -- The lock of a sign-up for this address (V6).
    PERFORM pg_advisory_xact_lock(hashtext('latchkey'), hashtext(mailbox(secret.address)));
    PERFORM FROM users AS u WHERE u.id = secret.user_id FOR NO KEY UPDATE;
    secret := find_secret(purposes, link_hash, code_hash, address, mark, asked_at);
    IF secret.id IS NULL THEN
        RETURN;
    END IF;
    IF secret.used_by IS NULL THEN
        IF secret.purpose = 'change' THEN
            taken := EXISTS (
                SELECT FROM users AS o
                WHERE mailbox(o.email::text) = mailbox(secret.address) AND o.id <> secret.user_id
            );
        END IF;
        before := (SELECT u.email::text FROM users AS u WHERE u.id = secret.user_id);
        IF NOT taken THEN
            BEGIN
                UPDATE users AS u SET email = secret.address, verified_email = secret.address
                WHERE u.id = secret.user_id;
                IF NOT FOUND THEN
                    RETURN;
                END IF;
            EXCEPTION
                WHEN unique_violation OR exclusion_violation THEN
                    -- Another program has just stored it.
                    taken := TRUE;
                WHEN check_violation OR string_data_right_truncation THEN
                    -- A rule of the team's own refuses it.
                    RETURN;
            END;
        END IF;
        IF taken THEN
            RETURN;
        END IF;
        UPDATE one_time_secrets AS s SET used_by = mark WHERE s.id = secret.id;
        PERFORM void_secrets(secret.user_id, ARRAY[secret.purpose], secret.id);
        IF before <> secret.address THEN
            PERFORM void_secrets(secret.user_id, '{verify,change,reset}'::text[], secret.id);
            PERFORM put_mail('email_changed'::text, secret.user_id, before, language, asked_at);
            PERFORM put_mail('email_changed'::text, secret.user_id, secret.address, language, asked_at);
        END IF;
    END IF;
    SELECT u.id, u.username::text, u.email::text INTO user_id, username, email
    FROM users AS u WHERE u.id = secret.user_id;
END
$$;

REVOKE EXECUTE ON FUNCTION find_secret (text[], bytea, bytea, text, bytea, timestamptz),
try_reset (bytea, bytea, text, bytea[], float8[], int[], timestamptz),
reset_password (bytea, bytea, text, text, text, bytea, timestamptz),
verify_email (bytea, bytea, text, bytea[], float8[], int[], text, bytea, timestamptz) FROM PUBLIC;
