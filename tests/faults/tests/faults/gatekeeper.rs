//! The authorizer as an endpoint.

use authorizer::{Authorizer, Error, Event};
use serde_json::json;
use shared::Environment;
use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::MeRoute;
use shared::http::{Endpoint, Reply, Request, header};

/// The authorizer before `me`, with API Gateway's answers by our template: `AUTHORIZER_FAILURE` is
/// 503 with `Retry-After`.
pub(crate) struct Gatekeeper(Authorizer);

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abc123/Prod/GET/api/auth/users/me";

impl Endpoint for Gatekeeper {
    type Route = MeRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        Ok(Self(Authorizer::from_env(env).await?))
    }

    async fn handle(&self, _route: MeRoute, request: &Request) -> Result<Reply, Box<dyn Failure>> {
        let token = request.header(&header::AUTHORIZATION);
        let stage = json!({ "LatchkeyRoutes": "accounts" });
        let headers = json!({ "authorization": token });
        let event = json!({ "methodArn": ARN, "headers": headers, "stageVariables": stage });
        let event: Event = serde_json::from_value(event).unwrap();
        match self.0.authorize(event).await {
            Ok(policy) => Ok(Reply::json(&policy)),
            Err(Error::Failed(cause)) => Err(shared::Error::Unavailable(cause).into()),
            Err(_) => Err(shared::Error::InvalidToken.into()),
        }
    }
}
