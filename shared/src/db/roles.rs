//! The tables `roles` and `users_to_roles`.

use super::sql::Sql;

/// Grants a role, if the user's roles then have at most `$4` bytes, joined by spaces. The result adds
/// it, since a statement doesn't see its own insert.
pub const GRANT: Sql = Sql::for_owner(
    "WITH subject AS ( \
         SELECT u.id, u.username, octet_length($2) + ( \
             SELECT coalesce(sum(octet_length(r.name::text) + 1), 0) FROM users_to_roles AS ur \
             JOIN roles AS r ON r.id = ur.role_id \
             WHERE ur.user_id = u.id AND r.name::text <> $2 AND r.name::text ~ '^[A-Z0-9_]{1,64}$' \
         ) <= $4 AS fits \
         FROM users AS u WHERE u.username::text = $1 OR u.id = $3), \
     granted AS ( \
         INSERT INTO users_to_roles (user_id, role_id) \
         SELECT subject.id, roles.id FROM subject, roles WHERE roles.name::text = $2 AND subject.fits \
         ON CONFLICT DO NOTHING \
     ) \
     SELECT s.id, s.username, s.fits, \
         EXISTS (SELECT FROM roles AS r WHERE r.name::text = $2) AS is_role, \
         ARRAY(SELECT r.name FROM roles AS r WHERE r.name::text = $2 OR EXISTS ( \
             SELECT FROM users_to_roles AS ur WHERE ur.user_id = s.id AND ur.role_id = r.id) \
             ORDER BY r.id) AS roles \
     FROM subject AS s",
);

/// Revokes a role.
pub const REVOKE: Sql = Sql::for_owner(
    "WITH subject AS (SELECT id, username FROM users WHERE username::text = $1 OR id = $3), \
     revoked AS ( \
         DELETE FROM users_to_roles USING subject, roles \
         WHERE user_id = subject.id AND role_id = roles.id AND roles.name::text = $2 \
     ) \
     SELECT s.id, s.username, TRUE AS fits, \
         EXISTS (SELECT FROM roles AS r WHERE r.name::text = $2) AS is_role, \
         ARRAY(SELECT r.name FROM roles AS r WHERE r.name::text <> $2 AND EXISTS ( \
             SELECT FROM users_to_roles AS ur WHERE ur.user_id = s.id AND ur.role_id = r.id) \
             ORDER BY r.id) AS roles \
     FROM subject AS s",
);

/// Makes a role; no row if it exists.
pub const ADD: Sql = Sql::for_owner(
    "INSERT INTO roles (name) VALUES ($1) ON CONFLICT DO NOTHING RETURNING TRUE AS is_new",
);

/// Removes a role and takes it from its users; if it has users, only with `$2`.
pub const REMOVE: Sql = Sql::for_owner(
    "WITH held AS ( \
         SELECT count(*) AS users FROM users_to_roles AS ur \
         JOIN roles AS r ON r.id = ur.role_id WHERE r.name::text = $1), \
     removed AS ( \
         DELETE FROM roles USING held \
         WHERE roles.name::text = $1 AND ($2 OR held.users = 0) RETURNING roles.id \
     ) \
     SELECT held.users, EXISTS (SELECT FROM removed) AS is_removed FROM held",
);

/// All roles with the number of their users.
pub const ROLES: Sql = Sql::for_owner(
    "SELECT r.name, count(ur.user_id) AS users FROM roles AS r \
     LEFT JOIN users_to_roles AS ur ON ur.role_id = r.id GROUP BY r.id, r.name ORDER BY r.id",
);

/// A page of users by id, cut where their names and roles exceed `$3` bytes, with the number of users
/// before the cut.
pub const LIST: Sql = Sql::for_owner(
    "SELECT id, username, roles, disabled_at, users FROM ( \
         SELECT id, username, roles, disabled_at, count(*) OVER () AS users, \
             sum(octet_length(username::text) + octet_length(roles::text)) OVER (ORDER BY id) \
             - octet_length(username::text) - octet_length(roles::text) AS bytes_before \
         FROM (SELECT u.id, u.username, \
                 to_char(u.disabled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') \
                 AS disabled_at, ARRAY(SELECT r.name FROM users_to_roles AS ur \
                 JOIN roles AS r ON r.id = ur.role_id WHERE ur.user_id = u.id ORDER BY r.id) \
                 AS roles \
             FROM users AS u WHERE u.id > $1 ORDER BY u.id LIMIT $2) AS page) AS measured \
     WHERE bytes_before < $3 ORDER BY id",
);
