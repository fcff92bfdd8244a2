//! The setting `ALLOWED_ORIGINS`.

#[cfg(feature = "database")]
use lambda_http::http::HeaderMap;
use lambda_http::http::HeaderValue;
#[cfg(feature = "database")]
use lambda_http::http::header::ORIGIN;

use crate::environment::Environment;
use crate::origin::is_origin;

/// The origins whose pages may send credentials and read our answers.
#[derive(Debug, Clone)]
pub(crate) struct AllowedOrigins(Vec<HeaderValue>);

/// The rule of the setting, in the words of the template's parameter.
const RULE: &str = "must be origins as browsers send them, with commas and no spaces between, such \
                    as https://app.example.com,capacitor://localhost. The host is in lower case, \
                    and the port that the scheme implies, a path and a slash at the end are left out";

impl AllowedOrigins {
    /// Reads `ALLOWED_ORIGINS`.
    pub(crate) fn from_env(env: &mut Environment) -> Self {
        let seed = vec![HeaderValue::from_static("http://localhost:3000")];
        let parse = |text: &str| {
            let origins = text.split(',').filter(|it| is_origin(it));
            let origins: Vec<_> = origins.filter_map(|it| HeaderValue::from_str(it).ok()).collect();
            (origins.len() == text.split(',').count()).then_some(origins)
        };
        Self(env.parsed("ALLOWED_ORIGINS", seed, RULE, parse))
    }

    /// Whether it is one of them, byte for byte.
    pub(crate) fn include(&self, origin: &HeaderValue) -> bool {
        self.0.contains(origin)
    }

    /// Whether the page that sent a request is of one of them; `None` if no page did. Two headers are
    /// of none.
    #[cfg(feature = "database")]
    pub(crate) fn include_that_of(&self, headers: &HeaderMap) -> Option<bool> {
        let mut origins = headers.get_all(ORIGIN).iter();
        let origin = origins.next()?;
        Some(origins.next().is_none() && self.include(origin))
    }
}
