//! What a caller has already, and need not be sent again.

use std::hash::{DefaultHasher, Hasher as _};

use lambda_http::http::{HeaderValue, header};

use super::reply::Reply;
use super::request::Request;

/// An entity tag (RFC 9110 §8.8.3): a name for what an answer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ETag(String);

impl ETag {
    /// The tag of that name: letters, digits, `.`, `-` and `_`.
    pub fn named(name: &str) -> Self {
        Self(format!("\"{name}\""))
    }

    /// A tag that other content has not.
    pub fn of(content: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(content);
        Self::named(&format!("{:016x}", hasher.finish()))
    }

    /// The name, without quotes.
    pub fn name(&self) -> &str {
        self.0.trim_matches('"')
    }

    /// Whether an `If-None-Match` names it, weakly compared (RFC 9110 §13.1.2).
    fn is_among(&self, tags: &str) -> bool {
        tags.split(',')
            .map(str::trim)
            .any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == self.0)
    }
}

impl Reply {
    /// The same answer with its tag; 304 to a request whose caller has what is tagged so.
    #[must_use]
    pub fn with_etag(mut self, tag: &ETag, request: &Request) -> Self {
        let known = request.header(&header::IF_NONE_MATCH).is_some_and(|tags| tag.is_among(tags));
        if let Ok(tag) = HeaderValue::from_str(&tag.0) {
            self = self.with_header(header::ETAG, tag);
        }
        if known { self.not_modified() } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_alone_or_in_a_list_weak_or_strong() {
        let tag = ETag::named("a");
        for tags in ["\"a\"", "W/\"a\"", "*", "\"b\", W/\"a\""] {
            assert!(tag.is_among(tags), "{tags}");
        }
        for tags in ["", "a", "\"b\"", "\"a\"x"] {
            assert!(!tag.is_among(tags), "{tags}");
        }
    }

    #[test]
    fn other_content_has_another_tag() {
        assert_eq!(ETag::of(b"a"), ETag::of(b"a"));
        assert_ne!(ETag::of(b"a"), ETag::of(b"b"));
    }
}
