//! What mail does at a sign-in.

use shared::client_proof::Proofs;
use shared::sign_in::SignInMail;

use super::without_writes::FAULTS;
use super::*;

const RIGHT: (&str, &str) = ("ada", "correct horse");
const VERIFY: &str = "UPDATE users SET verified_email = email";
const NOTIFYING: SignInMail =
    SignInMail { notifies_of_new_clients: true, requires_verified_email: false };
const REQUIRING: SignInMail =
    SignInMail { notifies_of_new_clients: false, requires_verified_email: true };

/// A user, of a service that does this.
async fn with_mail(mail: SignInMail) -> (Stage, SignIn) {
    let stage = with_user("ada", "correct horse", COST).await;
    let sign_in = sign_in(&stage).mailing(mail);
    (stage, sign_in)
}

async fn sign_in_with(sign_in: &SignIn, proofs: &str) -> Result<String, Refusal> {
    let attempt = Attempt {
        username: &Username::parse(RIGHT.0.into()).unwrap(),
        password: Password::parse(RIGHT.1.into()).unwrap(),
        client_id: &ClientId::default(),
        wants: Wants::Access,
        device: Device::default(),
        languages: Languages::default(),
        network: Network::new(None),
        proofs: Some(Proofs::parse(proofs)),
    };
    let signed_in = sign_in.authenticate(attempt).await.unwrap()?;
    Ok(signed_in.proofs.unwrap().expose().clone())
}

async fn notices(stage: &Stage) -> String {
    let notices = "SELECT coalesce(string_agg(user_id || ' ' || address, ', '), '') \
                   FROM mails WHERE kind = 'new_client'";
    stage.value(notices).await
}

#[tokio::test]
async fn a_new_client_is_reported_to_a_verified_address_once_a_day() {
    let (stage, sign_in) = with_mail(NOTIFYING).await;
    sign_in_with(&sign_in, "").await.unwrap();
    assert_eq!(notices(&stage).await, "", "not verified");
    stage.execute(VERIFY).await;
    attempt(&sign_in, ("ada", "wrong"), Wants::Access).await.unwrap().unwrap_err();
    assert_eq!(notices(&stage).await, "", "not signed in");
    for sent in ["1 ada@example.com", "", ""] {
        sign_in_with(&sign_in, "").await.unwrap();
        assert_eq!(notices(&stage).await, sent);
        stage.execute("DELETE FROM mails").await;
    }
    stage.clock.advance(86_400);
    attempt(&sign_in, RIGHT, Wants::Token).await.unwrap().unwrap();
    assert_eq!(notices(&stage).await, "1 ada@example.com", "a day later, without any cookie");
}

#[tokio::test]
async fn a_client_that_has_signed_in_before_is_not_reported() {
    let (stage, sign_in) = with_mail(NOTIFYING).await;
    let proofs = sign_in_with(&sign_in, "").await.unwrap();
    stage.execute(VERIFY).await;
    sign_in_with(&sign_in, &proofs).await.unwrap();
    assert_eq!(notices(&stage).await, "");
    stage.execute("UPDATE proof_keys SET secret = decode(repeat('08', 32), 'hex')").await;
    sign_in_with(&sign_in, &proofs).await.unwrap();
    assert_eq!(notices(&stage).await, "1 ada@example.com", "with a proof of before");
}

#[tokio::test]
async fn without_notices_no_client_is_reported() {
    let (stage, sign_in) = with_mail(SignInMail::default()).await;
    stage.execute(VERIFY).await;
    sign_in_with(&sign_in, "").await.unwrap();
    assert_eq!(notices(&stage).await, "");
}

#[tokio::test]
async fn a_right_password_without_a_verified_address_is_refused_at_no_charge() {
    let (stage, sign_in) = with_mail(REQUIRING).await;
    let not_verified = Refusal::EmailNotVerified(UserId::new(1));
    for _ in 0..30 {
        assert_eq!(sign_in_with(&sign_in, "").await, Err(not_verified));
    }
    assert_eq!(stage.value("SELECT count(*) FROM sign_ins").await, "0");
    let wrong = attempt(&sign_in, ("ada", "wrong"), Wants::Access).await.unwrap();
    assert_eq!(reason(wrong.unwrap_err()), RefusalReason::WrongPassword);
    stage.execute(VERIFY).await;
    sign_in_with(&sign_in, "").await.unwrap();
    stage.execute("UPDATE users SET email = 'other@example.com'").await;
    assert_eq!(sign_in_with(&sign_in, "").await, Err(not_verified), "another program changed it");
    stage.execute("UPDATE users SET disabled_at = now()").await;
    let disabled = sign_in_with(&sign_in, "").await.unwrap_err();
    assert_eq!(reason(disabled), RefusalReason::Disabled);
}

#[tokio::test]
async fn a_verified_address_is_required_while_the_database_takes_no_writes() {
    let (stage, sign_in) = with_mail(REQUIRING).await;
    stage.execute(FAULTS[0]).await;
    let refused = attempt(&sign_in, RIGHT, Wants::Access).await.unwrap();
    assert_eq!(refused.unwrap_err(), Refusal::EmailNotVerified(UserId::new(1)));
}
