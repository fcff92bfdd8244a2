//! A proof is of a user, and not of a name.

use super::*;

/// An adopted name in form D, and a sign-up of its form C.
#[tokio::test]
async fn a_proof_of_one_of_two_users_whose_names_normalize_alike_is_none_for_the_other() {
    let (stage, _) = with_secret().await;
    let two = "UPDATE users SET username = U&'Zoe\\0308'; \
               INSERT INTO users (username, email, password, hashed_by) \
               SELECT U&'Zo\\00EB', 'b@example.com', password, hashed_by FROM users";
    stage.execute(two).await;
    let sign_in = sign_in(&stage);
    let (first, second) = ("Zoe\u{308}", "Zo\u{eb}");
    let signed_in = from(&sign_in, (first, RIGHT.1), STRANGERS[0], Some("")).await;
    let signed_in = signed_in.unwrap().unwrap();
    assert_eq!(signed_in.user_id, UserId::new(1));
    let proofs = signed_in.proofs.unwrap().expose().clone();
    for address in STRANGERS {
        for _ in 0..10 {
            drop(from(&sign_in, (second, "wrong"), address, Some(&proofs)).await);
        }
    }
    assert_eq!(counted(&stage, &clients(2)).await, 0);
    // Also once the proof's own budget has nothing left.
    let over = from(&sign_in, (second, "wrong"), "192.0.2.9", Some(&proofs)).await;
    assert_eq!(limited(over), "account");
    stage.execute("DELETE FROM limits").await;
    for _ in 0..20 {
        from(&sign_in, (first, "wrong"), STRANGERS[0], Some(&proofs)).await.unwrap().unwrap_err();
    }
    let over = from(&sign_in, (first, RIGHT.1), STRANGERS[0], Some(&proofs)).await;
    assert_eq!(limited(over), "client");
    let other = from(&sign_in, (second, RIGHT.1), STRANGERS[0], Some(&proofs)).await;
    let other = other.unwrap().unwrap();
    assert_eq!(other.user_id, UserId::new(2));
    // What that one gets is its own.
    let proofs = other.proofs.unwrap().expose().clone();
    from(&sign_in, (second, "wrong"), STRANGERS[1], Some(&proofs)).await.unwrap().unwrap_err();
    assert_eq!(counted(&stage, &clients(2)).await, 1);
}

#[tokio::test]
async fn after_a_name_is_signed_up_again_the_first_users_proof_is_none() {
    let (stage, secret) = with_secret().await;
    let sign_in = sign_in(&stage);
    let first = proofs(&secret, "ada", 1);
    from(&sign_in, RIGHT, STRANGERS[0], Some(&first)).await.unwrap().unwrap();
    let again = "WITH gone AS (DELETE FROM users RETURNING username, password, hashed_by) \
                 INSERT INTO users (id, username, email, password, hashed_by) \
                 SELECT 2, username || '2', 'b@example.com', password, hashed_by FROM gone; \
                 UPDATE users SET username = 'ada'";
    stage.execute(again).await;
    lock_out(&sign_in).await;
    for password in [RIGHT, WRONG] {
        let over = from(&sign_in, password, "192.0.2.9", Some(&first)).await;
        assert_eq!(limited(over), "account");
    }
    assert_eq!(counted(&stage, &clients(2)).await, 0);
    stage.execute("DELETE FROM limits").await;
    let signed_in = from(&sign_in, RIGHT, STRANGERS[0], Some(&first)).await.unwrap().unwrap();
    let text = signed_in.proofs.unwrap();
    assert_eq!(text.expose().len(), first.len(), "it replaces the first one's");
    lock_out(&sign_in).await;
    from(&sign_in, RIGHT, "192.0.2.9", Some(text.expose())).await.unwrap().unwrap();
}
