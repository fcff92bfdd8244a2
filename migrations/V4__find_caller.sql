-- What the authorizer asks for each token: the user of that id with all roles, whether the key is
-- accepted at that time, and the identity of this database. PostgreSQL takes longer to plan this
-- than to run it. It keeps the plan of a function's statement with the connection, also behind a
-- pooler that hands the connection on (docs/adr/0012). The plan is a generic one, since otherwise
-- PostgreSQL plans again for each id.

CREATE OR REPLACE FUNCTION find_caller(user_id int, token_kid text, asked_at timestamptz)
RETURNS json LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_variable
BEGIN
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
        'is_key_accepted', EXISTS (
            SELECT FROM signing_keys AS k
            WHERE k.kid = token_kid AND (k.accepted_until IS NULL OR k.accepted_until > asked_at)
        ),
        'database_id', (SELECT d.id FROM database_identity AS d)
    );
END
$$;

REVOKE EXECUTE ON FUNCTION find_caller (int, text, timestamptz) FROM PUBLIC;
