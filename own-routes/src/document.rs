//! The document as it is written: JSON, not yet checked against the table of routes.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::fault::Fault;

/// The document.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    /// The routes of each of the team's functions in Latchkey's own API.
    #[serde(default)]
    pub(crate) functions: Members<Written>,
    /// The routes of each of the team's other APIs.
    #[serde(default)]
    pub(crate) apis: Members<Written>,
}

/// Routes, as `"GET /reports/{id}": ["ROLE_USER"]`.
pub(crate) type Written = Members<WrittenAccess>;

impl Document {
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        // serde reads a struct from a sequence too.
        if text.trim_start().starts_with('[') {
            return Err(Fault::at("line 1", "the document must be an object"));
        }
        Ok(serde_json::from_str(text)?)
    }
}

/// The access that a route needs: `"signed-in"`, or a list of roles.
#[derive(Debug)]
pub(crate) enum WrittenAccess {
    SignedIn,
    AnyOf(Vec<String>),
}

impl<'de> Deserialize<'de> for WrittenAccess {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Access;
        impl<'de> Visitor<'de> for Access {
            type Value = WrittenAccess;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"signed-in\" or a list of roles")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<WrittenAccess, E> {
                match text {
                    "signed-in" => Ok(WrittenAccess::SignedIn),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<WrittenAccess, A::Error> {
                let mut roles = Vec::new();
                while let Some(role) = items.next_element()? {
                    roles.push(role);
                }
                Ok(WrittenAccess::AnyOf(roles))
            }
        }
        deserializer.deserialize_any(Access)
    }
}

/// The members of an object, in their order. A name that is there twice is an error.
#[derive(Debug)]
pub(crate) struct Members<V>(pub(crate) Vec<(String, V)>);

impl<V> Default for Members<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Members<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Object<V> {
            type Value = Members<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<V>, A::Error> {
                let mut members = Vec::<(String, V)>::new();
                while let Some(name) = map.next_key::<String>()? {
                    if members.iter().any(|(other, _)| *other == name) {
                        return Err(A::Error::custom(format_args!("{name:?} is there twice")));
                    }
                    members.push((name, map.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object(PhantomData))
    }
}
