-- The functions that put mails into the outbox and take them out, by the rules at the head of V8.

SELECT set_config('search_path', (
    SELECT string_agg(quote_ident(s.name), ', ' ORDER BY s.position) || ', pg_temp'
    FROM unnest(current_schemas(FALSE)) WITH ORDINALITY AS s (name, position)
), TRUE);

-- An address with its domain in lower case: the expression of `users_mailbox_idx`.
CREATE OR REPLACE FUNCTION mailbox(address text)
RETURNS text LANGUAGE sql IMMUTABLE
AS $$
    SELECT left(address, strpos(address, '@'::text))
        || lower(substr(address, strpos(address, '@'::text) + 1))
$$;

-- The user with this address, or with this address in lower case, or in lower case with a capital, as
-- phones write it (of ASCII alone, so that no letter that looks like another leads to another mailbox).
-- A disabled user has none.
CREATE OR REPLACE FUNCTION find_by_address(address text)
RETURNS int LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_variable
DECLARE
    lowered CONSTANT text := lower(address COLLATE "C");
    capital CONSTANT text := upper(left(lowered, 1) COLLATE "C") || substr(lowered, 2);
BEGIN
    RETURN (
        SELECT u.id FROM users AS u
        WHERE mailbox(u.email::text)
            = ANY (ARRAY[mailbox(address), mailbox(lowered), mailbox(capital)])
            AND u.disabled_at IS NULL
        ORDER BY
            u.email::text = address DESC,
            mailbox(u.email::text) = mailbox(address) DESC,
            mailbox(u.email::text) = mailbox(lowered) DESC,
            u.id
        LIMIT 1
    );
END
$$;

-- A digest of the user's address, password and epoch: whichever program changes one of them, a change of
-- address that was asked for before is void.
CREATE OR REPLACE FUNCTION user_state(user_id int)
RETURNS bytea LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_variable
BEGIN
    RETURN (
        SELECT sha256(convert_to(
            u.session_epoch::text || ' '::text || coalesce(u.password::text, ''::text)
            || ' '::text || u.email::text,
            'UTF8'::name
        ))
        FROM users AS u WHERE u.id = user_id
    );
END
$$;

-- Puts a mail into the outbox.
CREATE OR REPLACE FUNCTION put_mail(
    kind text, user_id int, address text, language text, asked_at timestamptz
)
RETURNS void LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
BEGIN
    INSERT INTO mails (kind, user_id, address, language, asked_at, due_at, user_state)
    VALUES (
        kind, user_id, address, language, asked_at, asked_at,
        CASE kind WHEN 'change' THEN user_state(user_id) END
    )
    ON CONFLICT DO NOTHING;
END
$$;

-- Takes back the secrets that a user's mails have, but for one.
CREATE OR REPLACE FUNCTION void_secrets(user_id int, purposes text[], but_for bigint)
RETURNS void LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
BEGIN
    DELETE FROM one_time_secrets AS s
    WHERE s.user_id = user_id AND s.purpose = ANY (purposes) AND s.id IS DISTINCT FROM but_for;
END
$$;

