//! HTTP: from API Gateway's REST proxy event to an endpoint and back.

mod accept;
mod bearer;
mod cors;
mod etag;
#[cfg(feature = "form")]
mod form;
mod function;
mod json_body;
#[cfg(feature = "form")]
mod oauth;
mod reply;
mod request;
mod source_ip;
mod trusted_proxies;
mod user_body;

pub use crate::violation::{Location, Violation};
pub use accept::{Accept, ErrorFormat};
pub use bearer::bearer_token;
pub use cors::Cors;
pub use etag::ETag;
#[cfg(feature = "form")]
pub use form::{Form, FormError};
pub use function::{Endpoint, Function, serve};
pub use json_body::{JsonBody, content_type};
pub use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyResponse as ProxyResponse;
pub use lambda_http::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
#[cfg(feature = "form")]
pub use oauth::{OAuthError, uncached};
pub use reply::{Detail, Problem, Reply};
pub use request::{ProxyEvent, Request, null_as_default};
pub use trusted_proxies::TrustedProxies;
pub use user_body::UserBody;
