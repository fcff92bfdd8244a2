//! All settings, one `NAME=value` per line.

#![no_main]

use std::net::IpAddr;
use std::sync::LazyLock;

use admin::RolePrefix;
use fuzz::MARKER;
use legacy::tokens;
use libfuzzer_sys::fuzz_target;
use shared::http::Cors;
use shared::jwt::{Grant, KeySource, Settings, Signer, SigningKey};
use shared::limits::{Guesses, Networks, Signups};
use shared::password::Passwords;
use shared::{
    ClientId, Clock, DatabaseId, Environment, NewPassword, NumericDate, Random, Secret, UserId, db,
    log,
};
use tokio::runtime::Runtime;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(fuzz::runtime);

fuzz_target!(|text: &str| {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    // A value that isn't a certificate is a file name, which must not be opened here.
    let is_file =
        |(name, value): (&str, &str)| name == "DATABASE_CA" && !value.starts_with("-----BEGIN");
    let pairs: Vec<_> = pairs
        .filter(|pair| !is_file(*pair))
        .map(|(name, value)| (name, value.replace("\\n", "\n")))
        .collect();
    let mut env: Environment = pairs.iter().cloned().collect();
    log::app_name(&mut env);
    Cors::from_env(&mut env);
    RolePrefix::from_env(&mut env);
    NewPassword::min_length(&mut env);
    Passwords::from_env(&mut env);
    Guesses::from_env(&mut env);
    Signups::from_env(&mut env);
    Networks::from_env(&mut env);
    Settings::from_env(&mut env).issuer.previous(&mut env);
    Settings::access_token_seconds(&mut env);
    tokens::Settings::from_env(&mut env);
    let database = db::Settings::from_env(&mut env);
    let database_is_good = env.check().is_ok();
    KeySource::from_env(&mut env);
    if let Err(invalid) = env.check() {
        let sentence = invalid.to_string();
        assert!(!sentence.contains(MARKER) && !sentence.contains('\n'), "{sentence}");
    }
    if let Some(key) = env.secret("SIGNING_KEY") {
        is_a_key_or_none(key);
    }
    // Another machine is reached over TLS only.
    let url = env.text("DATABASE_URL").unwrap_or_default();
    if database_is_good && names_another_machine(&url) {
        assert!(format!("{database:?}").contains("ssl_mode: Require"), "{database:?}");
    }
});

/// Panics unless exactly the P-256 scalars are keys, and each key can sign.
fn is_a_key_or_none(text: Secret<String>) {
    let key = SigningKey::parse(&text);
    let digits = text.expose().trim().to_ascii_lowercase();
    if digits.len() == 64 && digits.bytes().all(|it| it.is_ascii_hexdigit()) {
        let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
        let is_scalar = digits.as_str() < order && digits.bytes().any(|digit| digit != b'0');
        assert_eq!(key.is_some(), is_scalar);
    }
    let Some(key) = key else { return };
    let settings = Settings { issuer: "i".parse().unwrap(), audience: "a".into() };
    let clock = Clock::fixed(NumericDate::from_seconds(1_000));
    let signer = Signer::new(settings, 60, KeySource::Value(text), clock, Random::System);
    let (kids, database_id) = ([key.kid().clone()], DatabaseId::new(String::new()));
    let (client_id, user_id, roles) = (&ClientId::default(), UserId::new(7), Vec::new());
    let grant = Grant { user_id, roles, client_id, session: None, published: &kids, database_id };
    RUNTIME.block_on(signer.access_token(grant)).unwrap();
}

fn names_another_machine(url: &str) -> bool {
    let Ok(config) = url.parse::<Config>() else { return false };
    let is_another = |host: &Host| match host {
        Host::Tcp(name) => {
            name != "localhost" && !name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        Host::Unix(_) => false,
    };
    config.get_hosts().iter().any(is_another)
        || config.get_hostaddrs().iter().any(|ip| !ip.is_loopback())
}
