//! What the template says of the answers that the gateway gives itself.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;

use super::text::{Quoted, optional};

/// One of the gateway's answers, as far as the template changes it. Its text is static: it can't
/// hold what a caller sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Customised {
    pub(crate) status: Option<StatusCode>,
    pub(crate) headers: Vec<(HeaderName, HeaderSource)>,
    /// The body and its media type.
    pub(crate) body: Option<(HeaderValue, Bytes)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written {
    #[serde(default)]
    response_parameters: Parameters,
    #[serde(default)]
    response_templates: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "optional")]
    status_code: Option<StatusCode>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Parameters {
    headers: BTreeMap<String, HeaderSource>,
}

/// What a header of such an answer holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum HeaderSource {
    Static(HeaderValue),
    /// The request's header of that name; no header if the request has none.
    Request(HeaderName),
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-parameter-mapping.html>
impl TryFrom<String> for HeaderSource {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.strip_prefix("method.request.header.") {
            Some(name) => name.parse().map(Self::Request).map_err(|_| NO_NAME),
            None => Quoted::try_from(text).map(|Quoted(value)| Self::Static(value)),
        }
    }
}

const NO_NAME: &str = "this can't be a header's name";

impl TryFrom<Written> for Customised {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let named = |(name, source): (String, _)| match name.parse() {
            Ok(name) => Ok((name, source)),
            Err(_) => Err(NO_NAME),
        };
        let headers = written.response_parameters.headers.into_iter().map(named);
        if written.response_templates.len() > 1 {
            return Err("the local runner knows one template of a response alone");
        }
        let body = written.response_templates.into_iter().next().map(|(media_type, text)| {
            if text.contains(['$', '#']) {
                return Err("the local runner knows static text alone in a response");
            }
            let media_type = HeaderValue::try_from(media_type);
            Ok((media_type.map_err(|_| "this can't be a media type")?, text.into()))
        });
        Ok(Self {
            status: written.status_code,
            headers: headers.collect::<Result<_, _>>()?,
            body: body.transpose()?,
        })
    }
}
