//! API Gateway in one process: a REST API's routes, authorizer, limits and own answers, as its
//! documentation describes them.

mod authorizer;
mod event;
mod integration;
mod policy;
mod policy_cache;
mod response;
mod router;

use std::{
    collections::BTreeMap,
    net::IpAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, header};
use shared::Clock;
use uuid::Uuid;

pub(crate) use self::response::{Answer, answer as plain_answer};
use self::{
    authorizer::Authorizer,
    event::{API_ID, Call},
    response::GatewayResponses,
    router::{Router, Target, Way},
};
use crate::{
    invocation::Failure,
    lambda::Lambda,
    template::{self, ACCOUNT, Preflight, REGION, ResponseType, Template},
};

/// The most bytes of a request's body.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
pub(crate) const BODY_BYTES: usize = 10 * 1024 * 1024;

/// The longest that a caller waits for a function (same page).
pub(crate) const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// The gateway of one API.
pub(crate) struct Gateway {
    /// `APP_NAME`, for the log.
    app: String,
    router: Router,
    authorizer: Option<Authorizer>,
    responses: GatewayResponses,
    binary_media_types: Vec<String>,
    stage: String,
    stage_variables: BTreeMap<String, String>,
    clock: Clock,
}

/// What the log says of a request that no function has seen, or that one failed at.
struct Incident<'a> {
    response_type: ResponseType,
    resource: &'a str,
    cause: Option<String>,
}

impl Gateway {
    /// The gateway of a template's API. `function` gives each function by the name of its crate.
    pub(crate) fn new(
        template: &Template,
        app: String,
        clock: Clock,
        mut function: impl FnMut(&template::Function) -> template::Result<Lambda>,
    ) -> template::Result<Self> {
        let mut router = Router::new(&template.api.preflights);
        let mut authorizer = None;
        for declared in &template.functions {
            let source = template.api.authorizer.as_ref();
            if let Some(source) = source.filter(|source| source.function == declared.name) {
                let (header, seconds) = (source.header.clone(), source.cache_seconds);
                let lambda = function(declared)?;
                authorizer = Some(Authorizer::new(header, lambda, seconds, clock.clone()));
            }
            for route in &declared.routes {
                let target = Target {
                    resource: route.path.clone(),
                    function: declared.name.clone(),
                    lambda: function(declared)?,
                    protected: template.needs_authorizer(route),
                };
                router.add(route.method.clone(), target);
            }
        }
        Ok(Self {
            app,
            router,
            authorizer,
            responses: GatewayResponses::new(template.api.gateway_responses.clone()),
            binary_media_types: template.api.binary_media_types.clone(),
            stage: template.api.stage.clone(),
            stage_variables: template.api.variables.clone(),
            clock,
        })
    }

    /// Answers a request. Its body is `None` if it is over [`BODY_BYTES`].
    pub(crate) async fn answer(&self, request: Request<Option<Bytes>>, caller: IpAddr) -> Answer {
        let start = Instant::now();
        let id = Uuid::new_v4().to_string();
        let (method, headers) = (request.method().clone(), request.headers().clone());
        let mut answer = match self.route(request, caller, &id).await {
            Ok(answer) => answer,
            Err(incident) => {
                let answer = self.responses.answer(incident.response_type, &headers);
                shared::log::request(&shared::log::Line {
                    request_id: &id,
                    app: &self.app,
                    function: "gateway",
                    method: method.as_str(),
                    route: incident.resource,
                    status: answer.status().as_u16(),
                    duration: start.elapsed(),
                    user_id: None,
                    event: None,
                    error: Some(incident.response_type.name()),
                    cause: incident.cause.as_deref(),
                    session_id: None,
                    outcome: None,
                    hash_scheme: None,
                });
                answer
            }
        };
        if let Ok(id) = HeaderValue::from_str(&id) {
            answer.headers_mut().insert(REQUEST_ID, id);
        }
        answer
    }

    async fn route(
        &self,
        request: Request<Option<Bytes>>,
        caller: IpAddr,
        request_id: &str,
    ) -> Result<Answer, Incident<'_>> {
        let (head, body) = request.into_parts();
        let Some(body) = body else {
            return Err(Incident::at("", ResponseType::RequestTooLarge));
        };
        let uri = head.uri.clone();
        let (target, found) = match self.router.find(&head.method, uri.path()) {
            Way::To(target, found) => (target, found),
            Way::Preflight(preflight) => {
                let headers = preflight.headers_for(head.headers.get(header::ORIGIN));
                return Ok(response::answer(preflight.status, headers, Preflight::BODY));
            }
            Way::Nowhere => {
                return Err(Incident::at("", ResponseType::MissingAuthenticationToken));
            }
        };
        let request = Request::from_parts(head, body);
        let call = Call {
            request: &request,
            found,
            request_id,
            caller,
            time: self.clock.now().seconds().saturating_mul(1000),
            stage: &self.stage,
            stage_variables: &self.stage_variables,
        };
        self.integrate(target, &call).await
    }

    /// Asks the authorizer, if the route needs one, and then the function.
    async fn integrate<'a>(
        &'a self,
        target: &'a Target,
        call: &Call<'_>,
    ) -> Result<Answer, Incident<'a>> {
        let resource = target.resource.as_str();
        let policy = match (&self.authorizer, target.protected) {
            (_, false) => None,
            (Some(authorizer), true) => {
                let method = call.request.method();
                let arn = arn(&self.stage, method, call.found.path);
                let asked = authorizer.authorize(call, &arn).await;
                Some(asked.map_err(|refused| Incident {
                    response_type: refused.response_type,
                    resource,
                    cause: refused.cause,
                })?)
            }
            (None, true) => {
                return Err(Incident::at(resource, ResponseType::AuthorizerConfigurationError));
            }
        };
        let context = policy.as_ref().map(|policy| &policy.context);
        let event = call.for_function(context, &self.binary_media_types);
        let output = target.lambda.invoke(event, INTEGRATION_TIMEOUT).await;
        let answer = output.and_then(|it| integration::answer(&it).ok_or(Failure::Malformed));
        let failure = match answer {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        let response_type = match failure {
            Failure::EventTooLarge => {
                return Err(Incident::at(resource, ResponseType::RequestTooLarge));
            }
            Failure::Throttled => ResponseType::ApiConfigurationError,
            Failure::TimedOut => ResponseType::IntegrationTimeout,
            _ => ResponseType::IntegrationFailure,
        };
        let cause = Some(format!("the function {} failed: {failure}", target.function));
        Err(Incident { response_type, resource, cause })
    }
}

impl<'a> Incident<'a> {
    const fn at(resource: &'a str, response_type: ResponseType) -> Self {
        Self { response_type, resource, cause: None }
    }
}

/// What a policy calls a method of a path.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html>
fn arn(stage: &str, method: &Method, path: &str) -> String {
    format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{API_ID}/{stage}/{method}{path}")
}

#[cfg(test)]
mod tests;
