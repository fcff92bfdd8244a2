//! What is wrong with a template, and where.

use super::node::Node;

/// What is wrong with a template, and where: one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}, {place}: {fault}", file = "template.yaml")]
pub(crate) struct Error {
    place: String,
    fault: String,
}

impl Error {
    /// A fault at a node, whose path names it for people.
    pub(crate) fn at(node: &Node, path: &str, fault: impl Into<String>) -> Self {
        Self { place: format!("line {} ({path})", node.line), fault: fault.into() }
    }

    /// A fault of something that has no place, or isn't there.
    pub(crate) fn of(place: impl Into<String>, fault: impl Into<String>) -> Self {
        Self { place: place.into(), fault: fault.into() }
    }
}

pub(crate) type Result<T> = std::result::Result<T, Error>;
