//! `POST /api/auth/revoke`: token revocation (RFC 7009).

use shared::db::sign_outs::SignOut;
use shared::http::{Form, FormError, OAuthError, Reply, Request, uncached};
use shared::{Error, RefreshToken};

use crate::Sessions;
use crate::sign_out::logging;

impl Sessions {
    /// Ends the session of a token, or the access token that has none. An unknown token is answered
    /// like a known one (§2.2), and the hint at its type isn't needed (§2.1).
    pub(crate) async fn revoke_token(&self, request: &Request) -> Result<Reply, Error> {
        let token = match token(request).await {
            Ok(token) => token,
            Err(refused) => return Ok(OAuthError::from(refused).into_reply()),
        };
        let named = match RefreshToken::parse(&token) {
            Some(token) => SignOut { access: None, refresh: [Some(token), None] },
            None => SignOut { access: self.access(&token).await?, ..SignOut::default() },
        };
        let reply = uncached(Reply::text("text/plain; charset=utf-8", ""));
        if named.access.is_none() && named.refresh[0].is_none() {
            return Ok(reply);
        }
        Ok(logging(reply, &self.end(&named).await?))
    }
}

async fn token(request: &Request) -> Result<String, FormError> {
    let form = Form::read(request).await?;
    form.required("token").map(str::to_owned)
}
