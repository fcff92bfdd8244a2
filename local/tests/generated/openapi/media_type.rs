//! A body of one media type: its schema, and its examples.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, Ref, Type};
use utoipa::openapi::{RefOr, Schema};

pub(crate) struct MediaType {
    schema: RefOr<Schema>,
    pub(super) examples: BTreeMap<&'static str, Example>,
    schemas: Vec<(String, RefOr<Schema>)>,
}

#[derive(Serialize)]
pub(super) struct Example {
    pub(super) value: Box<RawValue>,
}

impl Serialize for MediaType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schema", &self.schema)?;
        // One alone needs no name, and no list to choose from in Swagger UI.
        match self.examples.values().next() {
            Some(only) if self.examples.len() == 1 => map.serialize_entry("example", &only.value),
            _ => map.serialize_entry("examples", &self.examples),
        }?;
        map.end()
    }
}

/// JSON that keeps its order.
pub(crate) fn json(value: &(impl Serialize + ?Sized)) -> Box<RawValue> {
    to_raw_value(value).unwrap()
}

impl MediaType {
    /// A body of that type: by its name, but for a text and a list.
    pub(crate) fn of<T: ToSchema>() -> Self {
        let mut schemas = Vec::new();
        T::schemas(&mut schemas);
        let own = T::schema();
        let is_named =
            matches!(&own, RefOr::T(Schema::Object(object)) if !object.properties.is_empty());
        let schema = if is_named {
            schemas.push((T::name().into_owned(), own));
            Ref::from_schema_name(T::name()).into()
        } else {
            own
        };
        Self { schema, examples: BTreeMap::new(), schemas }
    }

    /// A JSON object, whatever is in it.
    pub(crate) fn any_object() -> Self {
        let schema = Object::with_type(Type::Object).into();
        Self { schema, examples: BTreeMap::new(), schemas: Vec::new() }
    }

    pub(crate) fn with_example(mut self, name: &'static str, value: Box<RawValue>) -> Self {
        self.add(name, value);
        self
    }

    pub(super) fn add(&mut self, name: &'static str, value: Box<RawValue>) {
        self.examples.insert(name, Example { value });
    }

    pub(crate) fn schemas(&self) -> impl Iterator<Item = (String, RefOr<Schema>)> {
        self.schemas.iter().cloned()
    }
}
