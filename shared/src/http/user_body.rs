//! What an answer says of a user.

use serde::Serialize;

/// The body of a sign-up, of `me` and of the profile.
#[derive(Debug, Serialize)]
pub struct UserBody<'a> {
    /// The name, as it is stored.
    pub username: &'a str,
    /// The address, as it is stored.
    pub email: &'a str,
}
