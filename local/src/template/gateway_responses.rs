//! What the template says of the answers that the gateway gives itself.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};

use super::{
    api::quoted_value,
    error::{Error, Result},
    field::{Field, Fields},
};
use crate::gateway::ResponseType;

/// One of the gateway's answers, as far as the template changes it. Its words are static: what a
/// caller sent can't be in them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Customised {
    pub(crate) status: Option<StatusCode>,
    pub(crate) headers: Vec<(HeaderName, HeaderSource)>,
    /// The body, and the header that tells its type.
    pub(crate) body: Option<(HeaderValue, Bytes)>,
}

/// What a header of such an answer holds.
#[derive(Debug, Clone)]
pub(crate) enum HeaderSource {
    Static(HeaderValue),
    /// What the request has in its header of that name; no header, where it has none.
    Request(HeaderName),
}

impl HeaderSource {
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-parameter-mapping.html>
    fn read(field: &Field<'_>) -> Result<Self> {
        match field.text()?.strip_prefix("method.request.header.") {
            Some(name) => name.parse().map(Self::Request).map_err(|_| unnamed(field)),
            None => quoted_value(field).map(Self::Static),
        }
    }
}

fn unnamed(field: &Field<'_>) -> Error {
    field.fault("this can't be a header's name")
}

pub(crate) fn read(responses: &Fields<'_>) -> Result<BTreeMap<ResponseType, Customised>> {
    let read = |(name, field): (&str, &Field<'_>)| {
        let unknown = |_| field.fault(format!("{name} is no gateway response"));
        Ok((serde_json::from_value(name.into()).map_err(unknown)?, Customised::read(field)?))
    };
    responses.iter().map(read).collect()
}

impl Customised {
    fn read(field: &Field<'_>) -> Result<Self> {
        let fields = field.fields()?;
        fields.only(&["ResponseParameters", "ResponseTemplates", "StatusCode"])?;
        let parameters = fields.within("ResponseParameters")?;
        parameters.only(&["Headers"])?;
        let headers = parameters.within("Headers")?;
        let headers = headers.iter().map(|(name, field)| {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unnamed(field))?;
            Ok((name, HeaderSource::read(field)?))
        });
        let templates = fields.within("ResponseTemplates")?;
        let mut bodies = templates.iter().map(|(media_type, field)| body(media_type, field));
        let body = bodies.next().transpose()?;
        if bodies.next().is_some() {
            return Err(field.fault("the local runner knows one template of a response alone"));
        }
        Ok(Self {
            status: fields.get("StatusCode").map(Field::parsed).transpose()?,
            headers: headers.collect::<Result<_>>()?,
            body,
        })
    }
}

fn body(media_type: &str, field: &Field<'_>) -> Result<(HeaderValue, Bytes)> {
    let text = field.text()?;
    if text.contains(['$', '#']) {
        return Err(field.fault("the local runner knows static text alone in a response"));
    }
    let media_type = HeaderValue::from_str(media_type)
        .map_err(|_| field.fault(format!("this can't be a {}", header::CONTENT_TYPE)))?;
    Ok((media_type, text.into()))
}
