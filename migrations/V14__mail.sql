-- The mails to send and the secrets in them (docs/adr/0037). The legacy app's own statements go on.

-- As in V7: the first lock stops no statement and ends an autovacuum, the next one waits briefly.
SET LOCAL lock_timeout = '5s';
LOCK TABLE users IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL lock_timeout = '400ms';

-- The address that the user has proven to read. It is verified while it equals `email`, so another
-- program that changes `email` makes it unverified.
ALTER TABLE users ADD COLUMN verified_email text;

-- The outbox. A row is a mail that was asked for and hasn't been sent; it holds no secret.
CREATE TABLE mails (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT mails_pkey PRIMARY KEY,
    kind text NOT NULL CONSTRAINT mails_kind_check CHECK (kind IN (
        'verify', 'reset', 'change', 'change_asked', 'email_changed', 'password_changed', 'new_client'
    )),
    -- NULL if the mailer is to find the user by the address.
    user_id int CONSTRAINT mails_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    -- As the caller wrote it, or as it is stored.
    address text NOT NULL,
    -- The languages that the caller prefers: `Accept-Language`, or ''.
    language text NOT NULL,
    asked_at timestamptz NOT NULL,
    -- When a mailer may take it: again after a pause if one has taken it and didn't finish.
    due_at timestamptz NOT NULL,
    attempts int NOT NULL DEFAULT 0,
    -- `user_state` (V15) when the password was verified for a change of address.
    user_state bytea
);

CREATE INDEX mails_due_at_idx ON mails (due_at);
CREATE INDEX mails_user_id_idx ON mails (user_id);
-- What is asked for twice before it is sent, or by a statement that is repeated, is one mail.
CREATE UNIQUE INDEX mails_waiting_idx ON mails (kind, address, coalesce(user_id, 0)) WHERE attempts = 0;

-- What a mail lets its reader do once, by its link or by its code. Only keyed hashes are stored.
CREATE TABLE one_time_secrets (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT one_time_secrets_pkey PRIMARY KEY,
    purpose text NOT NULL CONSTRAINT one_time_secrets_purpose_check
        CHECK (purpose IN ('verify', 'change', 'reset')),
    user_id int NOT NULL
        CONSTRAINT one_time_secrets_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    -- The mailbox that it was sent to.
    address text NOT NULL,
    link_hash bytea NOT NULL CONSTRAINT one_time_secrets_link_hash_key UNIQUE,
    code_hash bytea NOT NULL,
    link_until timestamptz NOT NULL,
    code_until timestamptz NOT NULL,
    -- For a change of address, `user_state` (V15) when it was made.
    user_state bytea,
    -- The random mark of the request that used it, which may be repeated.
    used_by bytea
);

CREATE INDEX one_time_secrets_code_hash_idx ON one_time_secrets (code_hash);
CREATE INDEX one_time_secrets_user_id_idx ON one_time_secrets (user_id, purpose);
CREATE INDEX one_time_secrets_link_until_idx ON one_time_secrets (link_until);
