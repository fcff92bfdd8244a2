-- The limits on guesses and sign-ups (docs/adr/0034).

-- How much of its budget each key has used: GCRA's "theoretical arrival time", until which the key's
-- attempts are spent. A key is a hash of a name or a network. Unlogged: a commit waits for no disk, and a
-- crash of the server empties the table.
CREATE TABLE limits (
    key bytea NOT NULL CONSTRAINT limits_pkey PRIMARY KEY
        CONSTRAINT limits_key_check CHECK (octet_length(key) = 16),
    spent_until timestamptz NOT NULL
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
-- A statement of its own, since `migrate` finds the tables to come by lines that start with CREATE TABLE.
ALTER TABLE limits SET UNLOGGED;

-- The secret that client proofs are made with. Only `migrate` writes here.
CREATE TABLE proof_keys (
    secret bytea NOT NULL CONSTRAINT proof_keys_secret_check CHECK (octet_length(secret) = 32)
);

-- At most one row.
CREATE UNIQUE INDEX proof_keys_one_row ON proof_keys ((true));
