use serde::Serialize;
use sessions::{Ended, ListedSession, NamedSessions, SessionList};
use shared::functions::SessionsRoute;
use shared::http::{Location, Violation};
use shared::{Error, Rule};

use crate::openapi::{Operation, Response, Tag, json};

#[derive(Serialize)]
struct Others {
    which: &'static str,
}

pub(crate) fn describe(route: SessionsRoute) -> Operation {
    match route {
        SessionsRoute::List => list(),
        SessionsRoute::Revoke => revoke(),
    }
}

fn session(current: bool, kind: &str, device: &str, prefix: &str) -> ListedSession {
    ListedSession {
        id: format!("019ab4d0-7c00-7cc3-98c4-dc0c0c0739{}", if current { "8f" } else { "90" }),
        current,
        kind: kind.into(),
        created_at: "2026-11-24T08:00:00Z".into(),
        last_used_at: "2026-11-24T09:30:00Z".into(),
        expires_at: "2026-12-24T08:00:00Z".into(),
        ended_at: (!current).then(|| "2026-11-24T09:30:00Z".into()),
        user_agent: Some(device.into()),
        ip_prefix: Some(prefix.into()),
    }
}

fn list() -> Operation {
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    let sessions = vec![
        session(true, "cookie", firefox, "192.0.2.0/24"),
        session(false, "token", "Phone/2.1", "2001:db8:7::/48"),
    ];
    Operation::new(Tag::Accounts, "getSessions", "Your sessions")
        .described(
            "Each sign-in starts a session. The list has those that go on, and, until they would \
             have expired, those that ended because an old refresh token was presented \
             (`ended_at`).",
        )
        .answers(
            200,
            Response::json::<SessionList>("The sessions.", &SessionList { sessions, more: 0 }),
        )
}

fn revoke() -> Operation {
    Operation::new(Tag::Accounts, "revokeSessions", "End sessions")
        .described(
            "Ends one session by its id, or several. It takes effect at once on the routes of \
             accounts, and on all others within the time for which the operator lets API Gateway \
             cache a decision (`AUTHORIZER_CACHE_SECONDS`).",
        )
        .takes::<NamedSessions>("application/json", ("others", json(&Others { which: "others" })))
        .answers(200, Response::json::<Ended>("The number of ended sessions.", &Ended { ended: 2 }))
        .answers(
            422,
            Response::new("The body isn't a JSON object with exactly one of the two fields.")
                .error(&Error::Unprocessable(vec![Violation::new(
                    Location::Field("id"),
                    Rule::NotAUuid,
                )])),
        )
}
