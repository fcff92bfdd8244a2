//! A sign-in, from the row to the token.

mod client_proof;
mod limited;
mod mail;
mod sessions;
mod without_writes;

use shared::db::Group;
use shared::jwt::{KeySource, Settings, Signer};
use shared::limits::{Charges, Guesses, Network};
use shared::password::{Password, Passwords, RefusalReason};
use shared::sign_in::{Attempt, Lifetimes, Refusal, SignedIn, Users, Wants};
use shared::{
    ClientId, Device, Environment, Error, Languages, NewPassword, Random, Role, Secret, SignIn,
    UserId, Username,
};
use stage::{NOW, SIGNING_KEY, Stage};

const COST: u32 = 5;

/// The lifetime of an access token.
const LIFE: u32 = 60;

/// How long a session goes on, and how long without a use.
const SESSION: Lifetimes = Lifetimes { seconds: 7200, idle_seconds: 3600 };

fn sign_in_lasting(stage: &Stage, lifetimes: Lifetimes) -> SignIn {
    let settings = Settings { issuer: "latchkey".parse().unwrap(), audience: "latchkey".into() };
    let key = KeySource::Value(Secret::new(SIGNING_KEY.into()));
    let signer = Signer::new(settings, LIFE, key, stage.clock.clone(), Random::System);
    let (database, clock) = (stage.database_of(Group::Signin), stage.clock.clone());
    let passwords = Passwords::new(COST, Random::System);
    let guesses = Guesses::from_env(&mut Environment::default());
    SignIn::new(database, passwords, signer, lifetimes, guesses, clock, Random::System)
}

fn sign_in(stage: &Stage) -> SignIn {
    sign_in_lasting(stage, SESSION)
}

/// A user whose password is hashed at `cost`.
async fn with_user(name: &str, password: &str, cost: u32) -> Stage {
    let stage = Stage::new().await;
    let password = NewPassword::parse(password.into(), 8).unwrap();
    let passwords = Passwords::new(cost, Random::System);
    let hash = passwords.hash(password).await.unwrap();
    let hash = hash.to_text();
    let user = format!(
        "INSERT INTO users (username, email, password, hashed_by) \
         VALUES ('{name}', 'ada@example.com', '{}', 'latchkey')",
        hash.expose()
    );
    stage.execute(&user).await;
    stage
}

/// An attempt from a browser.
async fn attempt(
    sign_in: &SignIn,
    (name, password): (&str, &str),
    wants: Wants,
) -> Result<Result<SignedIn, Refusal>, Error> {
    let attempt = Attempt {
        username: &Username::parse(name.into()).unwrap(),
        password: Password::parse(password.into()).unwrap(),
        client_id: &ClientId::parse("phone").unwrap(),
        wants,
        device: Device {
            user_agent: Some("Mozilla/5.0".into()),
            ip_prefix: Some("203.0.113.0/24".into()),
        },
        languages: Languages::default(),
        network: Network::new("203.0.113.7".parse().ok()),
        proofs: None,
    };
    sign_in.authenticate(attempt).await
}

async fn outcome(stage: &Stage, name: &str, password: &str) -> Result<UserId, Refusal> {
    match attempt(&sign_in(stage), (name, password), Wants::Access).await {
        Ok(outcome) => outcome.map(|signed_in| signed_in.user_id),
        Err(error) => panic!("{error:?}"),
    }
}

fn wrong_credentials(reason: RefusalReason, user_id: Option<i32>) -> Refusal {
    Refusal::WrongCredentials { reason, user_id: user_id.map(UserId::new) }
}

/// Why the credentials were wrong.
fn reason(refusal: Refusal) -> RefusalReason {
    match refusal {
        Refusal::WrongCredentials { reason, .. } => reason,
        Refusal::EmailNotVerified(_) => panic!("the address"),
    }
}

#[tokio::test]
async fn only_the_very_name_and_password_sign_in() {
    let stage = with_user("ada", "correct horse", COST).await;
    assert_eq!(outcome(&stage, "ada", "correct horse").await, Ok(UserId::new(1)));
    let refusal = async |name, password| outcome(&stage, name, password).await.unwrap_err();
    let wrong = wrong_credentials(RefusalReason::WrongPassword, Some(1));
    assert_eq!(refusal("ada", "correct horsf").await, wrong);
    let unknown = wrong_credentials(RefusalReason::UnknownUser, None);
    assert_eq!(refusal("Ada", "correct horse").await, unknown);
}

