//! The session that a sign-in starts.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use shared::db::sessions::{Outcome, Refresh, Sessions};
use shared::{Salt, SessionId};
use stage::NOW;
use tokio::sync::Barrier;

use super::*;

/// The claims of a token.
pub(super) fn claims(signed_in: &SignedIn) -> Value {
    let token = signed_in.access_token.token.expose();
    let text = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&text).unwrap()
}

async fn signed_in(stage: &Stage, lifetimes: Lifetimes, wants: Wants) -> SignedIn {
    let sign_in = sign_in_lasting(stage, lifetimes);
    attempt(&sign_in, ("ada", "correct horse"), wants).await.unwrap().unwrap()
}

/// What its row says, with times in seconds from now.
async fn row(stage: &Stage, session: SessionId) -> String {
    let now = NOW.seconds();
    let query = format!(
        "SELECT concat_ws(' ', user_id, kind, client_id, user_agent, ip_prefix, \
             extract(epoch FROM created_at)::int - {now}, extract(epoch FROM used_at)::int - {now}, \
             extract(epoch FROM expires_at)::int - {now}, idle_seconds, generation, rotated_at) \
         FROM sign_ins WHERE id = '{session}'"
    );
    stage.value(&query).await
}

#[tokio::test]
async fn every_sign_in_starts_a_session_that_its_token_names() {
    let stage = with_user("ada", "correct horse", COST).await;
    for (wants, kind, end, idle) in [
        (Wants::Access, "access", 60, 60),
        (Wants::Token, "token", 7200, 3600),
        (Wants::Cookie, "cookie", 7200, 3600),
    ] {
        let signed_in = signed_in(&stage, SESSION, wants).await;
        let session = signed_in.session_id.unwrap();
        let wanted =
            format!("1 {kind} phone Mozilla/5.0 203.0.113.0/24 0 0 {end} {idle} 0 -infinity");
        assert_eq!(row(&stage, session).await, wanted);
        let claims = claims(&signed_in);
        assert_eq!((&claims["sid"], &claims["gen"]), (&session.to_string().into(), &0.into()));
        assert_eq!(claims["exp"], NOW.plus(LIFE).seconds());
        assert_eq!(signed_in.access_token.expires_in, LIFE);
        assert_eq!(signed_in.renewable.is_some(), wants != Wants::Access);
        if let Some(renewable) = signed_in.renewable {
            assert_eq!(renewable.token.session(), session);
            assert_eq!((renewable.expires_at, renewable.expires_in()), (NOW.plus(7200), 7200));
        }
    }
    assert_eq!(stage.value("SELECT count(*) FROM sign_ins").await, "3");
}

#[tokio::test]
async fn no_token_outlives_its_session() {
    let stage = with_user("ada", "correct horse", COST).await;
    let short = Lifetimes { seconds: 20, idle_seconds: 3600 };
    for wants in [Wants::Token, Wants::Cookie] {
        let signed_in = signed_in(&stage, short, wants).await;
        assert_eq!(claims(&signed_in)["exp"], NOW.plus(20).seconds());
        assert_eq!(signed_in.access_token.expires_in, 20);
    }
    // One that can't be renewed ends with its token.
    let signed_in = signed_in(&stage, short, Wants::Access).await;
    assert_eq!(claims(&signed_in)["exp"], NOW.plus(LIFE).seconds());
}

#[tokio::test]
async fn a_client_that_refreshes_at_the_end_of_its_token_is_not_too_late() {
    let stage = with_user("ada", "correct horse", COST).await;
    for (set, stored) in [(1, LIFE + 900), (959, LIFE + 900), (961, 961)] {
        let idle = Lifetimes { idle_seconds: set, ..SESSION };
        for wants in [Wants::Token, Wants::Cookie] {
            let session = signed_in(&stage, idle, wants).await.session_id.unwrap();
            let row = row(&stage, session).await;
            assert!(row.ends_with(&format!(" {stored} 0 -infinity")), "{set}: {row}");
        }
    }
}

