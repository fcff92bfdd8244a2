//! `GET /docs`: the API in Swagger UI. `GET /openapi.json`: its description. Below `/docs/`:
//! the page's scripts and styles.

mod address;
mod asset;
mod document;
mod page;

use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::DocsRoute;
use shared::http::{ETag, Endpoint, ErrorFormat, HeaderValue, Reply, Request, header};
use shared::{Environment, Error, NewPassword, log};

use asset::{LICENCES, SCRIPT, STYLE, UI_SCRIPT, UI_STYLE};
use document::Document;

/// Every answer varies by origin; API Gateway compresses these for clients that accept it.
const VARIES: HeaderValue = HeaderValue::from_static("Origin, Accept-Encoding");

/// A client asks each time, and gets the content only if it has changed.
const REVALIDATED: HeaderValue = HeaderValue::from_static("no-cache");

/// The page and the document, unless `API_DOCS=off`.
#[derive(Debug)]
pub struct Docs {
    served: Option<Served>,
}

/// The page and the document of this deployment.
#[derive(Debug)]
struct Served {
    page: Text,
    document: Document,
}

/// A text with its entity tag.
#[derive(Debug)]
struct Text {
    body: String,
    tag: ETag,
}

impl From<String> for Text {
    fn from(body: String) -> Self {
        Self { tag: ETag::of(body.as_bytes()), body }
    }
}

impl Text {
    fn reply(&self, content_type: &'static str, request: &Request) -> Reply {
        Reply::text(content_type, &self.body)
            .with_header(header::CACHE_CONTROL, REVALIDATED)
            .with_etag(&self.tag, request)
    }
}

impl Endpoint for Docs {
    type Route = DocsRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let (is_on, title) = (env.is_on("API_DOCS", true), log::app_name(env));
        let password_min_length = NewPassword::min_length(env);
        let error_format = ErrorFormat::from_env(env);
        env.check()?;
        let served = is_on.then(|| Served {
            page: page::of(&title).into(),
            document: Document::new(&title, password_min_length, error_format),
        });
        Ok(Self { served })
    }

    async fn handle(&self, route: DocsRoute, request: &Request) -> Result<Reply, Box<dyn Failure>> {
        let served = self.served.as_ref().ok_or(Error::NotFound)?;
        let reply = match route {
            // Relative to `/docs/`, the page's addresses would be wrong.
            DocsRoute::Page if request.path.ends_with('/') => {
                Reply::text("text/plain; charset=utf-8", "")
                    .with_status(307)
                    .with_header(header::LOCATION, HeaderValue::from_static("../docs"))
            }
            DocsRoute::Page => served
                .page
                .reply("text/html; charset=utf-8", request)
                .with_header(header::CONTENT_SECURITY_POLICY, page::POLICY),
            DocsRoute::Document => {
                let document: Text = served.document.at(address::of_api(request).as_deref()).into();
                document.reply("application/json", request)
            }
            DocsRoute::Script => SCRIPT.reply(),
            DocsRoute::Style => STYLE.reply(),
            DocsRoute::UiScript => UI_SCRIPT.reply(),
            DocsRoute::UiStyle => UI_STYLE.reply(),
            DocsRoute::Licences => LICENCES.reply(),
        };
        Ok(reply.with_header(header::VARY, VARIES))
    }
}

#[cfg(test)]
mod tests {
    use shared::routes::Routes as _;

    use super::*;

    #[tokio::test]
    async fn no_route_of_the_docs_answers_if_they_are_switched_off() {
        for (value, is_served) in [("on", true), ("off", false), ("", true)] {
            let mut env = Environment::from_iter([("API_DOCS", value)]);
            let docs = Docs::from_env(&mut env).await.unwrap();
            for (route, _) in DocsRoute::TABLE {
                let event = format!(r#"{{"resource":"{}","httpMethod":"GET"}}"#, route.path);
                let mut event = serde_json::from_str(&event).unwrap();
                let (variant, request) = Request::of(&mut event).unwrap();
                let answer = docs.handle(variant, &request).await;
                let code = answer.err().map(|error| error.answer().1);
                assert_eq!(code, (!is_served).then_some("not_found"), "{} {value}", route.path);
            }
        }
    }
}
