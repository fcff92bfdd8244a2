use introspect::{IntrospectionResponse, Refusal};
use serde::Serialize;
use shared::Error;
use shared::functions::IntrospectRoute;
use shared::http::{FormError, OAuthError};
use shared::jwt::Audience;
use shared::{NumericDate, Role};
use utoipa::ToSchema;

use crate::openapi::{MediaType, Operation, Response, TOKEN, Tag, json};

/// The parameters of the form (RFC 7662 §2.1).
#[derive(Serialize, ToSchema)]
#[schema(as = IntrospectionRequest)]
struct Form {
    /// The token.
    #[schema(min_length = 1, pattern = r"^[^\u0000]*$", examples("eyJ0eXAiOiJhdCtqd3QiLCJhbGci…"))]
    token: &'static str,
    /// Has no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("access_token"))]
    token_type_hint: Option<&'static str>,
}

pub(crate) fn describe(IntrospectRoute::Introspect: IntrospectRoute) -> Operation {
    let form = Form { token: TOKEN, token_type_hint: None };
    let audience = Audience::One("latchkey-api".to_owned());
    let active = IntrospectionResponse {
        active: true,
        sub: Some("7".to_owned()),
        username: Some("ada"),
        client_id: Some("latchkey"),
        iss: Some("https://api.example.com"),
        aud: Some(&audience),
        iat: Some(NumericDate::from_seconds(1_798_761_600)),
        exp: Some(NumericDate::from_seconds(1_798_765_200)),
        jti: Some("Fbr5vDtP5w0xNhV2QJdlsA"),
        sid: Some("017f22e2-79b0-7cc3-98c4-dc0c0c07398f".to_owned()),
        token_type: Some("Bearer"),
        roles: Some(&[Role::USER]),
    };
    let answers = MediaType::of::<IntrospectionResponse<'_>>()
        .with_example("active", json(&active))
        .with_example("inactive", json(&IntrospectionResponse::default()));
    Operation::new(Tag::Keys, "introspectToken", "Whether a token is valid now")
        .described(
            "OAuth 2.0's token introspection (RFC 7662), for services that must hear of a sign-out \
             at once. They send the user `introspect` and the operator's secret by HTTP Basic. A \
             token that has expired, was signed out or is no access token of this service gets \
             `{\"active\":false}`.",
        )
        .of_services()
        .takes::<Form>("application/x-www-form-urlencoded", ("token", json(&form)))
        .answers(200, Response::new("The report on the token.").with("application/json", answers))
        .answers(
            400,
            Response::new("The form lacks the token, or API Gateway can't read the request.")
                .refusal_of_service(FormError::NotAForm.into(), "not_a_form")
                .refusal_of_service(FormError::Required("token").into(), "no_token")
                .refusal_of_service(FormError::Repeated.into(), "repeated")
                .refusal_of_service(FormError::File.into(), "file")
                .refusal_of_service(FormError::Text.into(), "no_text")
                .of_gateway(400, "bad_request", "Bad Request"),
        )
        .answers(
            401,
            Response::new("The secret is missing or wrong.")
                .refusal_of_service(Refusal::InvalidClient, "invalid_client"),
        )
        .answers(
            404,
            Response::new("The operator hasn't turned on introspection (`INTROSPECTION_SECRET`).")
                .error(&Error::NotFound),
        )
}

impl Response {
    fn refusal_of_service(self, refusal: Refusal, name: &'static str) -> Self {
        self.reply(refusal.into_reply().unwrap(), name, MediaType::of::<OAuthError>)
    }
}
