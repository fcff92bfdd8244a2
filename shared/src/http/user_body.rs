//! A user in an answer.

use serde::Serialize;
use utoipa::ToSchema;

/// A user's public fields.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserBody<'a> {
    /// The username as stored.
    #[schema(examples("ada"))]
    pub username: &'a str,
    /// The e-mail address as stored.
    #[schema(examples("ada@example.com"))]
    pub email: &'a str,
}
