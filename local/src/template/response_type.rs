//! The answers that API Gateway gives itself.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>

use http::StatusCode;

macro_rules! response_types {
    ($($variant:ident $name:literal $status:ident,)+) => {
        /// A reason for which the gateway answers itself.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
        pub(crate) enum ResponseType {
            $(#[serde(rename = $name)] $variant,)+
        }

        impl ResponseType {
            /// Its name in a template, and in the log.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The status unless the template sets another.
            pub(crate) const fn status(self) -> StatusCode {
                match self {
                    $(Self::$variant => StatusCode::$status,)+
                }
            }
        }
    };
}

response_types! {
    AccessDenied "ACCESS_DENIED" FORBIDDEN,
    ApiConfigurationError "API_CONFIGURATION_ERROR" INTERNAL_SERVER_ERROR,
    AuthorizerConfigurationError "AUTHORIZER_CONFIGURATION_ERROR" INTERNAL_SERVER_ERROR,
    AuthorizerFailure "AUTHORIZER_FAILURE" INTERNAL_SERVER_ERROR,
    BadRequestBody "BAD_REQUEST_BODY" BAD_REQUEST,
    BadRequestParameters "BAD_REQUEST_PARAMETERS" BAD_REQUEST,
    Default4xx "DEFAULT_4XX" BAD_REQUEST,
    Default5xx "DEFAULT_5XX" INTERNAL_SERVER_ERROR,
    ExpiredToken "EXPIRED_TOKEN" FORBIDDEN,
    IntegrationFailure "INTEGRATION_FAILURE" GATEWAY_TIMEOUT,
    IntegrationTimeout "INTEGRATION_TIMEOUT" GATEWAY_TIMEOUT,
    InvalidApiKey "INVALID_API_KEY" FORBIDDEN,
    InvalidSignature "INVALID_SIGNATURE" FORBIDDEN,
    MissingAuthenticationToken "MISSING_AUTHENTICATION_TOKEN" FORBIDDEN,
    QuotaExceeded "QUOTA_EXCEEDED" TOO_MANY_REQUESTS,
    RequestTooLarge "REQUEST_TOO_LARGE" PAYLOAD_TOO_LARGE,
    ResourceNotFound "RESOURCE_NOT_FOUND" NOT_FOUND,
    Throttled "THROTTLED" TOO_MANY_REQUESTS,
    Unauthorized "UNAUTHORIZED" UNAUTHORIZED,
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" UNSUPPORTED_MEDIA_TYPE,
    WafFiltered "WAF_FILTERED" FORBIDDEN,
}

impl ResponseType {
    /// The type that customises this one if the template doesn't.
    pub(crate) fn fallback(self) -> Self {
        if self.status().is_server_error() { Self::Default5xx } else { Self::Default4xx }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_ours_fall_back_to_faults_of_ours() {
        assert_eq!(ResponseType::IntegrationTimeout.fallback(), ResponseType::Default5xx);
        assert_eq!(ResponseType::Unauthorized.fallback(), ResponseType::Default4xx);
    }
}
