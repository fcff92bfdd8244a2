//! The id of a session.

use std::borrow::Cow;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
#[cfg(feature = "database")]
use uuid::Builder;
use uuid::{Uuid, Version};

#[cfg(feature = "database")]
use crate::clock::NumericDate;
#[cfg(feature = "database")]
use crate::random::Random;

/// `sign_ins.id`, and the `sid` of a token: a UUID version 7 (RFC 9562 §5.7), so that the newest rows
/// are together in the index. It is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(Uuid);

impl SessionId {
    /// A new id, with the seconds of `now` and 74 random bits.
    #[cfg(feature = "database")]
    pub fn new(now: NumericDate, random: &Random) -> Self {
        let milliseconds = u64::try_from(now.seconds()).unwrap_or(0).saturating_mul(1000);
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&random.bytes()[..10]);
        Self(Builder::from_unix_timestamp_millis(milliseconds, &bytes).into_uuid())
    }

    /// The id with these bytes; `None` if they are no UUID version 7.
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        Self::from_uuid(Uuid::from_bytes(bytes))
    }

    /// The id of a row; `None` if it is no UUID version 7.
    pub fn from_uuid(uuid: Uuid) -> Option<Self> {
        let is_ours = uuid.get_version() == Some(Version::SortRand)
            && uuid.get_variant() == uuid::Variant::RFC4122;
        is_ours.then_some(Self(uuid))
    }

    /// Parses 36 characters: lower-case hexadecimal digits with hyphens.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self::from_uuid(Uuid::try_parse(text).ok()?)?;
        (id.to_string() == text).then_some(id)
    }

    /// Parses a UUID of any version in the form of RFC 9562 §4, in either case, as a client names a
    /// session. No session has an id of another version.
    pub fn of_any_uuid(text: &str) -> Option<Self> {
        let uuid = Uuid::try_parse(text).ok()?;
        uuid.to_string().eq_ignore_ascii_case(text).then_some(Self(uuid))
    }

    /// The id for the database.
    pub const fn as_uuid(&self) -> &Uuid {
        &self.0
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl Serialize for SessionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SessionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not the id of a session"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> SessionId {
        SessionId::new(NumericDate::from_seconds(seconds), &Random::System)
    }

    #[test]
    fn a_session_id_is_a_time_then_random_bits() {
        // RFC 9562 appendix A.6: 2022-02-22T19:22:22Z is 0x017f22e279b0 milliseconds.
        let (first, second) = (at(1_645_557_742), at(1_645_557_742));
        assert!(first.to_string().starts_with("017f22e2-79b0-7"), "{first}");
        assert_ne!(first, second);
        assert!(at(-5).to_string().starts_with("00000000-0000-7"));
        assert!(at(i64::MAX).to_string().starts_with("ffffffff-ffff-7"));
    }

    #[test]
    fn a_text_has_one_form() {
        let text = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
        assert_eq!(SessionId::parse(text).unwrap().to_string(), text);
        for other in [
            "",
            "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
            "017f22e279b07cc398c4dc0c0c07398f",
            "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
            "urn:uuid:017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398f ",
            "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-18c4-dc0c0c07398f",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert_eq!(SessionId::parse(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_client_may_name_any_uuid_in_either_case() {
        let text = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
        let id = SessionId::parse(text);
        for same in [text, &text.to_uppercase()] {
            assert_eq!(SessionId::of_any_uuid(same), id, "{same}");
        }
        let nil = "00000000-0000-0000-0000-000000000000";
        for other in [nil, "017f22e2-79b0-4cc3-98c4-dc0c0c07398f"] {
            assert_eq!(SessionId::of_any_uuid(other).unwrap().to_string(), other);
        }
        for none in [
            "",
            "017f22e279b07cc398c4dc0c0c07398f",
            "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
            "urn:uuid:017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398f ",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        ] {
            assert_eq!(SessionId::of_any_uuid(none), None, "{none:?}");
        }
    }

    proptest! {
        #[test]
        fn session_ids_sort_by_time_and_survive_their_text(a: u32, b: u32, bytes: [u8; 16]) {
            let (early, late) = (at(a.min(b).into()), at(i64::from(a.max(b)) + 1));
            prop_assert!(early.as_bytes() < late.as_bytes());
            prop_assert_eq!(SessionId::parse(&early.to_string()), Some(early));
            prop_assert_eq!(SessionId::from_bytes(*late.as_bytes()), Some(late));
            if let Some(id) = SessionId::from_bytes(bytes) {
                prop_assert_eq!(id.as_bytes(), &bytes);
            }
        }
    }
}
