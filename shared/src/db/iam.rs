//! RDS IAM tokens, used as passwords.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::Error;
use crate::aws::AwsCredentials;
use crate::clock::{Clock, NumericDate};
use crate::secret::Secret;

/// How long a token can be used to connect. An open connection outlives it.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html>
const LIFE: Duration = Duration::from_mins(15);

/// The characters to percent-encode: all but the unreserved ones of RFC 3986 §2.3.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The server and the user that a token is for.
#[derive(Debug, Clone)]
pub(super) struct RdsEndpoint {
    url: String,
    region: String,
}

impl RdsEndpoint {
    /// `None` if the host isn't a name.
    pub(super) fn new(host: &str, port: u16, user: &str, region: String) -> Option<Self> {
        let user = encoded(user);
        let url = format!("https://{host}:{port}/?Action=connect&DBUser={user}");
        let is_name = !host.is_empty() && !host.contains([':', '/', '@', '?', '#']);
        let endpoint = Self { url, region };
        (is_name && endpoint.request().is_some()).then_some(endpoint)
    }

    /// The request to sign.
    fn request(&self) -> Option<SignableRequest<'_>> {
        SignableRequest::new("GET", &self.url, std::iter::empty(), SignableBody::Bytes(&[])).ok()
    }

    /// The presigned request to connect (Signature Version 4), without its scheme.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.Connecting.html>
    fn token(&self, credentials: Credentials, at: NumericDate) -> Option<Secret<String>> {
        let since_epoch = Duration::from_secs(u64::try_from(at.seconds()).ok()?);
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(LIFE);
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("rds-db")
            .time(SystemTime::UNIX_EPOCH + since_epoch)
            .settings(settings)
            .build()
            .ok()?;
        let signed = sign(self.request()?, &parameters.into()).ok()?;
        let (_, mut parameters) = signed.into_parts().0.into_parts();
        // Any order is valid; this is that of AWS's other libraries.
        parameters.sort_by_key(|(name, _)| *name == "X-Amz-Signature");
        let mut token = self.url.strip_prefix("https://")?.to_owned();
        for (name, value) in parameters {
            token = format!("{token}&{name}={}", encoded(&value));
        }
        Some(Secret::new(token))
    }
}

fn encoded(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, &RESERVED)
}

/// Creates tokens from the credentials and the time of each call.
#[derive(Debug, Clone)]
pub(super) struct IamTokens {
    pub(super) credentials: AwsCredentials,
    pub(super) clock: Clock,
}

impl IamTokens {
    /// A new token.
    pub(super) async fn make(&self, endpoint: &RdsEndpoint) -> Result<Secret<String>, Error> {
        let credentials = self.credentials.read().await.map_err(Error::NoToken)?;
        let token = endpoint.token(credentials, self.clock.now());
        token.ok_or_else(|| Error::NoToken("it can't be signed".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(endpoint: &RdsEndpoint, session_token: Option<&str>) -> String {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let session_token = session_token.map(str::to_owned);
        let credentials = Credentials::new("AKIDEXAMPLE", secret, session_token, None, "test");
        let at = NumericDate::from_seconds(1_795_507_200);
        endpoint.token(credentials, at).unwrap().expose().clone()
    }

    fn endpoint(host: &str, port: u16, user: &str) -> Option<RdsEndpoint> {
        RdsEndpoint::new(host, port, user, "eu-central-1".into())
    }

    /// The expected tokens are those of `generate_db_auth_token` in botocore 1.43.127, at
    /// 2026-11-24T08:00:00Z and without its C library.
    #[test]
    fn a_token_is_to_the_letter_what_botocore_makes() {
        let host = "latchkey.cluster-c1example.eu-central-1.rds.amazonaws.com";
        let session = "FwoGZXIvYXdzEXAMPLE//////////wEaDH/+a==+b==";
        let signing = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261124%2F\
                       eu-central-1%2Frds-db%2Faws4_request&X-Amz-Date=20261124T080000Z&\
                       X-Amz-Expires=900&X-Amz-SignedHeaders=host&";
        for (host, port, user, session, address, rest) in [
            (
                host,
                5432,
                "latchkey_signin",
                None,
                "latchkey.cluster-c1example.eu-central-1.rds.amazonaws.com:5432/?Action=connect&\
                 DBUser=latchkey_signin&",
                "X-Amz-Signature=\
                 b759d7126c54b848180379765d050bde5192fc84b423434f93602d5383fd338c",
            ),
            (
                host,
                5433,
                "latchkey_signin",
                Some(session),
                "latchkey.cluster-c1example.eu-central-1.rds.amazonaws.com:5433/?Action=connect&\
                 DBUser=latchkey_signin&",
                "X-Amz-Security-Token=FwoGZXIvYXdzEXAMPLE%2F%2F%2F%2F%2F%2F%2F%2F%2F%2FwEaDH%2F%2B\
                 a%3D%3D%2Bb%3D%3D&X-Amz-Signature=\
                 f2f98670ccbb2ae61817ed0984397d9733d289ec018937ca732e1326cb2aeac0",
            ),
            (
                "127.0.0.1",
                5432,
                "Jane Doe+ä/&=~*'",
                None,
                "127.0.0.1:5432/?Action=connect&\
                 DBUser=Jane%20Doe%2B%C3%A4%2F%26%3D~%2A%27&",
                "X-Amz-Signature=\
                 b5df8180b363c9310e98bed88acf0d7dc6065ff3c0df30973144e3f44c67bbd7",
            ),
        ] {
            let made = token(&endpoint(host, port, user).unwrap(), session);
            assert_eq!(made, format!("{address}{signing}{rest}"));
        }
    }

    #[test]
    fn a_host_that_is_no_name_is_refused() {
        for host in ["::1", "a b", "a/b", "me@db", "a?b", ""] {
            assert!(endpoint(host, 5432, "u").is_none(), "{host}");
        }
    }
}
