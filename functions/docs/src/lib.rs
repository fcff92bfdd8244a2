//! `GET /docs`: the API in Swagger UI, to read and to try. `GET /openapi.json`: the same for
//! programs. Below `/docs/`: what the page is made of.

mod address;
mod asset;
mod document;
mod page;

use shared::environment::Invalid;
use shared::http::{ETag, Endpoint, ErrorFormat, HeaderValue, Reply, Request, header};
use shared::password::NewPassword;
use shared::{Environment, Error, log};

use asset::Asset;
use document::Document;

/// Asked for again each time, and sent only where it has changed.
const REVALIDATED: HeaderValue = HeaderValue::from_static("no-cache");

/// The page and the document, as they are for this deployment.
#[derive(Debug)]
pub struct Docs {
    page: Text,
    document: Document,
}

/// A text that stays the same for as long as the function runs.
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
    const FUNCTION: &'static str = "docs";

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let title = log::app_name(env);
        let password_min_length = NewPassword::min_length(env);
        let error_format = ErrorFormat::from_env(env);
        env.check()?;
        let document = Document::new(&title, password_min_length, error_format);
        Ok(Self { page: page::of(&title).into(), document })
    }

    async fn handle(&self, request: &Request) -> Result<Reply, Error> {
        match request.route.path {
            "/docs" => Ok(self
                .page
                .reply("text/html; charset=utf-8", request)
                .with_header(header::CONTENT_SECURITY_POLICY, page::POLICY)),
            "/openapi.json" => {
                let document: Text = self.document.at(address::of_api(request).as_deref()).into();
                Ok(document.reply("application/json", request))
            }
            path => Asset::find(path).map(|asset| asset.reply()).ok_or(Error::NotFound),
        }
    }
}
