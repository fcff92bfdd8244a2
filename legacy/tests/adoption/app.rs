//! Databases as the legacy app's own tools create them.

/// The SQL of the legacy app's four revisions, in order, each with its number.
const REVISIONS: [(&str, &str); 4] = [
    (
        "481b1e04c901",
        "create table users (id serial primary key, username text not null unique, \
         email text not null unique, password text);",
    ),
    ("9ce62b651a8f", "create table roles (id serial primary key, name text not null unique);"),
    (
        "2d8360fae38a",
        "create table users_to_roles (user_id int references users (id), \
         role_id int references roles (id));",
    ),
    (
        "ece871602084",
        "insert into roles (name) values ('ROLE_USER'); \
         insert into roles (name) values ('ROLE_MODERATOR'); \
         insert into roles (name) values ('ROLE_ADMIN');",
    ),
];

/// The SQL of the first `count` revisions.
pub(crate) fn at_revision(count: usize) -> String {
    REVISIONS[..count].iter().map(|(_, sql)| *sql).collect()
}

/// Alembic's table after the first `count` revisions.
pub(crate) fn alembic(count: usize) -> String {
    format!(
        "create table alembic_version (version_num varchar(32) not null, \
         constraint alembic_version_pkc primary key (version_num)); \
         insert into alembic_version values ('{}');",
        REVISIONS[count - 1].0
    )
}

/// Three users as the legacy app writes them.
pub(crate) const USERS: &str = "\
    insert into users (username, email, password) values \
    ('ada', 'ada@example.com', '$2b$12$ada'), ('Eve', 'eve@example.com', '$2b$12$eve'), \
    ('', 'not-an-email', null);";

/// Their roles, some of them twice.
pub(crate) const MEMBERSHIPS: &str = "\
    insert into users_to_roles values (1, 1), (1, 1), (1, 3), (2, 1), (1, 1), (2, 1);";

/// A filled database that `create_all` created from the legacy app's models, without Alembic: only
/// the keys are NOT NULL or unique, and the roles were inserted twice.
pub(crate) const CREATE_ALL: &str = "\
    create table users (id serial not null, username varchar, email varchar, password varchar, \
        primary key (id)); \
    create index ix_users_id on users (id); \
    create table roles (id serial not null, name varchar, primary key (id)); \
    create index ix_roles_id on roles (id); \
    create table users_to_roles (user_id integer not null, role_id integer not null, \
        primary key (user_id, role_id), foreign key(user_id) references users (id), \
        foreign key(role_id) references roles (id)); \
    insert into roles (name) values ('ROLE_USER'), ('ROLE_ADMIN'), ('ROLE_USER'), ('ROLE_USER'), \
        ('ROLE_MODERATOR'), ('ROLE_ADMIN'); \
    insert into users (username, email, password) select 'user' || n, n || '@example.com', 'x' \
        from generate_series(1, 9) as n; \
    insert into users_to_roles values (1, 1), (2, 3), (3, 4), (4, 1), (4, 3), (5, 3), (5, 4), \
        (6, 6), (7, 2), (7, 6), (8, 5);";

/// A team's own additions.
pub(crate) const GROWN: &str = "\
    alter table users add column full_name varchar(80), \
        add column created_at timestamptz not null default now(); \
    alter table users drop constraint users_username_key; \
    create unique index ix_users_username on users (username); \
    alter table users rename constraint users_pkey to pk_users; \
    create unique index ix_users_lower on users (lower(username)); \
    create index ix_users_created_at on users (created_at); \
    create table posts (id serial primary key, author_id int not null references users (id), \
        text text); \
    insert into posts (author_id, text) values (1, 'first'); \
    insert into roles (name) values ('ROLE_AUDITOR'); \
    alter table users_to_roles add column granted_at timestamptz default '2026-01-01'; \
    insert into users_to_roles select 3, id from roles where name = 'ROLE_AUDITOR';";
