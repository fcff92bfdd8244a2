//! The names of what an adoption creates.

/// V1's names of the indexes that an adoption creates, each with its table and columns.
pub(super) const INDEXES: [(&str, &str, &[&str]); 5] = [
    ("users_username_key", "users", &["username"]),
    ("users_email_key", "users", &["email"]),
    ("roles_name_key", "roles", &["name"]),
    ("users_to_roles_pkey", "users_to_roles", &["user_id", "role_id"]),
    ("users_to_roles_user_id_role_id_key", "users_to_roles", &["user_id", "role_id"]),
];
