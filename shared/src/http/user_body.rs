//! What an answer says of a user.

use serde::Serialize;
use utoipa::ToSchema;

/// What is shown of a user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserBody<'a> {
    /// The name, as it is stored.
    #[schema(examples("ada"))]
    pub username: &'a str,
    /// The address, as it is stored.
    #[schema(examples("ada@example.com"))]
    pub email: &'a str,
}
