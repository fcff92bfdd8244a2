//! How often a name may be guessed, through a whole sign-in.

use shared::functions::SigninRoute;
use shared::http::{Request, TrustedProxies};
use stage::logged;

use super::*;

const RIGHT: (&str, &str) = ("ada", "correct horse");
const WRONG: (&str, &str) = ("ada", "wrong");

/// The database takes no writes, or none to the table of limits.
const FAULTS: [&str; 2] = [
    super::without_writes::FAULTS[0],
    "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN RAISE EXCEPTION USING ERRCODE = ''disk_full''; END'; \
     CREATE TRIGGER fill BEFORE INSERT ON limits EXECUTE FUNCTION fill()",
];

/// How many of these guesses a hash was verified for.
async fn guesses(sign_in: &SignIn, attempts: u32) -> u32 {
    let mut verified = 0;
    for _ in 0..attempts {
        match attempt(sign_in, WRONG, Wants::Access).await {
            Ok(refusal) => {
                assert_eq!(reason(refusal.unwrap_err()), RefusalReason::WrongPassword);
                verified += 1;
            }
            Err(Error::RateLimited(limited)) => assert_eq!(limited.by, "pair"),
            Err(other) => panic!("{other:?}"),
        }
    }
    verified
}

#[tokio::test]
async fn a_right_password_resets_nothing_and_costs_nothing() {
    for fault in ["SELECT", FAULTS[0], FAULTS[1]] {
        let stage = with_user("ada", "correct horse", COST).await;
        stage.execute(fault).await;
        let sign_in = sign_in(&stage);
        for _ in 0..11 {
            attempt(&sign_in, RIGHT, Wants::Access).await.unwrap().unwrap();
        }
        assert_eq!(guesses(&sign_in, 9).await, 9, "{fault}");
        attempt(&sign_in, RIGHT, Wants::Access).await.unwrap().unwrap();
        assert_eq!(guesses(&sign_in, 9).await, 1, "{fault}");
        let limited = attempt(&sign_in, RIGHT, Wants::Access).await;
        assert!(matches!(limited, Err(Error::RateLimited(_))), "{fault}: {limited:?}");
        stage.clock.advance(2160);
        attempt(&sign_in, RIGHT, Wants::Access).await.unwrap().unwrap();
        assert_eq!(guesses(&sign_in, 9).await, 1, "{fault}");
    }
}

#[tokio::test]
async fn counting_in_the_process_is_reported_once_a_minute() {
    // With a single subscriber, a test without one that logs first in another thread would end the notice
    // for all.
    let _another = tracing::Dispatch::new(tracing_subscriber::registry());
    for fault in FAULTS {
        let stage = with_user("ada", "correct horse", COST).await;
        stage.execute(fault).await;
        let sign_in = sign_in(&stage);
        let reports = async || {
            let (_, lines) = logged(guesses(&sign_in, 3)).await;
            lines.iter().filter(|line| line["event"] == "limits_in_process").count()
        };
        assert_eq!(reports().await, 1, "{fault}");
        stage.clock.advance(59);
        assert_eq!(reports().await, 0, "{fault}");
        stage.clock.advance(1);
        assert_eq!(reports().await, 1, "{fault}");
    }
}

#[tokio::test]
async fn by_no_other_failure_is_a_password_verified_uncounted() {
    for fault in [
        "REVOKE EXECUTE ON FUNCTION try_credentials FROM latchkey_signin",
        "DROP FUNCTION count_try",
        "DROP TABLE limits",
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'; \
         CREATE TRIGGER fail BEFORE INSERT ON limits EXECUTE FUNCTION fail()",
    ] {
        let stage = with_user("ada", "correct horse", COST).await;
        stage.execute(fault).await;
        let failed = attempt(&sign_in(&stage), RIGHT, Wants::Access).await;
        assert!(matches!(failed, Err(Error::Unavailable(_) | Error::Internal(_))), "{failed:?}");
    }
}

#[tokio::test]
async fn entries_that_api_gateway_did_not_add_to_are_reported_once_a_minute_and_process() {
    let _another = tracing::Dispatch::new(tracing_subscriber::registry());
    let reports = async |last: &str| {
        let event = serde_json::json!({
            "resource": "/api/auth/signin", "httpMethod": "POST",
            "headers": { "x-forwarded-for": format!("192.0.2.1, {last}") },
            "requestContext": { "identity": { "sourceIp": "198.51.100.9" } },
        });
        let mut event = serde_json::from_value(event).unwrap();
        let (_, request) = Request::of::<SigninRoute>(&mut event).unwrap();
        let mut env = Environment::from_iter([("TRUSTED_PROXIES", "1")]);
        let proxies = TrustedProxies::from_env(&mut env);
        let (_, lines) = logged(async { proxies.client_address(&request) }).await;
        let event = "forwarded_for_without_source_ip";
        lines.iter().filter(|line| line["event"] == event).count()
    };
    assert_eq!(reports("198.51.100.9").await, 0);
    assert_eq!(reports("198.51.100.8").await, 1);
    assert_eq!(reports("198.51.100.8").await, 0);
}
