//! The sessions to end.

use shared::http::{JsonBody, Location, Request, Violation};
use shared::{Error, Rule, SessionId};
use utoipa::ToSchema;

/// The sessions that a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// One, by its id.
    Id(SessionId),
    /// Those that are named by a word.
    Which(Which),
}

/// The sessions that a word names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All but the session of the request's token.
    Others,
    /// All.
    All,
    /// The session of the request's token, or the token itself if it has none.
    Current,
}

/// Exactly one of the two fields.
#[derive(ToSchema)]
#[schema(as = SessionsToEnd)]
pub struct NamedSessions {
    /// The id of a session in the list.
    #[schema(format = "uuid", examples("019ab1c2-9c00-7cc3-98c4-dc0c0c07398f"))]
    #[expect(dead_code, reason = "for the description")]
    id: Option<String>,
    /// `others`: all but the session of this request's token. `all`: that one too. `current`: that one
    /// alone. `others` and `all` also end every token without a session, as this request's may be.
    #[schema(pattern = "^(others|all|current)$", examples("others"))]
    #[expect(dead_code, reason = "for the description")]
    which: Option<String>,
}

impl Named {
    /// Reads the body.
    pub(crate) fn read(request: &Request) -> Result<Self, Error> {
        let mut body = JsonBody::read(request)?;
        let id = body.optional("id", |text| SessionId::of_any_uuid(&text).ok_or(Rule::NotAUuid));
        let which = body.optional("which", |text| Which::named(&text));
        match (id, which) {
            (Some(id), None) if body.is_good() => Ok(Self::Id(id)),
            (None, Some(which)) if body.is_good() => Ok(Self::Which(which)),
            _ if body.is_good() => Err(Error::Unprocessable(vec![Violation::new(
                Location::Body,
                Rule::NotExactlyOneOf("id and which"),
            )])),
            _ => Err(body.refusal()),
        }
    }
}

impl Which {
    fn named(word: &str) -> Result<Self, Rule> {
        match word {
            "others" => Ok(Self::Others),
            "all" => Ok(Self::All),
            "current" => Ok(Self::Current),
            _ => Err(Rule::NotALiteral("'others', 'all' or 'current'")),
        }
    }
}
