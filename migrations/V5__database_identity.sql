-- The random identity of this database, which each token names: a token of another database is
-- refused, also where both are under one signing key. `migrate` makes the row, and nothing else
-- writes here.
-- A dump, a snapshot and a replica keep it; `migrate --new-database-id` gives a copy another.

CREATE TABLE database_identity (
    id uuid NOT NULL
);

-- At most one row.
CREATE UNIQUE INDEX database_identity_one_row ON database_identity ((true));
