//! What makes secrets void.

use super::*;

/// Whether Ada's reset, verification and change are still good after these statements.
async fn good_after(statements: &str) -> [bool; 3] {
    let world = World::new().await;
    assert!(world.store("reset", 1, ADA, 1).await);
    assert!(world.store("verify", 1, ADA, 2).await);
    assert!(world.store_change("new@example.com", 3).await);
    world.stage.execute(statements).await;
    let reset = world.finds(&link(1), NOW).await.is_some();
    assert_eq!(world.finds(&code(1, ADA), NOW).await.is_some(), reset);
    assert_eq!(world.reset(&link(1), &mark(1)).await.is_some(), reset);
    if reset {
        return [reset; 3];
    }
    let verify = world.verify(&link(2), &mark(2)).await.is_ok();
    [reset, verify, world.verify(&link(3), &mark(3)).await.is_ok()]
}

#[tokio::test]
async fn secrets_are_void_after_what_came_between() {
    assert_eq!(good_after("SELECT 1").await, [true; 3]);
    let changed = "UPDATE users SET email = 'third@example.com' WHERE id = 1";
    assert_eq!(good_after(changed).await, [false; 3]);
    for gone in
        ["DELETE FROM users WHERE id = 1", "UPDATE users SET disabled_at = now() WHERE id = 1"]
    {
        assert_eq!(good_after(gone).await, [false; 3], "{gone}");
    }
    for language in ["''", "NULL"] {
        let of_owner =
            format!("SELECT notify_password_changed(1, {language}, '{{}}', '{{}}', '{{}}', now())");
        assert_eq!(good_after(&of_owner).await, [false, true, false], "{language}");
    }
}

#[tokio::test]
async fn a_new_password_is_reported_if_mail_is_on() {
    let world = World::new().await;
    for (language, waiting) in [("NULL", "0"), ("''", "1")] {
        let changed =
            format!("SELECT notify_password_changed(1, {language}, '{{}}', '{{}}', '{{}}', now())");
        world.stage.execute(&changed).await;
        assert_eq!(world.waiting("password_changed").await, waiting);
    }
}

/// By whichever program, such as the legacy app. Another person may have asked for the change.
#[tokio::test]
async fn a_change_is_void_after_another_change_of_the_user() {
    for change in
        ["password = 'new'", "email = 'third@example.com'", "session_epoch = session_epoch + 1"]
    {
        let change = format!("UPDATE users SET {change} WHERE id = 1");
        let world = World::new().await;
        assert!(world.store_change("new@example.com", 1).await);
        world.ask_change(1, "later@example.com").await;
        world.stage.execute(&change).await;
        let verified = world.verify(&link(1), &mark(1)).await;
        assert_eq!(verified, Err(Verification::Invalid), "{change}");
        assert!(!world.store("change", 1, "later@example.com", 2).await, "{change}");
    }
}

#[tokio::test]
async fn a_change_that_is_asked_for_again_is_of_the_user_of_then() {
    let world = World::new().await;
    world.ask_change(1, "new@example.com").await;
    world.stage.execute("UPDATE users SET password = 'new' WHERE id = 1").await;
    assert!(world.store_change("new@example.com", 1).await);
}

#[tokio::test]
async fn a_reset_takes_back_every_other_secret() {
    let world = World::new().await;
    assert!(world.store("reset", 1, ADA, 1).await);
    assert!(world.store("verify", 1, ADA, 2).await);
    assert!(world.store_change("new@example.com", 3).await);
    assert!(world.store("reset", 2, "bob@example.com", 4).await);
    assert_eq!(world.reset(&code(1, ADA), &mark(1)).await, Some(1));
    for mail in [2, 3] {
        assert_eq!(world.verify(&link(mail), &mark(2)).await, Err(Verification::Invalid));
    }
    assert_eq!(world.finds(&link(4), NOW).await, Some(2));
}

#[tokio::test]
async fn a_change_that_waits_to_be_sent_is_taken_back_by_a_reset() {
    let world = World::new().await;
    assert!(world.store_change("thief@example.com", 1).await);
    // Claimed by a mailer, which has not stored the secret yet, together with the notice.
    assert_eq!(world.claim(100_000_000).await.len(), 2);
    assert!(world.store("reset", 1, ADA, 2).await);
    assert_eq!(world.reset(&link(2), &mark(1)).await, Some(1));
    assert!(!world.store("change", 1, "thief@example.com", 3).await);
}

#[tokio::test]
async fn a_verification_leaves_a_reset() {
    let world = World::new().await;
    assert!(world.store("reset", 1, ADA, 1).await);
    assert!(world.store("verify", 1, ADA, 2).await);
    assert!(world.store("verify", 1, ADA, 3).await);
    assert_eq!(world.verify(&link(2), &mark(1)).await, Ok(ADA.into()));
    assert_eq!(world.verify(&link(3), &mark(2)).await, Err(Verification::Invalid));
    assert_eq!(world.finds(&link(1), NOW).await, Some(1));
}
