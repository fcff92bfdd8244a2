-- The time of the adoption of the legacy app's database, and the highest users.id at that time: the
-- legacy app's tokens are accepted for those users only. Without an adoption there is no row. Only
-- `migrate` writes here. The table may exist: an adoption creates it before the first migration.

CREATE TABLE IF NOT EXISTS adoption (
    adopted_at timestamptz NOT NULL,
    last_user_id int NOT NULL
);

-- At most one row.
CREATE UNIQUE INDEX IF NOT EXISTS adoption_one_row ON adoption ((true));
