//! `GET /mail` and its files: the page that the links of mails open.
//!
//! Loading it changes nothing, so a scanner that follows a link does no harm: the secret is in the fragment,
//! and is sent when the button is pressed.

use shared::environment::Invalid;
use shared::error::Failure;
use shared::functions::MailPageRoute;
use shared::http::{ETag, Endpoint, HeaderValue, Reply, Request, header};
use shared::{Environment, Error, log, mail};

/// The page may load from this service and call this service only. It has no inline script or style.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");

/// A client asks each time, and gets the content only if it has changed.
const REVALIDATED: HeaderValue = HeaderValue::from_static("no-cache");

const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");

/// The page with the service's name; `None` if mail is off.
#[derive(Debug)]
pub struct MailPage(Option<String>);

impl Endpoint for MailPage {
    type Route = MailPageRoute;

    async fn from_env(env: &mut Environment) -> Result<Self, Invalid> {
        let (is_on, title) = (mail::is_on(env), log::app_name(env));
        env.check()?;
        Ok(Self(is_on.then(|| page(&title))))
    }

    async fn handle(
        &self,
        route: MailPageRoute,
        request: &Request,
    ) -> Result<Reply, Box<dyn Failure>> {
        let page = self.0.as_ref().ok_or(Error::NotFound)?;
        let (content_type, body) = match route {
            // Relative to `/mail/`, the page's addresses would be wrong. A browser keeps the fragment.
            MailPageRoute::Page if request.path.ends_with('/') => {
                let reply = Reply::text("text/plain; charset=utf-8", "").with_status(307);
                let page = HeaderValue::from_static("../mail");
                return Ok(reply.with_header(header::LOCATION, page));
            }
            MailPageRoute::Page => ("text/html; charset=utf-8", page.as_str()),
            MailPageRoute::Script => ("text/javascript; charset=utf-8", SCRIPT),
            MailPageRoute::Style => ("text/css; charset=utf-8", STYLE),
        };
        Ok(Reply::text(content_type, body)
            .with_header(header::CACHE_CONTROL, REVALIDATED)
            .with_header(header::CONTENT_SECURITY_POLICY, POLICY)
            .with_header(header::REFERRER_POLICY, NO_REFERRER)
            .with_etag(&ETag::of(body.as_bytes()), request))
    }
}

fn page(title: &str) -> String {
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    include_str!("page.html").replace("{title}", &title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_the_services_name_whatever_is_in_it() {
        let page = page("</title><script>a & b</script>");
        assert!(page.contains("<title>&lt;/title>&lt;script>a &amp; b&lt;/script></title>"));
        assert_eq!(page.matches("</title>").count(), 1);
    }

    #[test]
    fn the_page_has_no_inline_script_or_style_and_loads_relative_files_alone() {
        let page = page("Latchkey");
        assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" on"));
        let after = |mark| page.split(mark).skip(1).map(|rest| rest.split('"').next().unwrap());
        let addresses: Vec<_> = after("href=\"").chain(after("src=\"")).collect();
        assert_eq!(addresses, ["data:,", "mail/page.css", "mail/page.js"]);
        for text in [SCRIPT, STYLE] {
            assert!(
                !text.contains("http:") && !text.contains("https:") && !text.contains("@import")
            );
        }
    }

    #[test]
    fn the_languages_have_the_same_texts() {
        let names = |language: &str| {
            let block = SCRIPT.split(&format!("  {language}: {{\n")).nth(1).unwrap();
            let block = block.split("\n  },").next().unwrap();
            block.lines().map(|line| line.trim().split(':').next().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(names("en"), names("de"));
    }

    #[tokio::test]
    async fn no_route_answers_if_mail_is_off() {
        for (sender, is_served) in [("", false), ("accounts@example.com", true)] {
            let mut env = Environment::from_iter([("MAIL_SENDER", sender)]);
            let page = MailPage::from_env(&mut env).await.unwrap();
            for path in ["/mail", "/mail/page.js", "/mail/page.css"] {
                let event = format!(r#"{{"resource":"{path}","httpMethod":"GET"}}"#);
                let mut event = serde_json::from_str(&event).unwrap();
                let (route, request) = Request::of(&mut event).unwrap();
                assert_eq!(page.handle(route, &request).await.is_ok(), is_served, "{path}");
            }
        }
    }
}
