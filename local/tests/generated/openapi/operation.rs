//! The description of one route.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;
use shared::routes::Access;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::{RefOr, Schema};

use super::answer::{Answer, Response};
use super::document::{OF_SERVICES, SCHEMES};
use super::media_type::MediaType;

/// A group of routes.
#[derive(Clone, Copy)]
pub(crate) enum Tag {
    Accounts,
    Content,
    Keys,
    Docs,
    Own,
}

impl Tag {
    pub(crate) const ALL: [Self; 5] =
        [Self::Accounts, Self::Content, Self::Keys, Self::Docs, Self::Own];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Accounts => "Accounts",
            Self::Content => "Content",
            Self::Keys => "Keys",
            Self::Docs => "Documentation",
            Self::Own => "Own",
        }
    }

    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Accounts => "Sign up, sign in, and read your own account.",
            Self::Content => "Example content for everyone and for each role.",
            Self::Keys => "Public keys for services that verify tokens themselves.",
            Self::Docs => "This page and its source.",
            Self::Own => "Functions that the operator's team has added.",
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Operation {
    tags: [&'static str; 1],
    summary: &'static str,
    description: &'static str,
    #[serde(rename = "operationId")]
    id: &'static str,
    /// One of these is enough; where there is none, nothing is needed.
    security: Vec<BTreeMap<&'static str, Vec<&'static str>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<Parameter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_body: Option<RequestBody>,
    responses: BTreeMap<u16, Answer>,
}

#[derive(Serialize)]
struct Parameter {
    name: &'static str,
    r#in: &'static str,
    description: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    required: bool,
    schema: RefOr<Schema>,
}

#[derive(Serialize)]
struct RequestBody {
    required: bool,
    content: BTreeMap<&'static str, MediaType>,
}

impl Operation {
    pub(crate) fn new(tag: Tag, id: &'static str, summary: &'static str) -> Self {
        Self {
            tags: [tag.name()],
            summary,
            description: "",
            id,
            security: Vec::new(),
            parameters: Vec::new(),
            request_body: None,
            responses: Answer::of_every_route(),
        }
    }

    pub(crate) fn described(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    /// A body of that media type, with an example.
    pub(crate) fn takes<T: ToSchema>(
        mut self,
        media_type: &'static str,
        example: (&'static str, Box<RawValue>),
    ) -> Self {
        let none = RequestBody { required: true, content: BTreeMap::new() };
        let content = &mut self.request_body.get_or_insert(none).content;
        content.insert(media_type, MediaType::of::<T>().with_example(example.0, example.1));
        self
    }

    /// The body may be left out.
    pub(crate) fn optional_body(mut self) -> Self {
        self.request_body = self.request_body.map(|body| RequestBody { required: false, ..body });
        self
    }

    /// A parameter of the path, under the name that the route has for it.
    pub(crate) fn path_parameter(self, name: &'static str, of: Type, words: &'static str) -> Self {
        self.parameter("path", name, of, words)
    }

    /// A parameter of the query, which may be left out.
    #[allow(dead_code, reason = "for the first route that has one")]
    pub(crate) fn query_parameter(self, name: &'static str, of: Type, words: &'static str) -> Self {
        self.parameter("query", name, of, words)
    }

    fn parameter(
        mut self,
        r#in: &'static str,
        name: &'static str,
        of: Type,
        description: &'static str,
    ) -> Self {
        let (required, schema) = (r#in == "path", Object::with_type(of).into());
        self.parameters.push(Parameter { name, r#in, description, required, schema });
        self
    }

    /// Other services call it, with their secret.
    pub(crate) fn of_services(self) -> Self {
        Self { security: vec![BTreeMap::from([(OF_SERVICES, Vec::new())])], ..self }
    }

    /// Whether it belongs to this group.
    pub(crate) fn has(&self, tag: Tag) -> bool {
        self.tags == [tag.name()]
    }

    /// The names of the path's parameters that are described.
    pub(crate) fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.parameters.iter().filter(|it| it.r#in == "path").map(|it| it.name)
    }

    /// `If-None-Match`, and the 304 that it can lead to.
    pub(crate) fn revalidated(mut self) -> Self {
        self.parameters.push(Parameter {
            name: "If-None-Match",
            r#in: "header",
            description: "The `ETag` of the cached answer: if it is still current, the new \
                          answer is an empty 304.",
            required: false,
            schema: Object::with_type(Type::String).into(),
        });
        self.answers(304, Response::new("The cached answer is still current.").with_etag())
    }

    pub(crate) fn answers(mut self, status: u16, response: Response) -> Self {
        self.responses.insert(status, Answer::Of(response));
        self
    }

    /// Adds what follows from the access of the route.
    pub(crate) fn of_access(mut self, access: Access) -> Self {
        if access != Access::Public {
            self.security = SCHEMES.map(|name| BTreeMap::from([(name, Vec::new())])).to_vec();
            self.responses.insert(401, Answer::to("Unauthorized"));
        }
        if let Access::AnyOf(_) = access {
            self.responses.insert(403, Answer::to("Forbidden"));
        }
        self
    }

    /// The schemas that it refers to.
    pub(crate) fn schemas(&self) -> impl Iterator<Item = (String, RefOr<Schema>)> {
        let body = self.request_body.iter().flat_map(|body| body.content.values());
        let responses = self.responses.values().filter_map(|answer| match answer {
            Answer::Of(response) => Some(response),
            Answer::Shared { .. } => None,
        });
        let of_body = body.flat_map(MediaType::schemas);
        of_body.chain(responses.flat_map(Response::schemas))
    }
}
