//! A service that accepts Latchkey's tokens: `GET /` answers the caller's user id.

use std::{env, error::Error};

use axum::{Extension, Json, Router, routing::get};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_oauth2_resource_server::{server::OAuth2ResourceServer, tenant::TenantConfiguration};

/// The claims that a handler uses.
#[derive(Debug, Clone, Deserialize)]
struct Claims {
    /// The caller's `users.id`.
    sub: String,
}

async fn who_is_it(Extension(claims): Extension<Claims>) -> Json<Value> {
    Json(json!({ "user_id": claims.sub.parse::<i64>().ok() }))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (issuer, audience) = (env::var("LATCHKEY_ISSUER")?, env::var("LATCHKEY_AUDIENCE")?);
    // Finds the keys through the issuer's discovery document, and fetches them every 60 s.
    let latchkey = TenantConfiguration::builder(issuer).audiences(&[audience]).build().await?;
    let verifier = OAuth2ResourceServer::<Claims>::builder().add_tenant(latchkey).build().await?;

    let app = Router::new().route("/", get(who_is_it)).layer(verifier.into_layer());
    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}
