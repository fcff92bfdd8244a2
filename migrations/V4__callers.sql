-- The users that the authorizer may let in: those of these ids with all roles, the keys that are
-- accepted at that time, and the identity of this database. The authorizer asks for each token, and
-- PostgreSQL takes longer to plan this than to run it: of a function's statements it keeps the plan
-- with the connection, also behind a pooler that hands it on (docs/adr/0012). The plan is a generic
-- one, since otherwise PostgreSQL plans again for each list of ids.

CREATE OR REPLACE FUNCTION callers(user_ids int[], asked_at timestamptz) RETURNS json
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_variable
BEGIN
    RETURN json_build_object(
        'users', ARRAY(
            SELECT json_build_object(
                'id', u.id,
                'username', u.username,
                'email', u.email,
                'roles', ARRAY(
                    SELECT (SELECT r.name FROM roles AS r WHERE r.id = m.role_id)
                    FROM users_to_roles AS m WHERE m.user_id = u.id
                )
            )
            FROM users AS u WHERE u.id = ANY (user_ids)
        ),
        'kids', ARRAY(
            SELECT k.kid FROM signing_keys AS k
            WHERE k.accepted_until IS NULL OR k.accepted_until > asked_at
        ),
        'database_id', (SELECT d.id FROM database_identity AS d)
    );
END
$$;

REVOKE EXECUTE ON FUNCTION callers (int[], timestamptz) FROM PUBLIC;
