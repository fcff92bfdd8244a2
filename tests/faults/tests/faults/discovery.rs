//! The discovery documents, which need no database.

use std::time::Duration;

use jwks::Jwks;
use serde_json::json;
use shared::db::Group;
use stage::Mode;

use crate::container::{Container, runtime};
use crate::fixture::{Fixture, side_by_side};
use crate::service::keys;

#[test]
fn discovery_is_answered_at_once_while_the_database_is_away() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    fixture.proxy.set(Mode::Blackhole);
    let url = fixture.proxy.url(&fixture.stage.url_of(Group::Jwks));
    let issuer = ("TOKEN_ISSUER", "https://accounts.example.com");
    let jwks: Container<Jwks> = Container::with(runtime(), &url, &[issuer]);
    for name in ["openid-configuration", "oauth-authorization-server"] {
        let path = format!("/.well-known/{name}");
        let answer = jwks.ask(&json!({ "resource": path, "httpMethod": "GET" }));
        answer.is_good_within(Duration::from_secs(1));
        assert_eq!(answer.body["issuer"], issuer.1);
    }
    assert_eq!(fixture.proxy.connects(), 0);
    jwks.ask(&keys()).is_unavailable();
}
