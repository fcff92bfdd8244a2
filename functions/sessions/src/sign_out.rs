//! `POST /api/auth/signout`.

use shared::db::sign_outs::{AccessToken, SignOut, SignedOut};
use shared::error::{Failure, SecurityEvent};
use shared::http::{JsonBody, Reply, Request};
use shared::verifier::UnverifiedToken;
use shared::{Error, RefreshToken, SessionCookie, log};

use crate::{ENDED, Sessions};

/// The member of the body.
const FIELD: &str = "refresh_token";

impl Sessions {
    /// Ends everything that the request names: by its access token, the refresh token in its body, and
    /// the one in its cookie. A cookie that another site may have sent is refused if it is alone, else
    /// left as it is.
    pub(crate) async fn sign_out(&self, request: &Request) -> Result<Reply, Box<dyn Failure>> {
        let in_body = refresh_token(request)?;
        let access = match request.bearer_token() {
            Some(text) => self.access(text).await?,
            None => None,
        };
        let (in_cookie, is_of_a_page_of_ours) = match self.cookie.read(request) {
            Ok(token) => (token, true),
            Err(_) if access.is_some() || in_body.is_some() => (None, false),
            Err(refused) => return Err(refused.into()),
        };
        let is_refreshable = in_body.is_some() || in_cookie.is_some();
        if access.is_none() && !is_refreshable {
            return Err(Error::InvalidToken.into());
        }
        let signed_out = self.end(&SignOut { access, refresh: [in_body, in_cookie] }).await?;
        if !signed_out.is_accepted && !is_refreshable {
            return Err(Error::InvalidToken.into());
        }
        let reply = logging(Reply::no_content(), &signed_out);
        let (name, value) = SessionCookie::clear();
        Ok(if is_of_a_page_of_ours { reply.with_header(name, value) } else { reply })
    }

    /// An access token of ours, whether or not it has expired.
    pub(crate) async fn access(&self, text: &str) -> Result<Option<AccessToken>, Error> {
        let Some(token) = UnverifiedToken::parse(text) else { return Ok(None) };
        let valid = self.verifier.verify_expired_too(&token).await?;
        Ok(valid.ok().map(|valid| AccessToken {
            kid: token.kid,
            user_id: valid.user_id,
            key: valid.key,
            database_id: valid.database_id,
            expires_at: valid.expires_at,
        }))
    }

    /// Ends what is named. A container that ended nothing holds no connection, since anyone can make
    /// containers start.
    pub(crate) async fn end(&self, named: &SignOut) -> Result<SignedOut, Error> {
        let signed_out = self.sign_outs.sign_out(named, self.clock.now()).await?;
        if signed_out.ended.is_empty() {
            self.database.release().await;
        }
        Ok(signed_out)
    }
}

/// The refresh token in the body, if it has one of our form. A body may be left out.
fn refresh_token(request: &Request) -> Result<Option<RefreshToken>, Error> {
    if request.body.is_empty() {
        return Ok(None);
    }
    let mut body = JsonBody::read(request)?;
    let text = body.optional(FIELD, Ok);
    if body.is_good() {
        Ok(text.and_then(|it| RefreshToken::parse(&it)))
    } else {
        Err(body.refusal())
    }
}

/// Logs what has ended: the first in the line of the request.
pub(crate) fn logging(reply: Reply, signed_out: &SignedOut) -> Reply {
    let mut events = signed_out.ended.iter().map(|ended| SecurityEvent {
        session_id: ended.session,
        outcome: Some("signed_out"),
        ..SecurityEvent::of(ENDED, Some(ended.user_id))
    });
    let Some(first) = events.next() else { return reply };
    events.for_each(|further| log::event(&further));
    reply.logging(first)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::db::sign_outs::Ended;
    use shared::{SessionId, UserId};
    use stage::logged;

    use super::*;

    #[tokio::test]
    async fn a_further_session_that_ended_has_a_line_with_its_id_and_outcome() {
        let id = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
        let first = Ended { user_id: UserId::new(7), session: None };
        let further = Ended { user_id: UserId::new(8), session: SessionId::parse(id) };
        let signed_out = SignedOut { is_accepted: true, ended: vec![first, further] };
        let (_, mut lines) = logged(async { logging(Reply::no_content(), &signed_out) }).await;
        assert_eq!(lines.len(), 1, "{lines:?}");
        let mut line = lines.remove(0);
        line.as_object_mut().unwrap().remove("timestamp");
        let expected = json!({
            "level": "INFO", "message": "notice", "target": "latchkey", "user_id": 8,
            "event": "session_ended", "session_id": id, "outcome": "signed_out",
        });
        assert_eq!(line, expected);
    }
}
