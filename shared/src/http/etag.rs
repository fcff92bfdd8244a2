//! Entity tags and conditional requests.

use std::hash::{DefaultHasher, Hasher as _};

use lambda_http::http::{HeaderValue, header};

use super::reply::Reply;
use super::request::Request;

/// An entity tag (RFC 9110 §8.8.3), which names the content of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ETag(String);

impl ETag {
    /// The tag with this name of letters, digits, `.`, `-` and `_`.
    pub fn named(name: &str) -> Self {
        Self(format!("\"{name}\""))
    }

    /// The tag with the hash of this content as its name.
    pub fn of(content: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(content);
        Self::named(&format!("{:016x}", hasher.finish()))
    }

    /// The name, without quotes.
    pub fn name(&self) -> &str {
        self.0.trim_matches('"')
    }

    /// Whether an `If-None-Match` lists it, by weak comparison (RFC 9110 §13.1.2).
    fn is_among(&self, tags: &str) -> bool {
        tags.split(',')
            .map(str::trim)
            .any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == self.0)
    }
}

impl Reply {
    /// Sets the tag; makes the answer a 304 if the request's `If-None-Match` lists it.
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
