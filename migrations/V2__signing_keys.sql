-- The public keys of the keys that sign tokens. Only `migrate` writes here.

CREATE TABLE signing_keys (
    -- RFC 7638 thumbprint.
    kid text CONSTRAINT signing_keys_pkey PRIMARY KEY,
    -- The public key as a JWK, JSON text.
    jwk text NOT NULL,
    -- The time since which it is published without a gap.
    published_at timestamptz NOT NULL,
    -- The time since which it signs tokens; null before its promotion. The newest key signs.
    signs_from timestamptz,
    -- The time until which its tokens are accepted; null while the secret holds the key.
    accepted_until timestamptz
);
