//! The service never fetches an address in a token.

use std::io::ErrorKind;
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::check::{Check, checks};
use crate::jws::Key;
use crate::target::Target;
use crate::tokens::{Forgeries, draft};

pub(crate) fn checks() -> Vec<Check> {
    checks![no_address_in_a_token_is_fetched also Emulator needs OwnKey Loopback RefusedTokens;]
}

fn no_address_in_a_token_is_fetched(target: &Target) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let stranger = Key::stranger();
    let mut forgeries = Forgeries::default();
    for path in ["jwks.json", ".well-known/openid-configuration", "cert.pem"] {
        let url = format!("http://{address}/{path}");
        for (member, value) in [
            ("jku", json!(url)),
            ("x5u", json!(url)),
            ("kid", json!(url)),
            ("iss", json!(url)),
            ("jwk", Value::from(url.clone())),
        ] {
            let draft = draft(target).header(member, value).claim("iss", url.clone());
            for (whose, key) in [("our", target.key()), ("a stranger's", &stranger)] {
                forgeries.add(format!("{member} {url} with {whose} key"), draft.sign(key));
            }
            let unknown = draft.header("kid", stranger.kid());
            forgeries.add(format!("{member} {url}, unknown key"), unknown.sign(&stranger));
        }
    }
    forgeries.are_refused(target);
    listener.set_nonblocking(true).expect("a listener that doesn't wait");
    match listener.accept() {
        Ok((_, from)) => panic!("{from} fetched an address in a token"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
    }
}