-- Counts an attempt, and asks for a mail to an address, whether or not a user has it: the mailer finds
-- that out, so that the time reveals nothing.
CREATE OR REPLACE FUNCTION ask_mail(
    kind text, address text, language text, keys bytea[], every float8[], burst int[],
    asked_at timestamptz, OUT counted boolean, OUT wait float8, OUT refused_by int
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
BEGIN
    IF kind NOT IN ('reset', 'verify') THEN
        RAISE check_violation;
    END IF;
    SELECT c.counted, c.wait, c.refused_by INTO counted, wait, refused_by
    FROM count_try(keys, every, burst, asked_at) AS c;
    IF counted THEN
        PERFORM put_mail(kind, NULL::int, address, language, asked_at);
    END IF;
END
$$;

-- Counts a request, and asks for the mails of a change of address: to the new mailbox and to the present
-- one. The caller's password was verified against the hash. `outcome` is 'asked', 'signed_out',
-- 'conflict' (another hash is stored by now), or 'refused' by a key.
CREATE OR REPLACE FUNCTION ask_email_change(
    user_id int, session_id uuid, token_digest bytea, verified_hash text, address text,
    language text, keys bytea[], every float8[], burst int[], asked_at timestamptz,
    OUT outcome text, OUT counted boolean, OUT wait float8, OUT refused_by int
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    stored text;
    present text;
BEGIN
    SELECT u.password::text, u.email::text INTO stored, present
    FROM users AS u WHERE u.id = user_id FOR SHARE;
    counted := TRUE;
    IF NOT is_signed_in(user_id, session_id, token_digest, asked_at) THEN
        outcome := 'signed_out';
    ELSIF stored IS DISTINCT FROM verified_hash THEN
        outcome := 'conflict';
    ELSE
        SELECT c.counted, c.wait, c.refused_by INTO counted, wait, refused_by
        FROM count_try(keys, every, burst, asked_at) AS c;
        IF NOT counted THEN
            outcome := 'refused';
            RETURN;
        END IF;
        -- One that is void by now would keep this one out.
        DELETE FROM mails AS m
        WHERE m.user_id = user_id AND m.kind = 'change' AND m.user_state <> user_state(user_id);
        PERFORM put_mail('change'::text, user_id, address, language, asked_at);
        PERFORM put_mail('change_asked'::text, user_id, present, language, asked_at);
        outcome := 'asked';
    END IF;
END
$$;

-- Takes up to `most` mails that are due, the oldest first. Each comes back after a pause that grows
-- from 2 minutes to 2 hours, or to 8 minutes for a reset or a change of address, unless it is finished.
-- The user is the one of the row or of the address; `owner_id` and `owner_email` are another user with
-- the address that a change asks for.
CREATE OR REPLACE FUNCTION claim_mails(asked_at timestamptz, most int)
RETURNS TABLE (
    id bigint, kind text, address text, language text, mail_asked_at timestamptz, attempts int,
    user_id int, username text, email text, verified_email text, owner_id int, owner_email text
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH taken AS (
        UPDATE mails AS m SET
            attempts = m.attempts + 1,
            due_at = claim_mails.asked_at
                + least(
                    power(2::float8, least(m.attempts, 6)::float8),
                    CASE WHEN m.kind IN ('reset', 'change') THEN 4 ELSE 60 END::float8
                )
                * interval '2 minutes'
        WHERE m.id = ANY (ARRAY(
            SELECT d.id FROM mails AS d WHERE d.due_at <= claim_mails.asked_at
            ORDER BY d.due_at, d.id LIMIT most FOR UPDATE SKIP LOCKED
        ))
        RETURNING m.id, m.kind, m.user_id, m.address, m.language, m.asked_at, m.attempts
    )
    SELECT
        t.id, t.kind, t.address, t.language, t.asked_at, t.attempts,
        u.id, u.username::text, u.email::text, u.verified_email, o.id, o.email::text
    FROM taken AS t
    LEFT JOIN users AS u ON u.id = coalesce(t.user_id, find_by_address(t.address))
        AND u.disabled_at IS NULL
    LEFT JOIN LATERAL (
        SELECT f.id, CASE WHEN f.disabled_at IS NULL THEN f.email END AS email FROM users AS f
        WHERE t.kind = 'change' AND mailbox(f.email::text) = mailbox(t.address) AND f.id <> u.id
        ORDER BY f.disabled_at IS NOT NULL LIMIT 1
    ) AS o ON TRUE
    ORDER BY t.id;
END
$$;

-- Stores the hashes of a secret before its mail leaves. False if the user is gone, or has another
-- address by now, or for a change, if the user has another address, password or epoch than when it was
-- asked for.
CREATE OR REPLACE FUNCTION store_secret(
    purpose text, user_id int, address text, link_hash bytea, code_hash bytea,
    link_until timestamptz, code_until timestamptz
)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
BEGIN
    PERFORM FROM users AS u
    WHERE u.id = user_id AND (purpose = 'change' OR u.email::text = address) FOR SHARE;
    IF NOT FOUND OR purpose = 'change' AND NOT EXISTS (
        SELECT FROM mails AS m
        WHERE m.user_id = user_id AND m.kind = 'change' AND m.address = address
            AND m.user_state = user_state(user_id)
    ) THEN
        RETURN FALSE;
    END IF;
    INSERT INTO one_time_secrets (
        purpose, user_id, address, link_hash, code_hash, link_until, code_until, user_state
    )
    VALUES (
        purpose, user_id, address, link_hash, code_hash, link_until, code_until,
        CASE WHEN purpose = 'change' THEN user_state(user_id) END
    )
    ON CONFLICT ON CONSTRAINT one_time_secrets_link_hash_key DO NOTHING;
    RETURN TRUE;
END
$$;

-- Removes a mail that was sent or never will be, and up to ten secrets that were over an hour ago.
CREATE OR REPLACE FUNCTION finish_mail(mail_id bigint, asked_at timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
BEGIN
    DELETE FROM mails AS m WHERE m.id = mail_id;
    DELETE FROM one_time_secrets AS s WHERE s.id IN (
        SELECT o.id FROM one_time_secrets AS o
        WHERE o.link_until < asked_at - interval '1 hour'
        ORDER BY o.link_until LIMIT 10 FOR UPDATE SKIP LOCKED
    );
END
$$;

REVOKE EXECUTE ON FUNCTION mailbox (text),
find_by_address (text),
user_state (int),
put_mail (text, int, text, text, timestamptz),
void_secrets (int, text[], bigint),
ask_mail (text, text, text, bytea[], float8[], int[], timestamptz),
ask_email_change (int, uuid, bytea, text, text, text, bytea[], float8[], int[], timestamptz),
claim_mails (timestamptz, int),
store_secret (text, int, text, bytea, bytea, timestamptz, timestamptz),
finish_mail (bigint, timestamptz) FROM PUBLIC;
