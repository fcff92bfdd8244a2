-- A sign-in that goes on is a row of `sign_ins`. A token names its row; without the row it opens nothing.
-- The legacy app's own statements go on: they name columns, and deleting a user deletes the rows.

-- The first lock stops no statement and ends an autovacuum. The next one stops all of them, so it
-- waits briefly: `migrate` runs this file again until it has the lock.
SET LOCAL lock_timeout = '5s';
LOCK TABLE users IN SHARE UPDATE EXCLUSIVE MODE;
SET LOCAL lock_timeout = '400ms';

-- Incremented when all of the user's sessions end. A concurrent sign-in detects this, and a token
-- without a session is valid only while it is 0.
ALTER TABLE users ADD COLUMN session_epoch int NOT NULL DEFAULT 0;

-- When the user was disabled, which ended all sessions and refuses new ones; NULL for others.
ALTER TABLE users ADD COLUMN disabled_at timestamptz;

CREATE TABLE sign_ins (
    -- UUID version 7, the claim `sid`.
    id uuid CONSTRAINT sign_ins_pkey PRIMARY KEY,
    user_id int NOT NULL CONSTRAINT sign_ins_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    -- What the client asked for: an access token alone, with a refresh token, or with that in a cookie.
    kind text NOT NULL CONSTRAINT sign_ins_kind_check CHECK (kind IN ('access', 'token', 'cookie')),
    -- RFC 9068 §2.2, as chosen at the sign-in.
    client_id text NOT NULL,
    created_at timestamptz NOT NULL,
    -- Right to 15 minutes.
    used_at timestamptz NOT NULL,
    -- The end, whatever the use. The columns that change have no index, so an update adds to none.
    expires_at timestamptz NOT NULL,
    -- The end after the last use.
    idle_seconds int NOT NULL,
    -- The start of the leeway; -infinity before the first rotation.
    rotated_at timestamptz NOT NULL,
    -- The time at which an old refresh token was presented, which ended the session.
    reused_at timestamptz,
    -- The number of rotations, and the newest one of which an access token was seen.
    generation int NOT NULL DEFAULT 0,
    seen_generation int NOT NULL DEFAULT -1,
    -- SHA-256 of the refresh token's parts: the constant one, and the rotating one now and before.
    family_hash bytea,
    current_hash bytea,
    previous_hash bytea,
    -- Of the latest rotation: the successor is computed from the refresh token and this.
    salt bytea,
    -- At the latest sign-in or refresh: text of the client's, and its network.
    user_agent text,
    ip_prefix text
) WITH (fillfactor = 85);

CREATE INDEX sign_ins_user_id_idx ON sign_ins (user_id);
CREATE INDEX sign_ins_expires_at_idx ON sign_ins (expires_at);

-- The tokens without a session that were signed out.
CREATE TABLE ended_tokens (
    -- SHA-256 of what names the token: its `jti`, or of the legacy app's, its signed text.
    digest bytea CONSTRAINT ended_tokens_pkey PRIMARY KEY,
    -- When the row may be removed.
    kept_until timestamptz NOT NULL,
    -- Not NULL in the row of a request that ended so many sessions. Its `digest` is random and marks
    -- the request, in case a lost connection repeats it.
    ended int
);

CREATE INDEX ended_tokens_kept_until_idx ON ended_tokens (kept_until);