#[tokio::test]
async fn the_refresh_token_of_a_sign_in_renews_it() {
    let stage = with_user("ada", "correct horse", COST).await;
    let signed_in = signed_in(&stage, SESSION, Wants::Token).await;
    let sessions = Sessions::new(stage.database());
    let token = &signed_in.renewable.unwrap().token;
    let (salt, device) = (Salt::new(&Random::System), Device::default());
    match sessions.refresh(token, &salt, NOW, 60, &device).await.unwrap() {
        Refresh::Renewed(renewed) => {
            assert_eq!((renewed.outcome, renewed.user_id), (Outcome::Rotated, UserId::new(1)));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_refused_sign_in_starts_no_session() {
    let stage = with_user("ada", "correct horse", COST).await;
    outcome(&stage, "ada", "wrong").await.unwrap_err();
    outcome(&stage, "eve", "correct horse").await.unwrap_err();
    assert_eq!(stage.value("SELECT count(*) FROM sign_ins").await, "0");
}

#[tokio::test]
async fn a_disabled_user_is_refused_whatever_the_password() {
    let stage = with_user("ada", "correct horse", COST - 1).await;
    let stored = stage.value("SELECT password FROM users").await;
    stage.execute("UPDATE users SET disabled_at = now()").await;
    for (password, reason) in
        [("correct horse", RefusalReason::Disabled), ("wrong", RefusalReason::WrongPassword)]
    {
        let refusal = outcome(&stage, "ada", password).await.unwrap_err();
        assert_eq!(refusal, wrong_credentials(reason, Some(1)));
    }
    assert_eq!(stage.value("SELECT count(*) FROM sign_ins").await, "0");
    assert_eq!(stage.value("SELECT password FROM users").await, stored);
    stage.execute("UPDATE users SET disabled_at = NULL").await;
    outcome(&stage, "ada", "correct horse").await.unwrap();
}

#[tokio::test]
async fn a_sign_in_during_which_all_sessions_end_is_refused() {
    for change in ["session_epoch = 1", "disabled_at = now()"] {
        let stage = with_user("ada", "correct horse", COST - 1).await;
        let stored = stage.value("SELECT password FROM users").await;
        let holder = stage.client().await;
        holder.batch_execute(&format!("BEGIN; UPDATE users SET {change}")).await.unwrap();
        let sign_in = sign_in(&stage);
        let waiting = async {
            let waits = "SELECT count(*) FROM pg_stat_activity \
                         WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while stage.value(waits).await == "0" {}
            holder.batch_execute("COMMIT").await.unwrap();
        };
        let signing_in = attempt(&sign_in, ("ada", "correct horse"), Wants::Token);
        let (refused, ()) = tokio::join!(signing_in, waiting);
        let refusal = refused.unwrap().unwrap_err();
        assert_eq!(reason(refusal).name(), "changed_meanwhile", "{change}");
        assert_eq!(stage.value("SELECT count(*) FROM sign_ins").await, "0");
        assert_eq!(stage.value("SELECT password FROM users").await, stored, "not replaced");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_sign_in_with_the_old_password_survives_its_change() {
    let stage = with_user("ada", "correct horse", COST).await;
    let old = stage.value("SELECT password FROM users").await;
    let (sign_in, changing) = (sign_in(&stage), stage.client().await);
    let change = format!(
        "SELECT change_password(1, NULL, '\\x00', '{old}', 'new', to_timestamp({}))",
        NOW.seconds()
    );
    let reset = format!(
        "DELETE FROM sign_ins; DELETE FROM limits; UPDATE users SET password = '{old}', session_epoch = 0"
    );
    let (sign_in, barrier) = (Arc::new(sign_in), Arc::new(Barrier::new(2)));
    let (mut before, mut refused) = (0, 0);
    for round in 0..300 {
        changing.batch_execute(&reset).await.unwrap();
        let (signing, ready) = (Arc::clone(&sign_in), Arc::clone(&barrier));
        let signing = tokio::spawn(async move {
            ready.wait().await;
            let wants = [Wants::Access, Wants::Token, Wants::Cookie][round % 3];
            attempt(&signing, ("ada", "correct horse"), wants).await.unwrap()
        });
        barrier.wait().await;
        // Sometimes the one is first, sometimes the other.
        for _ in 0..round % 5 {
            stage.value("SELECT 1").await;
        }
        changing.batch_execute(&change).await.unwrap();
        match signing.await.unwrap() {
            Ok(_) => before += 1,
            Err(_) => refused += 1,
        }
        assert_eq!(stage.value("SELECT count(*) FROM sign_ins").await, "0", "round {round}");
    }
    assert!(before > 0 && refused > 0, "they never met: {before} before, {refused} refused");
}
