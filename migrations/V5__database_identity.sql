-- The random id of this database. Each token names it, and a token of another database is refused,
-- even under the same signing key. Only `migrate` writes here.
-- A dump, a snapshot and a replica keep the id; `migrate --new-database-id` gives a copy a new one.

CREATE TABLE database_identity (
    id uuid NOT NULL
);

-- At most one row.
CREATE UNIQUE INDEX database_identity_one_row ON database_identity ((true));
