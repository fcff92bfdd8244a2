use jwks::{Key, KeySet, Metadata};
use serde_json::json;
use shared::Error;
use shared::functions::JwksRoute;
use shared::jwt::PublicKey;

use crate::openapi::{Operation, Response, Tag};

pub(crate) fn describe(route: JwksRoute) -> Operation {
    let discovery = |id, summary| {
        let example = Metadata::example("https://api.example.com");
        Operation::new(Tag::Keys, id, summary)
            .described(
                "A service that knows only the issuer finds the public keys through this document. \
                 Latchkey has no authorization endpoint and issues no ID tokens: \
                 `id_token_signing_alg_values_supported` is of access tokens. Cache it for five \
                 minutes.",
            )
            .revalidated()
            .answers(
                200,
                Response::json::<Metadata<'_>>("The metadata.", &example)
                    .with_etag()
                    .with_cache_control("public, max-age=300"),
            )
            .answers(
                404,
                Response::new("The issuer (`TOKEN_ISSUER`) isn't an address.")
                    .error(&Error::NotFound),
            )
    };
    match route {
        JwksRoute::Keys => keys(),
        JwksRoute::OpenIdConfiguration => {
            discovery("getOpenIdConfiguration", "Discovery (OpenID Connect)")
        }
        JwksRoute::AuthorizationServer => {
            discovery("getAuthorizationServer", "Discovery (RFC 8414)")
        }
    }
}

fn keys() -> Operation {
    // The public key of RFC 7515, appendix A.3.
    let key: PublicKey = serde_json::from_value(json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }))
    .unwrap();
    // That of RFC 7638, section 3.1.
    let rsa: PublicKey = serde_json::from_value(json!({
        "kty": "RSA", "e": "AQAB",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    }))
    .unwrap();
    let keys = [key, rsa].map(|key| Key::from(&(key.kid(), key)));
    let keys = KeySet { keys: keys.into() };
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
