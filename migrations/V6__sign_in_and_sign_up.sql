-- What sign-in and sign-up ask of the tables. Each function runs with its owner's rights
-- (SECURITY DEFINER), so that a login that may call it needs no right on a table: sign-in finds
-- one hash by its user's name and replaces a hash that it knows; sign-up adds a user with the role
-- ROLE_USER and no other.
--
-- The search path is fixed to the schemas of this session, with pg_temp last: no caller can put a
-- table of its own in front, and a trigger of the team's finds what it finds now. Columns are cast
-- to text, which may be varchar in an adopted database: an operator of pg_catalog is then an exact
-- match, so that none in another schema is preferred.

SELECT set_config('search_path', (
    SELECT string_agg(quote_ident(s.name), ', ' ORDER BY s.position) || ', pg_temp'
    FROM unnest(current_schemas(FALSE)) WITH ORDINALITY AS s (name, position)
), TRUE);

-- The user of that name, NULL where there is none; the keys that sign, the newest first, then one
-- that waits for its promotion; the identity of the database.
CREATE OR REPLACE FUNCTION find_for_signin(
    username text, OUT id int, OUT password text, OUT hashed_by text, OUT kids text[],
    OUT database_id text
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
END
$$;

-- Replaces a hash unless it has changed since it was read.
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

-- Makes a user with the role ROLE_USER, or says who is in the way. Called again after a lost
-- connection it finds its own row by the hash, whose salt nobody else has. A name that is taken
-- draws no number from the sequence. A lost race shows the winner's row to the next round only;
-- three rounds without a row mean that others insert and delete it.
CREATE OR REPLACE FUNCTION sign_up(
    username text, email text, password text,
    OUT id int, OUT username_taken boolean, OUT taken boolean
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    FOR round IN 1..3 LOOP
        WITH holder AS (
            SELECT u.id, u.username::text = sign_up.username AS by_username,
                   u.username::text = sign_up.username
                       AND u.password::text = sign_up.password AS by_us
            FROM users AS u
            WHERE u.username::text = sign_up.username OR u.email::text = sign_up.email
        ), created AS (
            INSERT INTO users AS u (username, email, password, hashed_by)
            SELECT sign_up.username, sign_up.email, sign_up.password, 'latchkey'
            WHERE NOT EXISTS (SELECT FROM holder)
            ON CONFLICT DO NOTHING RETURNING u.id
        ), granted AS (
            INSERT INTO users_to_roles (user_id, role_id)
            SELECT c.id, r.id FROM created AS c, roles AS r WHERE r.name::text = 'ROLE_USER'
        )
        SELECT coalesce(
                   (SELECT c.id FROM created AS c), (SELECT h.id FROM holder AS h WHERE h.by_us)
               ),
               EXISTS (SELECT FROM holder AS h WHERE h.by_username),
               EXISTS (SELECT FROM holder)
        INTO id, username_taken, taken;
        EXIT WHEN id IS NOT NULL OR taken;
    END LOOP;
END
$$;

REVOKE EXECUTE ON FUNCTION find_for_signin (text), replace_password (int, text, text),
sign_up (text, text, text) FROM PUBLIC;
