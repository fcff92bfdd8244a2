//! The scripts and styles of the page.

use shared::functions::DocsRoute;
use shared::http::{ETag, HeaderValue, Reply, header};
use shared::routes::Routes as _;

/// Cached for up to a year: changed content has another address.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The release of Swagger UI under `swagger-ui/`.
const SWAGGER_UI: &str = "5.35.0";

/// A file below `/docs/`.
#[derive(Debug)]
pub(crate) struct Asset {
    route: DocsRoute,
    content_type: &'static str,
    content: &'static str,
    /// The release of a third party's file; `None` if the file is ours.
    release: Option<&'static str>,
}

/// The page loads these four, in this order.
pub(crate) const UI_STYLE: Asset = Asset {
    route: DocsRoute::UiStyle,
    content_type: "text/css; charset=utf-8",
    content: include_str!("../swagger-ui/swagger-ui.css"),
    release: Some(SWAGGER_UI),
};
pub(crate) const STYLE: Asset = Asset {
    route: DocsRoute::Style,
    content_type: "text/css; charset=utf-8",
    content: include_str!("page.css"),
    release: None,
};
pub(crate) const UI_SCRIPT: Asset = Asset {
    route: DocsRoute::UiScript,
    content_type: "text/javascript; charset=utf-8",
    content: include_str!("../swagger-ui/swagger-ui-bundle.js"),
    release: Some(SWAGGER_UI),
};
pub(crate) const SCRIPT: Asset = Asset {
    route: DocsRoute::Script,
    content_type: "text/javascript; charset=utf-8",
    content: include_str!("start.js"),
    release: None,
};

/// The licences of the files under `swagger-ui/`, at the name that its script refers to.
pub(crate) const LICENCES: Asset = Asset {
    route: DocsRoute::Licences,
    content_type: "text/plain; charset=utf-8",
    content: concat!(
        include_str!("../swagger-ui/NOTICE"),
        "\n",
        include_str!("../swagger-ui/LICENSE"),
        "\n",
        include_str!("../swagger-ui/swagger-ui-bundle.js.LICENSE.txt"),
    ),
    release: Some(SWAGGER_UI),
};

impl Asset {
    /// The address relative to the page's, with the version as a query.
    pub(crate) fn address(&self) -> String {
        let path = self.route.path().trim_start_matches('/');
        match self.release {
            Some(release) => format!("{path}?{release}"),
            None => format!("{path}?{}", ETag::of(self.content.as_bytes()).name()),
        }
    }

    pub(crate) fn reply(&self) -> Reply {
        Reply::text(self.content_type, self.text()).with_header(header::CACHE_CONTROL, KEPT)
    }

    /// The content without the reference to a source map, which isn't served.
    fn text(&self) -> &str {
        let map = "\n/*# sourceMappingURL=swagger-ui.css.map*/";
        self.content.strip_suffix(map).unwrap_or(self.content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_swagger_ui_names_its_release() {
        let release = format!("PACKAGE_VERSION:\"{SWAGGER_UI}\"");
        assert!(UI_SCRIPT.content.contains(&release));
    }

    #[test]
    fn the_address_of_our_own_files_changes_with_them() {
        let other = Asset { content: "other", ..SCRIPT };
        assert_ne!(other.address(), SCRIPT.address());
    }

    #[test]
    fn the_page_loads_only_files_that_the_service_serves() {
        for asset in [UI_STYLE, STYLE, UI_SCRIPT, SCRIPT] {
            let text = asset.text();
            assert!(!text.contains("sourceMappingURL"), "{:?}", asset.route);
            assert!(!text.contains("@import") && !text.contains("url(http"), "{:?}", asset.route);
        }
    }
}
