//! The client's address in API Gateway's event.

use std::fmt;
use std::net::IpAddr;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// `requestContext.identity`. A caller can write `X-Forwarded-For`, but not this.
#[derive(Default, serde::Deserialize)]
pub(super) struct Identity {
    #[serde(default, rename = "sourceIp", deserialize_with = "address")]
    pub(super) source_ip: Option<IpAddr>,
}

/// `None` if it is no address, as in a test of API Gateway's console.
fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<IpAddr>, D::Error> {
    Ok(Option::<Address>::deserialize(deserializer)?.and_then(|Address(address)| address))
}

/// Parsed without a copy of its text.
struct Address(Option<IpAddr>);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(AddressVisitor)
    }
}

struct AddressVisitor;

impl Visitor<'_> for AddressVisitor {
    type Value = Address;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Address, E> {
        Ok(Address(text.parse().ok()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_is_read_and_another_text_is_none() {
        let read = |identity| serde_json::from_value::<Identity>(identity).unwrap().source_ip;
        for text in ["203.0.113.7", "2001:db8::1", "::ffff:203.0.113.7"] {
            assert_eq!(read(json!({ "sourceIp": text, "userArn": null })), text.parse().ok());
        }
        for none in [
            json!({}),
            json!({ "sourceIp": null }),
            json!({ "sourceIp": "" }),
            json!({ "sourceIp": "test-invoke-source-ip" }),
            json!({ "sourceIp": "203.0.113.7, 203.0.113.8" }),
            json!({ "sourceIp": "203.0.113.7:80" }),
        ] {
            assert_eq!(read(none.clone()), None, "{none}");
        }
        let escaped = r#"{"sourceIp":"203\u002e0.113.7"}"#;
        let identity: Identity = serde_json::from_str(escaped).unwrap();
        assert_eq!(identity.source_ip, "203.0.113.7".parse().ok());
    }
}
