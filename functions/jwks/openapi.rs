use jwks::{Key, KeySet};
use serde_json::json;
use shared::functions::JwksRoute;
use shared::jwt::PublicKey;

use crate::openapi::{Operation, Response, Tag};

pub(crate) fn describe(JwksRoute::Keys: JwksRoute) -> Operation {
    // The public key of RFC 7515, appendix A.3.
    let key: PublicKey = serde_json::from_value(json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }))
    .unwrap();
    let keys = KeySet { keys: vec![Key::from(&(key.kid(), key))] };
    Operation::new(Tag::Keys, "getKeys", "The public keys")
        .described(
            "The keys that verify tokens, as a JWK set (RFC 7517). `kid` in a token's header \
             names the key. Cache them for five minutes.",
        )
        .revalidated()
        .answers(
            200,
            Response::json::<KeySet>("The keys.", &keys)
                .with_etag()
                .with_cache_control("public, max-age=300"),
        )
}
