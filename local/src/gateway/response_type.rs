//! The answers that API Gateway gives itself.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>

use http::StatusCode;

/// A reason for which the gateway answers itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ResponseType {
    AccessDenied,
    ApiConfigurationError,
    AuthorizerConfigurationError,
    AuthorizerFailure,
    BadRequestBody,
    BadRequestParameters,
    Default4xx,
    Default5xx,
    ExpiredToken,
    IntegrationFailure,
    IntegrationTimeout,
    InvalidApiKey,
    InvalidSignature,
    MissingAuthenticationToken,
    QuotaExceeded,
    RequestTooLarge,
    ResourceNotFound,
    Throttled,
    Unauthorized,
    UnsupportedMediaType,
    WafFiltered,
}

impl ResponseType {
    /// Each of them, with its name in a template.
    const NAMES: [(Self, &'static str); 21] = [
        (Self::AccessDenied, "ACCESS_DENIED"),
        (Self::ApiConfigurationError, "API_CONFIGURATION_ERROR"),
        (Self::AuthorizerConfigurationError, "AUTHORIZER_CONFIGURATION_ERROR"),
        (Self::AuthorizerFailure, "AUTHORIZER_FAILURE"),
        (Self::BadRequestBody, "BAD_REQUEST_BODY"),
        (Self::BadRequestParameters, "BAD_REQUEST_PARAMETERS"),
        (Self::Default4xx, "DEFAULT_4XX"),
        (Self::Default5xx, "DEFAULT_5XX"),
        (Self::ExpiredToken, "EXPIRED_TOKEN"),
        (Self::IntegrationFailure, "INTEGRATION_FAILURE"),
        (Self::IntegrationTimeout, "INTEGRATION_TIMEOUT"),
        (Self::InvalidApiKey, "INVALID_API_KEY"),
        (Self::InvalidSignature, "INVALID_SIGNATURE"),
        (Self::MissingAuthenticationToken, "MISSING_AUTHENTICATION_TOKEN"),
        (Self::QuotaExceeded, "QUOTA_EXCEEDED"),
        (Self::RequestTooLarge, "REQUEST_TOO_LARGE"),
        (Self::ResourceNotFound, "RESOURCE_NOT_FOUND"),
        (Self::Throttled, "THROTTLED"),
        (Self::Unauthorized, "UNAUTHORIZED"),
        (Self::UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE"),
        (Self::WafFiltered, "WAF_FILTERED"),
    ];

    /// The one of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|(_, known)| *known == name).map(|(it, _)| it)
    }

    /// Its name in a template, and in the log.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.into_iter().find(|(it, _)| *it == self).map_or("", |(_, name)| name)
    }

    /// The status where a template doesn't say another.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::BadRequestBody | Self::BadRequestParameters | Self::Default4xx => {
                StatusCode::BAD_REQUEST
            }
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::AccessDenied
            | Self::ExpiredToken
            | Self::InvalidApiKey
            | Self::InvalidSignature
            | Self::MissingAuthenticationToken
            | Self::WafFiltered => StatusCode::FORBIDDEN,
            Self::ResourceNotFound => StatusCode::NOT_FOUND,
            Self::RequestTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::QuotaExceeded | Self::Throttled => StatusCode::TOO_MANY_REQUESTS,
            Self::ApiConfigurationError
            | Self::AuthorizerConfigurationError
            | Self::AuthorizerFailure
            | Self::Default5xx => StatusCode::INTERNAL_SERVER_ERROR,
            Self::IntegrationFailure | Self::IntegrationTimeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// The one whose customisation it takes where it has none of its own.
    pub(crate) fn fallback(self) -> Self {
        if self.status().is_server_error() { Self::Default5xx } else { Self::Default4xx }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_leads_back() {
        for (response_type, name) in ResponseType::NAMES {
            assert_eq!(ResponseType::named(name), Some(response_type));
            assert_eq!(response_type.name(), name);
        }
        assert_eq!(ResponseType::named("UNHEARD_OF"), None);
    }

    #[test]
    fn faults_of_ours_fall_back_to_faults_of_ours() {
        assert_eq!(ResponseType::IntegrationTimeout.fallback(), ResponseType::Default5xx);
        assert_eq!(ResponseType::Unauthorized.fallback(), ResponseType::Default4xx);
    }
}
