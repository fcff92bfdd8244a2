//! The HTML page of Swagger UI.

use shared::http::HeaderValue;

use crate::asset::{SCRIPT, STYLE, UI_SCRIPT, UI_STYLE};

/// The page may load from this service and call this service only. Swagger UI's stylesheet has its
/// icons as `data:`. Inline scripts and styles are forbidden, so injected ones don't run.
pub(crate) const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The page with the service's name. Its addresses are relative, so it also works below a stage
/// (`/Prod/docs`).
pub(crate) fn of(title: &str) -> String {
    let title = escape(title);
    let [ui_style, style, ui_script, script] =
        [UI_STYLE, STYLE, UI_SCRIPT, SCRIPT].map(|asset| asset.address());
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%2349cc90'/%3E%3Cpath d='M8 3a2.5 2.5 0 0 1 1.2 4.7l.8 5.3H6l.8-5.3A2.5 2.5 0 0 1 8 3z' fill='%23fff'/%3E%3C/svg%3E">
<link rel="service-desc" type="application/json" href="openapi.json">
<link rel="stylesheet" href="{ui_style}">
<link rel="stylesheet" href="{style}">
<script src="{ui_script}" defer></script>
<script src="{script}" defer></script>
</head>
<body>
<div id="swagger-ui"></div>
<noscript><p>This page needs scripts. What it shows is <a href="openapi.json">openapi.json</a>.</p></noscript>
</body>
</html>
"#
    )
}

/// Escapes the text of an HTML element.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_the_services_name_whatever_is_in_it() {
        let page = of("</title><script>a & b</script>");
        assert!(page.contains("<title>&lt;/title>&lt;script>a &amp; b&lt;/script></title>"));
        assert_eq!(page.matches("</title>").count(), 1);
    }

    #[test]
    fn the_page_has_no_inline_script_or_style() {
        let page = of("Latchkey");
        assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" on"));
        assert!(page.split("<script").skip(1).all(|rest| rest.starts_with(" src=\"docs/")));
    }

    #[test]
    fn every_address_in_the_page_is_relative() {
        let page = of("Latchkey");
        let after = |mark| page.split(mark).skip(1).map(|rest| rest.split('"').next().unwrap());
        let addresses: Vec<_> = after("href=\"").chain(after("src=\"")).collect();
        assert_eq!(addresses.len(), 7);
        for address in addresses {
            let relative = address == "openapi.json" || address.starts_with("docs/");
            assert!(relative || address.starts_with("data:"), "{address}");
        }
    }
}
