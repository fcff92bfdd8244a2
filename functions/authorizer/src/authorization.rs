//! The one header that the authorizer reads.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

/// The values of `Authorization` in an object of headers, its name in any case. The other headers,
/// some twenty, are skipped without a copy.
pub(crate) struct Authorization<V>(pub(crate) Vec<V>);

impl<V> Default for Authorization<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Authorization<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Headers(PhantomData))
    }
}

struct Headers<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Headers<V> {
    type Value = Authorization<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of headers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut headers: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(IsAuthorization(is_it)) = headers.next_key()? {
            if is_it {
                values.push(headers.next_value()?);
            } else {
                headers.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Authorization(values))
    }
}

/// Whether a header's name is `Authorization`.
struct IsAuthorization(bool);

impl<'de> Deserialize<'de> for IsAuthorization {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Name)
    }
}

struct Name;

impl Visitor<'_> for Name {
    type Value = IsAuthorization;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<IsAuthorization, E> {
        Ok(IsAuthorization(name.eq_ignore_ascii_case("Authorization")))
    }
}
