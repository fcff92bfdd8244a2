//! A sign-in while the database takes no writes.

use super::sessions::claims;
use super::*;

/// The database reads only, as after a failover, or its disk is full.
pub(super) const FAULTS: [&str; 2] = [
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', \
         current_database()); END $$",
    "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN RAISE EXCEPTION USING ERRCODE = ''disk_full''; END'; \
     CREATE TRIGGER fill BEFORE INSERT ON sign_ins EXECUTE FUNCTION fill()",
];

async fn with_fault(fault: &str, epoch: i32) -> SignIn {
    let stage = with_user("ada", "correct horse", COST - 1).await;
    stage.execute(&format!("UPDATE users SET session_epoch = {epoch}")).await;
    stage.execute(fault).await;
    sign_in(&stage)
}

#[tokio::test]
async fn a_client_without_a_session_gets_a_token_of_none() {
    for fault in FAULTS {
        let sign_in = with_fault(fault, 0).await;
        let signed_in = attempt(&sign_in, ("ada", "correct horse"), Wants::Access).await;
        let signed_in = signed_in.unwrap().unwrap();
        assert_eq!(signed_in.session_id, None, "{fault}");
        assert!(signed_in.renewable.is_none());
        assert_eq!(signed_in.access_token.expires_in, LIFE);
        let claims = claims(&signed_in);
        assert!(claims.get("sid").is_none() && claims.get("gen").is_none(), "{claims}");
    }
}

#[tokio::test]
async fn a_session_that_was_asked_for_or_a_token_that_opens_nothing_is_not_promised() {
    for fault in FAULTS {
        for (wants, epoch) in [(Wants::Token, 0), (Wants::Cookie, 0), (Wants::Access, 1)] {
            let sign_in = with_fault(fault, epoch).await;
            let failed = attempt(&sign_in, ("ada", "correct horse"), wants).await;
            assert!(matches!(failed, Err(Error::Unavailable(_))), "{wants:?} {epoch}: {failed:?}");
        }
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused_as_ever() {
    for fault in FAULTS {
        let sign_in = with_fault(fault, 0).await;
        let refused = attempt(&sign_in, ("ada", "wrong"), Wants::Token).await.unwrap();
        assert_eq!(reason(refused.unwrap_err()), RefusalReason::WrongPassword);
    }
}

#[tokio::test]
async fn another_failure_lets_nobody_in() {
    let revoked = "REVOKE EXECUTE ON FUNCTION start_session FROM latchkey_signin";
    let sign_in = with_fault(revoked, 0).await;
    let failed = attempt(&sign_in, ("ada", "correct horse"), Wants::Access).await;
    assert!(matches!(failed, Err(Error::Unavailable(_))), "{failed:?}");
}
