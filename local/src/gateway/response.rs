//! The gateway's own answers, made once from the template.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

use crate::template::{Customised, HeaderSource, ResponseType};

/// An answer to a request.
pub(crate) type Answer = Response<Full<Bytes>>;

/// The gateway's own answers.
#[derive(Debug)]
pub(crate) struct GatewayResponses(BTreeMap<ResponseType, Customised>);

impl GatewayResponses {
    pub(crate) const fn new(customised: BTreeMap<ResponseType, Customised>) -> Self {
        Self(customised)
    }

    /// The answer of that type: as the template has it, else as it has all 4xx or 5xx, else with
    /// words of our own. A status that the template gives all of them counts for each. `asked` are
    /// the request's headers.
    pub(crate) fn answer(&self, response_type: ResponseType, asked: &HeaderMap) -> Answer {
        let fallback = self.0.get(&response_type.fallback());
        let customised = self.0.get(&response_type).or(fallback);
        let status = customised
            .and_then(|it| it.status)
            .or_else(|| fallback.and_then(|it| it.status))
            .unwrap_or(response_type.status());
        let headers = customised.map(|it| it.headers.as_slice()).unwrap_or_default();
        let headers = headers.iter().filter_map(|(name, source)| {
            let value = match source {
                HeaderSource::Static(value) => value,
                HeaderSource::Request(header) => asked.get(header)?,
            };
            Some((name.clone(), value.clone()))
        });
        let (media_type, body) =
            customised.and_then(|it| it.body.clone()).unwrap_or_else(|| plain(status));
        let mut answer = answer(status, headers.collect(), body);
        answer.headers_mut().insert(header::CONTENT_TYPE, media_type);
        answer
    }
}

/// What API Gateway says by default: a message in JSON.
fn plain(status: StatusCode) -> (HeaderValue, Bytes) {
    let message = status.canonical_reason().unwrap_or_default();
    let body = serde_json::json!({ "message": message }).to_string();
    (HeaderValue::from_static("application/json"), body.into())
}

pub(crate) fn answer(status: StatusCode, headers: HeaderMap, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn customised(status: Option<u16>, words: Option<&'static str>) -> Customised {
        let vary = HeaderSource::Static(HeaderValue::from_static("Origin"));
        let media_type = HeaderValue::from_static("text/plain");
        Customised {
            status: status.map(|status| StatusCode::from_u16(status).unwrap()),
            headers: vec![(header::VARY, vary)],
            body: words.map(|words| (media_type, words.into())),
        }
    }

    async fn answered(
        customised: impl IntoIterator<Item = (ResponseType, Customised)>,
        response_type: ResponseType,
    ) -> (u16, String, bool) {
        let responses = GatewayResponses::new(customised.into_iter().collect());
        let answer = responses.answer(response_type, &HeaderMap::new());
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        (parts.status.as_u16(), body, parts.headers.contains_key("vary"))
    }

    #[tokio::test]
    async fn an_answers_own_customisation_has_precedence() {
        let own = (ResponseType::AccessDenied, customised(None, Some("Unauthorized.")));
        let all = (ResponseType::Default4xx, customised(None, Some("Bad")));
        let answer = answered([own, all], ResponseType::AccessDenied).await;
        assert_eq!(answer, (403, "Unauthorized.".into(), true));
    }

    #[tokio::test]
    async fn an_answer_without_a_customisation_has_the_default_of_its_kind() {
        let all = || (ResponseType::Default4xx, customised(None, Some("Bad")));
        let answer = answered([all()], ResponseType::AccessDenied).await;
        assert_eq!(answer, (403, "Bad".into(), true));
        let answer = answered([all()], ResponseType::AuthorizerFailure).await;
        assert_eq!(answer, (500, r#"{"message":"Internal Server Error"}"#.into(), false));
    }

    #[test]
    fn a_header_may_be_the_requests_own() {
        let origin = HeaderSource::Request(header::ORIGIN);
        let headers = vec![(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin)];
        let customised =
            [(ResponseType::AccessDenied, Customised { headers, ..Default::default() })];
        let responses = GatewayResponses::new(customised.into_iter().collect());
        let asked = HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static("app://x"))]);
        let answer = responses.answer(ResponseType::AccessDenied, &asked);
        assert_eq!(answer.headers()["access-control-allow-origin"], "app://x");
        let answer = responses.answer(ResponseType::AccessDenied, &HeaderMap::new());
        assert!(!answer.headers().contains_key("access-control-allow-origin"));
    }

    #[tokio::test]
    async fn a_status_for_all_counts_for_each_without_its_own() {
        let all = (ResponseType::Default4xx, customised(Some(418), None));
        let own = (ResponseType::Unauthorized, customised(Some(401), None));
        let customised = [all, own];
        let responses = GatewayResponses::new(customised.into_iter().collect());
        let status = |kind| responses.answer(kind, &HeaderMap::new()).status();
        assert_eq!(status(ResponseType::AccessDenied), 418);
        assert_eq!(status(ResponseType::Unauthorized), 401);
    }
}
