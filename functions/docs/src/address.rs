//! The address of the API.

use shared::http::{HeaderName, Request, header};

/// API Gateway sets it, replacing what the caller sent.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The API's base address as the caller wrote it: scheme, host and stage. `None` if one of these is
/// missing or has other characters.
pub(crate) fn of_api(request: &Request) -> Option<String> {
    let scheme = request.header(&X_FORWARDED_PROTO)?;
    let host = request.header(&header::HOST)?;
    let path = request.path.strip_suffix('/').unwrap_or(&request.path);
    let stage = path.strip_suffix(request.route.path)?;
    let scheme_is_web = scheme == "http" || scheme == "https";
    let has_only = |text: &str, others: &str| {
        text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
    };
    let is_plain = !host.is_empty() && has_only(host, "-.:[]") && has_only(stage, "-_/");
    (scheme_is_web && is_plain).then(|| format!("{scheme}://{host}{stage}"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use shared::functions::DocsRoute;

    use super::*;

    fn of(headers: &Value, path: &str) -> Option<String> {
        let event = json!({
            "resource": "/openapi.json", "httpMethod": "GET", "headers": headers,
            "requestContext": { "path": path },
        });
        let mut event = serde_json::from_value(event).unwrap();
        of_api(&Request::of::<DocsRoute>(&mut event).unwrap().1)
    }

    #[test]
    fn the_address_is_what_the_caller_wrote_before_the_path() {
        for (scheme, host, path, address) in [
            ("https", "api.example.com", "/openapi.json", "https://api.example.com"),
            ("https", "a1.example", "/Prod/openapi.json", "https://a1.example/Prod"),
            ("https", "a1.example", "/Prod/openapi.json/", "https://a1.example/Prod"),
            ("http", "127.0.0.1:8000", "/openapi.json", "http://127.0.0.1:8000"),
            ("http", "[::1]:8000", "/openapi.json", "http://[::1]:8000"),
        ] {
            let headers = json!({ "Host": host, "X-Forwarded-Proto": scheme });
            assert_eq!(of(&headers, path).as_deref(), Some(address));
        }
    }

    #[test]
    fn an_ambiguous_address_is_none() {
        for (scheme, host, path) in [
            ("ftp", "a.example", "/openapi.json"),
            ("https", "", "/openapi.json"),
            ("https", "a\"b", "/openapi.json"),
            ("https", "a/b", "/openapi.json"),
            ("https", "user@a", "/openapi.json"),
            ("https", "a.example", "/<x>/openapi.json"),
            ("https", "a.example", "/nowhere"),
        ] {
            let headers = json!({ "Host": host, "X-Forwarded-Proto": scheme });
            assert_eq!(of(&headers, path), None, "{scheme} {host} {path}");
        }
        assert_eq!(of(&json!({ "Host": "a.example" }), "/openapi.json"), None);
    }
}
