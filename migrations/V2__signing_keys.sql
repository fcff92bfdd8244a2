-- The public halves of the keys that sign tokens. `migrate` alone writes here.

CREATE TABLE signing_keys (
    -- RFC 7638 thumbprint.
    kid text CONSTRAINT signing_keys_pkey PRIMARY KEY,
    -- The public key as a JWK, JSON text.
    jwk text NOT NULL,
    -- Since when others can learn it, without a break.
    published_at timestamptz NOT NULL,
    -- Since when tokens are signed with it; null while it waits for its promotion. The newest
    -- is the one to sign with.
    signs_from timestamptz,
    -- Until when its tokens are accepted; null while the secret still names it.
    accepted_until timestamptz
);
