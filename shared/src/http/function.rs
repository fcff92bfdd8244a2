//! Runs an endpoint: events, errors, CORS, log.

use std::convert::Infallible;
use std::future::Future;
use std::time::{Duration, Instant};

use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyResponse as ProxyResponse;
use lambda_http::http::HeaderMap;
use lambda_http::http::header::ORIGIN;
use lambda_runtime::{LambdaEvent, service_fn};

use super::accept::{Accept, ErrorFormat};
use super::cors::Cors;
use super::reply::Reply;
use super::request::{ProxyEvent, Request};
use crate::caller::Caller;
use crate::environment::{Environment, Invalid};
use crate::error::Failure;
use crate::log;
use crate::routes::Routes;

/// An HTTP function's own part: its settings, and its answers.
pub trait Endpoint: Sized + Send + Sync {
    /// Its routes in [`crate::functions`].
    type Route: Routes;

    /// The name of the crate and of the binary.
    const FUNCTION: &'static str = <Self::Route as Routes>::FUNCTION;

    /// Reads and checks the settings of all parts, then builds the parts. A part whose dependency is
    /// out of reach retries when it is needed.
    fn from_env(env: &mut Environment) -> impl Future<Output = Result<Self, Invalid>> + Send;

    /// Answers one request.
    fn handle(
        &self,
        route: Self::Route,
        request: &Request,
    ) -> impl Future<Output = Result<Reply, Box<dyn Failure>>> + Send;
}

/// An endpoint with the settings that all HTTP functions share.
#[derive(Debug)]
pub struct Function<E> {
    endpoint: E,
    cors: Cors,
    error_format: ErrorFormat,
    app_name: String,
}

impl<E: Endpoint> Function<E> {
    /// Reads the settings that all HTTP functions share, then the endpoint's own.
    pub async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let cors = Cors::from_env(env);
        let error_format = ErrorFormat::from_env(env);
        let app_name = log::app_name(env);
        Ok(Self { cors, error_format, app_name, endpoint: E::from_env(env).await? })
    }

    /// Wraps an existing endpoint, with the settings that all HTTP functions share.
    pub fn new(endpoint: E, env: &mut Environment) -> Self {
        let (cors, error_format) = (Cors::from_env(env), ErrorFormat::from_env(env));
        Self { cors, error_format, app_name: log::app_name(env), endpoint }
    }

    /// Answers one event and logs it.
    pub async fn invoke(&self, mut event: ProxyEvent) -> ProxyResponse {
        let start = Instant::now();
        let reply = match Request::of::<E::Route>(&mut event) {
            Ok((route, request)) => {
                let answer = self.endpoint.handle(route, &request).await;
                self.reply(answer, &event.resource, &request.headers)
            }
            Err(error) => {
                let headers = event.take_headers();
                self.reply(Err(error.into()), &event.resource, &headers)
            }
        };
        self.log(&event, &reply, start.elapsed());
        reply.into()
    }

    /// An endpoint's answer or error as a response, negotiated by the headers.
    fn reply(
        &self,
        answer: Result<Reply, Box<dyn Failure>>,
        path: &str,
        headers: &HeaderMap,
    ) -> Reply {
        let of_error = |error: Box<dyn Failure>| {
            Reply::of_error(&*error, &Accept::of(headers), self.error_format)
        };
        let mut reply = answer.unwrap_or_else(of_error);
        self.cors.apply(path, headers.get(ORIGIN), &mut reply.headers);
        reply
    }

    fn log(&self, event: &ProxyEvent, reply: &Reply, duration: Duration) {
        log::request(&log::Line {
            app: &self.app_name,
            function: E::FUNCTION,
            request_id: event.request_id(),
            method: &event.http_method,
            route: &event.resource,
            status: reply.status,
            duration,
            user_id: reply
                .event
                .and_then(|event| event.user_id)
                .or_else(|| Caller::id_in_context(event.authorizer())),
            event: reply.event.map(|event| event.name),
            error: reply.error,
            cause: reply.cause.as_deref(),
            session_id: reply.event.and_then(|event| event.session_id),
            outcome: reply.event.and_then(|event| event.outcome),
            hash_scheme: reply.event.and_then(|event| event.hash_scheme),
        });
    }
}

/// Runs an endpoint on Lambda.
pub async fn serve<E: Endpoint>() -> Result<(), lambda_runtime::Error> {
    log::init();
    // Both futures are boxed: unboxed, they nest deeper than the compiler's recursion limit.
    let function = Box::pin(Function::<E>::from_env(&mut Environment::of_process())).await?;
    let function = &function;
    lambda_runtime::run(service_fn(|event: LambdaEvent<ProxyEvent>| {
        Box::pin(async move { Ok::<_, Infallible>(function.invoke(event.payload).await) })
    }))
    .await
}
