-- When the app's database became ours, and its highest users.id then: the app's own tokens are for
-- those users alone. No row where the database was never the app's. `migrate` alone writes here.
-- It may be here already: an adoption writes its row before the migrations count as begun.

CREATE TABLE IF NOT EXISTS adoption (
    adopted_at timestamptz NOT NULL,
    last_user_id int NOT NULL
);

-- At most one row.
CREATE UNIQUE INDEX IF NOT EXISTS adoption_one_row ON adoption ((true));
