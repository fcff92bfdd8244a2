//! Why a service gets no report on a token, as OAuth answers (RFC 6749 §5.2, RFC 7662 §2.3).

use shared::http::{FormError, HeaderValue, OAuthError, Reply, header};
use shared::{Error, db};

/// Why a service gets no report on a token.
#[derive(Debug)]
pub enum Refusal {
    /// The service sent no credentials or others.
    InvalidClient,
    /// The form can't be read, or lacks the token.
    Form(FormError),
    /// An error that isn't OAuth's.
    Other(Error),
}

/// What to send instead. The secret is ASCII, so that the character set makes no difference.
const CHALLENGE: HeaderValue =
    HeaderValue::from_static(r#"Basic realm="introspect", charset="UTF-8""#);

impl From<FormError> for Refusal {
    fn from(error: FormError) -> Self {
        Self::Form(error)
    }
}

impl From<db::Error> for Refusal {
    fn from(error: db::Error) -> Self {
        Self::Other(error.into())
    }
}

impl Refusal {
    /// OAuth's JSON; fails with an error that isn't OAuth's.
    pub fn into_reply(self) -> Result<Reply, Error> {
        match self {
            Self::InvalidClient => {
                let words =
                    "HTTP Basic with the user introspect and the service's secret is required";
                let reply = OAuthError::new("invalid_client", words).into_reply();
                Ok(reply.with_status(401).with_header(header::WWW_AUTHENTICATE, CHALLENGE))
            }
            Self::Form(error) => Ok(OAuthError::from(error).into_reply()),
            Self::Other(error) => Err(error),
        }
    }
}
