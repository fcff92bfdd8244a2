-- The legacy app's tables and names, with the keys that it lacked.

CREATE TABLE users (
    id serial PRIMARY KEY,
    username text NOT NULL CONSTRAINT users_username_key UNIQUE,
    email text NOT NULL CONSTRAINT users_email_key UNIQUE,
    password text,
    -- The program that made the hash in `password`. The default is for rows that the legacy app inserts.
    hashed_by text NOT NULL DEFAULT 'app'
        CONSTRAINT users_hashed_by_check CHECK (hashed_by IN ('app', 'latchkey'))
);

-- The address with its domain in lower case, by which sign_up finds it (RFC 5321 §2.4).
CREATE INDEX users_mailbox_idx ON users ((
    left(email::text, strpos(email::text, '@'::text))
    || lower(substr(email::text, strpos(email::text, '@'::text) + 1))
));

CREATE TABLE roles (
    id serial PRIMARY KEY,
    name text NOT NULL CONSTRAINT roles_name_key UNIQUE
);

CREATE TABLE users_to_roles (
    user_id int NOT NULL CONSTRAINT users_to_roles_user_id_fkey
        REFERENCES users (id) ON DELETE CASCADE,
    role_id int NOT NULL CONSTRAINT users_to_roles_role_id_fkey
        REFERENCES roles (id) ON DELETE CASCADE,
    CONSTRAINT users_to_roles_pkey PRIMARY KEY (user_id, role_id)
);

INSERT INTO roles (name) VALUES ('ROLE_USER'), ('ROLE_MODERATOR'), ('ROLE_ADMIN');
