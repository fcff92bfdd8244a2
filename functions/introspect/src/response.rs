//! The report on a token.

use serde::Serialize;
use shared::jwt::Audience;
use shared::verifier::{FoundCaller, ValidToken};
use shared::{NumericDate, Role, SessionId};
use utoipa::ToSchema;

/// The report on a token (RFC 7662 §2.2): of one that isn't valid now, whatever the reason, `active`
/// alone.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct IntrospectionResponse<'a> {
    /// Whether the token is valid now.
    #[schema(examples(true))]
    pub active: bool,
    /// `users.id` of its user, in decimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("7"))]
    pub sub: Option<String>,
    /// The user's present name, which may have changed since the sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("ada"))]
    pub username: Option<&'a str>,
    /// The client's name for itself at the sign-in. It is not authenticated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("latchkey"))]
    pub client_id: Option<&'a str>,
    /// The issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("https://api.example.com"))]
    pub iss: Option<&'a str>,
    /// The audience.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, examples("latchkey-api"))]
    pub aud: Option<&'a Audience>,
    /// The time of issue, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, nullable = false, examples(1_798_761_600))]
    pub iat: Option<NumericDate>,
    /// The time from which it is no longer valid, in seconds since 1970. It may end sooner.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, nullable = false, examples(1_798_765_200))]
    pub exp: Option<NumericDate>,
    /// The token's identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("Fbr5vDtP5w0xNhV2QJdlsA"))]
    pub jti: Option<&'a str>,
    /// The session that it belongs to. Absent for a token without a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uuid", examples("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"))]
    pub sid: Option<String>,
    /// Always `Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("Bearer"))]
    pub token_type: Option<&'static str>,
    /// The user's present roles, whatever the token says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, nullable = false, examples(json!(["ROLE_USER"])))]
    pub roles: Option<&'a [Role]>,
}

impl<'a> IntrospectionResponse<'a> {
    /// The answer to a valid token of this caller.
    pub(crate) fn of(token: &'a ValidToken, caller: &'a FoundCaller) -> Self {
        Self {
            active: true,
            sub: Some(token.user_id.to_string()),
            username: Some(caller.username.as_str()),
            client_id: Some(token.client_id.as_str()),
            iss: Some(&token.issuer),
            aud: Some(&token.audience),
            iat: Some(token.issued_at),
            exp: Some(token.expires_at),
            jti: Some(&token.jti),
            sid: token.key.session().as_ref().map(SessionId::to_string),
            token_type: Some("Bearer"),
            roles: Some(&caller.roles),
        }
    }
}
