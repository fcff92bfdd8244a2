use std::sync::LazyLock;

use serde_json::json;

use super::*;

fn signer() -> Signer {
    let key = KeySource::Value(Secret::new("1".repeat(64)));
    let settings = Settings { issuer: "i".parse().unwrap(), audience: "a".into() };
    let clock = Clock::fixed(NumericDate::from_seconds(1_000));
    Signer::new(settings, 60, key, clock, Random::counted(1))
}

fn kid() -> Kid {
    SigningKey::parse(&Secret::new("1".repeat(64))).unwrap().kid().clone()
}

/// A token of user 7 without a session.
fn grant(published: &[Kid]) -> Grant<'_> {
    static CLIENT: LazyLock<ClientId> = LazyLock::new(ClientId::default);
    let (user_id, database_id) = (UserId::new(7), DatabaseId::new("d".into()));
    Grant { user_id, roles: Vec::new(), client_id: &CLIENT, session: None, published, database_id }
}

/// The token of a user with these roles, and its claims.
async fn with_roles(signer: Signer, names: &[String]) -> (AccessToken, serde_json::Value) {
    let roles = Role::of_user(names.to_vec());
    let client_id = ClientId::parse(&"c".repeat(255)).unwrap();
    let keys = [kid()];
    let grant = Grant { roles, client_id: &client_id, ..grant(&keys) };
    let token = signer.access_token(grant).await.unwrap();
    let claims = claims(&token);
    (token, claims)
}

fn claims(token: &AccessToken) -> serde_json::Value {
    let payload = token.token.expose().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_has_the_roles_of_its_user_if_that_is_set() {
    let names = ["ROLE_USER", "ROLE_EDITOR"].map(str::to_owned);
    let (token, claims) = with_roles(signer(), &names).await;
    assert_eq!(token.scope, None);
    assert!(claims.get("roles").is_none() && claims.get("scope").is_none(), "{claims}");
    let signer = || signer().with_claims(TokenClaims::Roles);
    let (token, claims) = with_roles(signer(), &names).await;
    assert_eq!(token.scope.as_deref(), Some("ROLE_USER ROLE_EDITOR"));
    assert_eq!(claims["roles"], json!(names));
    assert_eq!(claims["scope"], "ROLE_USER ROLE_EDITOR");
    // RFC 6749 §3.3: a scope has at least one word.
    let (token, claims) = with_roles(signer(), &[]).await;
    assert_eq!(token.scope.as_deref(), Some(""));
    assert!(claims["roles"] == json!([]) && claims.get("scope").is_none());
}

/// 8,192 bytes are what many servers take as one header; API Gateway takes 10,240 as all headers.
#[tokio::test]
async fn the_longest_token_fits_into_a_header() {
    let long = Signer {
        settings: Settings { issuer: "i".repeat(255).parse().unwrap(), audience: "a".repeat(255) },
        ..signer()
    };
    let names: Vec<_> = (10..200).map(|n| format!("{}{n}", "R".repeat(62))).collect();
    let (token, claims) = with_roles(long.with_claims(TokenClaims::Roles), &names).await;
    assert_eq!(claims["roles"].as_array().unwrap().len(), 31);
    // A signature by RS256 has 426 characters more.
    let length = "Authorization: Bearer ".len() + token.token.expose().len() + 426;
    assert!(length < 8192, "{length}");
}

#[tokio::test]
async fn two_tokens_of_one_second_differ() {
    let signer = signer();
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let token = signer.access_token(grant(&[kid()])).await.unwrap();
        assert_eq!(token.expires_in, 60);
        tokens.push(token.token);
    }
    let payload = |token: &Secret<String>| token.expose().split('.').nth(1).map(str::to_owned);
    assert_ne!(payload(&tokens[0]), payload(&tokens[1]));
}

#[tokio::test]
async fn a_token_names_its_session_and_does_not_outlive_it() {
    let id = SessionId::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f").unwrap();
    let keys = [kid()];
    for (end, lives) in [(1_030, 30), (1_060, 60), (9_000, 60), (1_000, 0)] {
        let expires_at = NumericDate::from_seconds(end);
        let session = Some(TokenSession { id, generation: 3, expires_at });
        let grant = Grant { session, ..grant(&keys) };
        let token = signer().access_token(grant).await.unwrap();
        let claims = claims(&token);
        assert_eq!((&claims["sid"], &claims["gen"]), (&json!(id.to_string()), &json!(3)));
        assert_eq!(
            (token.expires_in, claims["exp"].as_i64()),
            (lives, Some(1_000 + i64::from(lives)))
        );
    }
    let without = claims(&signer().access_token(grant(&keys)).await.unwrap());
    assert!(without.get("sid").is_none() && without.get("gen").is_none(), "{without}");
}

#[tokio::test]
async fn an_unpublished_key_signs_nothing() {
    let other = Kid::new("other".into());
    let refused = signer().access_token(grant(std::slice::from_ref(&other))).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))));
    assert!(signer().access_token(grant(&[other, kid()])).await.is_ok());
}
