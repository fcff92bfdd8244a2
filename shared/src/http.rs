//! HTTP: from API Gateway's REST proxy event to an endpoint and back.

mod accept;
mod body;
mod cors;
mod error_format;
mod etag;
mod event;
mod function;
mod problem;
mod reply;
mod request;
mod user_body;

pub use crate::violation::{Location, Violation};
pub use accept::Accept;
pub use body::{JsonBody, content_type};
pub use cors::Cors;
pub use error_format::ErrorFormat;
pub use etag::ETag;
pub use event::{ProxyEvent, null_as_default};
pub use function::{Endpoint, Function, serve};
pub use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyResponse as ProxyResponse;
pub use lambda_http::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
pub use problem::{Detail, Problem};
pub use reply::Reply;
pub use request::Request;
pub use user_body::UserBody;