#[tokio::test]
async fn the_roles_of_the_user_come_with_the_hash() {
    let stage = with_user("Zo\u{eb}", "correct horse", COST).await;
    let held = "INSERT INTO users (username, email) VALUES ('b', 'b'); \
                INSERT INTO roles (name) VALUES ('editor'), ('ROLE_EDITOR'); \
                INSERT INTO users_to_roles SELECT 1, id FROM roles WHERE id <> 2; \
                INSERT INTO users_to_roles VALUES (2, 2)";
    stage.execute(held).await;
    let users = Users::new(stage.database_of(Group::Signin));
    for name in ["Zo\u{eb}", "Zoe\u{308}"] {
        let found = users
            .find_credentials(&Username::parse(name.into()).unwrap(), &Charges::NONE, NOW)
            .await
            .unwrap()
            .unwrap();
        let roles = Role::joined(&found.user.unwrap().roles);
        assert_eq!(roles, "ROLE_USER ROLE_ADMIN ROLE_EDITOR");
    }
}

#[tokio::test]
async fn an_adopted_name_is_found_byte_for_byte_before_the_form_of_a_sign_up() {
    let stage = with_user("Zo\u{eb}", "correct horse", COST).await;
    let found = async |name| outcome(&stage, name, "correct horse").await;
    assert_eq!(found("Zoe\u{308}").await, Ok(UserId::new(1)));
    stage
        .execute(
            "INSERT INTO users (username, email, password, hashed_by) \
             SELECT U&'Zoe\\0308', 'other@example.com', password, hashed_by FROM users",
        )
        .await;
    assert_eq!(found("Zoe\u{308}").await, Ok(UserId::new(2)));
    assert_eq!(found("Zo\u{eb}").await, Ok(UserId::new(1)));
}

#[tokio::test]
async fn a_row_without_a_hash_that_we_read_refuses() {
    let stage = with_user("ada", "correct horse", COST).await;
    stage.execute("UPDATE users SET password = NULL").await;
    let refusal = outcome(&stage, "ada", "correct horse").await.unwrap_err();
    assert_eq!(reason(refusal), RefusalReason::NoPassword);
    stage.execute("UPDATE users SET password = 'correct horse'").await;
    let refusal = outcome(&stage, "ada", "correct horse").await.unwrap_err();
    assert_eq!(reason(refusal).name(), "unknown_hash");
    assert_eq!(reason(refusal).hash_scheme(), Some("unknown"));
}

#[tokio::test]
async fn a_cheap_hash_is_replaced_by_a_right_password_alone() {
    for password in ["correct horse", &"x".repeat(100)] {
        let stage = with_user("ada", password, COST - 1).await;
        let stored = async || stage.value("SELECT password FROM users").await;
        let cheap = stored().await;
        outcome(&stage, "ada", "wrong").await.unwrap_err();
        assert_eq!(stored().await, cheap);
        outcome(&stage, "ada", password).await.unwrap();
        let replaced = stored().await;
        let started = "SELECT count(*) || ' ' || sum(session_epoch) FROM sign_ins, users";
        assert_eq!(stage.value(started).await, "1 0");
        assert!(replaced.contains("$05$") || replaced.contains("r=5$"), "not replaced");
        assert_eq!(outcome(&stage, "ada", password).await, Ok(UserId::new(1)));
        assert_eq!(stored().await, replaced);
    }
}

#[tokio::test]
async fn a_sign_in_with_an_unpublished_key_fails_and_starts_nothing() {
    let stage = with_user("ada", "correct horse", COST).await;
    stage.execute("DELETE FROM signing_keys").await;
    let failed = attempt(&sign_in(&stage), ("ada", "correct horse"), Wants::Token).await;
    assert!(matches!(failed, Err(Error::Unavailable(_))));
    assert_eq!(stage.value("SELECT count(*) FROM sign_ins").await, "0");
}
