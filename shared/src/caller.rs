//! The caller, as the authorizer identified them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::clock::NumericDate;
use crate::email::Email;
use crate::role::Role;
use crate::token_key::TokenKey;
use crate::user_id::UserId;
use crate::username::Username;

/// The caller of a route that needs a token. The authorizer passes it to the function as the
/// policy's context, where API Gateway converts each value to a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// `users.id`.
    pub id: UserId,
    /// The current username, which may have changed since the token was issued.
    pub username: Username,
    /// The current e-mail address.
    pub email: Email,
    /// The user's roles.
    pub roles: Vec<Role>,
    /// The token's `exp`: a cached policy can outlive the token.
    pub expires_at: NumericDate,
    /// What identifies the token when it is ended. A policy of the last release's authorizer, which
    /// API Gateway keeps for a while, says nothing of it.
    pub token_key: Option<TokenKey>,
}

impl Caller {
    /// The context for the authorizer's answer.
    pub fn to_context(&self) -> BTreeMap<&'static str, String> {
        let mut context = BTreeMap::from([
            ("sub", self.id.to_string()),
            ("username", self.username.as_str().to_owned()),
            ("email", self.email.as_str().to_owned()),
            ("roles", Role::joined(&self.roles)),
            ("exp", self.expires_at.seconds().to_string()),
        ]);
        context.extend(self.token_key.map(TokenKey::to_context).into_iter().flatten());
        context
    }

    /// The user's id in a context, for the log.
    pub(crate) fn id_in_context(context: &BTreeMap<String, Value>) -> Option<UserId> {
        UserId::parse(context.get("sub")?.as_str()?)
    }

    /// Reads a context of [`Caller::to_context`]; `None` if a value is missing or invalid.
    pub(crate) fn from_context(context: &BTreeMap<String, Value>) -> Option<Self> {
        let text = |name: &str| context.get(name).and_then(Value::as_str);
        Some(Self {
            id: Self::id_in_context(context)?,
            username: Username::parse(text("username")?.to_owned()).ok()?,
            email: Email::from_row(text("email")?.to_owned()),
            roles: text("roles")?.split_whitespace().map(Role::parse).collect::<Option<_>>()?,
            expires_at: NumericDate::from_seconds(text("exp")?.parse().ok()?),
            token_key: match (context.get("sid"), context.get("token_digest")) {
                (None, None) => None,
                _ => Some(TokenKey::from_context(text("sid")?, text("token_digest")?)?),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::session_id::SessionId;

    fn through_api_gateway(caller: &Caller) -> BTreeMap<String, Value> {
        let strings = caller.to_context().into_iter();
        strings.map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
    }

    fn any_key() -> impl Strategy<Value = TokenKey> {
        let session = any::<[u8; 16]>().prop_map(|mut bytes| {
            (bytes[6], bytes[8]) = (bytes[6] & 0x0f | 0x70, bytes[8] & 0x3f | 0x80);
            TokenKey::Session(SessionId::from_bytes(bytes).unwrap())
        });
        prop_oneof![session, any::<[u8; 32]>().prop_map(TokenKey::Digest)]
    }

    proptest! {
        #[test]
        fn a_caller_survives_the_way_through_api_gateway(
            id in any::<i32>(), username in "[^\0]{0,40}", email in "[^\0]{0,40}",
            names in prop::collection::vec("[A-Z0-9_]{1,64}", 0..40), exp in any::<i64>(),
            token_key in proptest::option::of(any_key()),
        ) {
            let caller = Caller {
                id: UserId::new(id),
                username: Username::parse(username).unwrap(),
                email: Email::from_row(email),
                roles: Role::of_user(names),
                expires_at: NumericDate::from_seconds(exp),
                token_key,
            };
            prop_assert_eq!(Caller::from_context(&through_api_gateway(&caller)), Some(caller));
        }
    }

    fn ada() -> Caller {
        Caller {
            id: UserId::new(7),
            username: Username::parse("ada".into()).unwrap(),
            email: Email::from_row("ada@example.com".into()),
            roles: vec![Role::USER],
            expires_at: NumericDate::from_seconds(5),
            token_key: Some(TokenKey::Digest([7; 32])),
        }
    }

    #[test]
    fn a_context_of_the_last_release_is_a_caller_whose_token_is_not_identified() {
        let mut context = through_api_gateway(&ada());
        context.retain(|name, _| name != "sid" && name != "token_digest");
        assert_eq!(Caller::from_context(&context), Some(Caller { token_key: None, ..ada() }));
    }

    #[test]
    fn a_context_with_a_malformed_key_is_no_caller() {
        let digest = through_api_gateway(&ada())["token_digest"].clone();
        for (session, digest) in [
            (json!(""), json!("")),
            (json!("7"), json!("")),
            (json!(""), json!("7")),
            (json!(null), json!(null)),
            (json!("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), digest),
        ] {
            let mut context = through_api_gateway(&ada());
            context.extend([("sid".into(), session), ("token_digest".into(), digest)]);
            assert_eq!(Caller::from_context(&context), None, "{context:?}");
        }
    }

    #[test]
    fn a_context_that_lacks_a_value_is_no_caller() {
        let whole = through_api_gateway(&ada());
        for name in whole.keys() {
            let mut context = whole.clone();
            context.remove(name);
            assert_eq!(Caller::from_context(&context), None, "without {name}");
        }
    }
}
