//! The authorizer of a protected route: identifies the caller, and checks the caller's policy.

use std::{sync::Arc, time::Duration};

use http::HeaderName;
use shared::Clock;

use super::{event::Call, policy::Policy, policy_cache::PolicyCache};
use crate::{invocation::Failure, lambda::Lambda, template::ResponseType};

/// The longest that the gateway waits for an authorizer; the authorizer's own `Timeout` in the
/// template is shorter. The wait for the integration begins after it:
/// <https://aws.amazon.com/about-aws/whats-new/2024/06/amazon-api-gateway-integration-timeout-limit-29-seconds/>
const MAX_WAIT: Duration = Duration::from_secs(29);

/// The error by which an authorizer refuses a token.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>
const UNAUTHORIZED: &str = "Unauthorized";

/// A REQUEST authorizer with one header as its identity source.
pub(crate) struct Authorizer {
    header: HeaderName,
    lambda: Lambda,
    cache: PolicyCache,
}

/// Why a caller is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) response_type: ResponseType,
    /// For the log, where it is a fault and not a refusal.
    pub(crate) cause: Option<String>,
}

impl Refused {
    const fn with(response_type: ResponseType) -> Self {
        Self { response_type, cause: None }
    }
}

impl Authorizer {
    /// An authorizer whose policies are used again for `cache_seconds`.
    pub(crate) fn new(
        header: HeaderName,
        lambda: Lambda,
        cache_seconds: u32,
        clock: Clock,
    ) -> Self {
        Self { header, lambda, cache: PolicyCache::new(cache_seconds, clock) }
    }

    /// The policy that lets the caller use the method of that ARN.
    pub(crate) async fn authorize(
        &self,
        call: &Call<'_>,
        method_arn: &str,
    ) -> Result<Arc<Policy>, Refused> {
        let Some(caller) = self.identity(call) else {
            return Err(Refused::with(ResponseType::Unauthorized));
        };
        let policy = match self.cache.get(&caller) {
            Some(policy) => policy,
            None => self.ask(call, method_arn, caller).await?,
        };
        if policy.allows(method_arn) {
            Ok(policy)
        } else {
            Err(Refused::with(ResponseType::AccessDenied))
        }
    }

    /// All values of the identity source; `None` if it is missing or empty. Two headers are
    /// never taken for one of them: whether API Gateway does so isn't documented.
    fn identity(&self, call: &Call<'_>) -> Option<String> {
        let values = call.request.headers().get_all(&self.header).iter();
        let values: Vec<_> =
            values.map(|value| value.as_bytes().escape_ascii().to_string()).collect();
        let identity = values.join("\n");
        (!identity.trim().is_empty()).then_some(identity)
    }

    async fn ask(
        &self,
        call: &Call<'_>,
        method_arn: &str,
        caller: String,
    ) -> Result<Arc<Policy>, Refused> {
        match self.lambda.invoke(call.for_authorizer(method_arn), MAX_WAIT).await {
            Ok(output) => match Policy::parse(&output) {
                Some(policy) => {
                    let policy = Arc::new(policy);
                    self.cache.put(caller, &policy);
                    Ok(policy)
                }
                None => Err(Refused {
                    response_type: ResponseType::AuthorizerConfigurationError,
                    cause: Some("the authorizer's answer is no policy".to_owned()),
                }),
            },
            Err(Failure::Function(error)) if error.0 == UNAUTHORIZED => {
                Err(Refused::with(ResponseType::Unauthorized))
            }
            Err(failure) => Err(Refused {
                response_type: match failure {
                    Failure::Throttled => ResponseType::AuthorizerConfigurationError,
                    _ => ResponseType::AuthorizerFailure,
                },
                cause: Some(format!("the authorizer failed: {failure}")),
            }),
        }
    }
}
