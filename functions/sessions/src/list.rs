//! A list of sessions, as the user sees it.

use serde::Serialize;
use shared::db::own_sessions::{self, Listed};
use shared::{Error, NumericDate, SessionId};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

/// A user's sessions.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionList {
    /// The sessions, the most recently used first, at most a hundred.
    pub sessions: Vec<ListedSession>,
    /// How many more there are.
    #[schema(minimum = 0, examples(0))]
    pub more: u32,
}

/// A session. The times are RFC 3339's, in whole seconds of UTC.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct ListedSession {
    /// Its id, by which it can be ended.
    #[schema(format = "uuid", examples("019ab1c2-9c00-7cc3-98c4-dc0c0c07398f"))]
    pub id: String,
    /// Whether it is the session of the token that the request came with.
    pub current: bool,
    /// What the client got at the sign-in: an access token alone, also a refresh token, or a cookie
    /// with the refresh token.
    #[schema(pattern = "^(access|token|cookie)$", examples("token"))]
    pub kind: String,
    /// The time of the sign-in.
    #[schema(format = DateTime, examples("2026-11-24T08:00:00Z"))]
    pub created_at: String,
    /// The time of the last use, accurate to 15 minutes.
    #[schema(format = DateTime, examples("2026-11-24T09:30:00Z"))]
    pub last_used_at: String,
    /// The end, whatever the use.
    #[schema(format = DateTime, examples("2026-12-24T08:00:00Z"))]
    pub expires_at: String,
    /// The time at which an old refresh token was presented, which ended the session: it was stolen.
    /// Null for a session that goes on.
    #[schema(required, format = DateTime)]
    pub ended_at: Option<String>,
    /// The client's `User-Agent`, at most 128 characters. It is any text: escape it on a page.
    #[schema(
        required,
        examples("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0")
    )]
    pub user_agent: Option<String>,
    /// The client's network: 24 bits of its IPv4 address, or 48 of IPv6.
    #[schema(required, examples("192.0.2.0/24"))]
    pub ip_prefix: Option<String>,
}

impl SessionList {
    /// The list for the caller of this session.
    pub fn of(listed: Listed, current: Option<SessionId>) -> Result<Self, Error> {
        let current = current.map(|session| session.to_string());
        let own = |session| ListedSession::of(session, current.as_deref());
        let sessions = listed.sessions.into_iter().map(own).collect::<Option<_>>();
        let sessions =
            sessions.ok_or_else(|| Error::Internal("a session in no year of RFC 3339".into()))?;
        Ok(Self { sessions, more: listed.more })
    }
}

impl ListedSession {
    fn of(session: own_sessions::ListedSession, current: Option<&str>) -> Option<Self> {
        Some(Self {
            current: current == Some(&*session.id),
            id: session.id,
            kind: session.kind,
            created_at: rfc3339(session.created_at)?,
            last_used_at: rfc3339(session.used_at)?,
            expires_at: rfc3339(session.expires_at)?,
            ended_at: match session.ended_at {
                Some(at) => Some(rfc3339(at)?),
                None => None,
            },
            user_agent: session.user_agent,
            ip_prefix: session.ip_prefix,
        })
    }
}

/// The time in UTC; `None` outside of the years 0 to 9999.
fn rfc3339(date: NumericDate) -> Option<String> {
    OffsetDateTime::from_unix_timestamp(date.seconds()).ok()?.format(&Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_whole_seconds_of_utc() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_795_507_200, "2026-11-24T08:00:00Z"),
            (1_709_210_096, "2024-02-29T12:34:56Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(NumericDate::from_seconds(seconds)).as_deref(), Some(text));
        }
        assert_eq!(rfc3339(NumericDate::from_seconds(253_402_300_800)), None);
        assert_eq!(rfc3339(NumericDate::from_seconds(i64::MAX)), None);
    }
}
