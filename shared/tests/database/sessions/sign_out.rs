//! Signing out by tokens alone.

use shared::DatabaseId;
use shared::db::sign_outs::{AccessToken, Ended};
use shared::jwt::Kid;

use super::*;

impl World {
    /// A token until `NOW.plus(60)`.
    async fn access(&self, bearer: Bearer) -> AccessToken {
        AccessToken {
            kid: Kid::new(self.stage.value("SELECT kid FROM signing_keys").await),
            user_id: bearer.user_id,
            key: bearer.key,
            database_id: DatabaseId::new(stage::DATABASE_ID.into()),
            expires_at: NOW.plus(60),
        }
    }

    /// Signs out by an access token.
    async fn sign_out_by(&self, token: AccessToken, now: NumericDate) -> SignedOut {
        self.sign_out(&SignOut { access: Some(token), ..SignOut::default() }, now).await
    }
}

/// What has ended for an accepted token, or for none.
fn ended(is_accepted: bool, ended: &[(UserId, Option<SessionId>)]) -> SignedOut {
    let ended = ended.iter().map(|&(user_id, session)| Ended { user_id, session }).collect();
    SignedOut { is_accepted, ended }
}

#[tokio::test]
async fn a_refresh_token_of_any_age_ends_its_session_alone() {
    let world = World::new().await;
    let (first, other) = (world.signed_in(ADA, NOW).await, world.signed_in(ADA, NOW).await);
    let second = world.renewed(&first, NOW).await.token;
    let third = world.renewed(&second, NOW.plus(60)).await.token;
    assert_eq!(world.sign_out_of(&first, NOW.plus(61)).await, 1);
    for token in [&first, &second, &third] {
        assert_eq!(world.sign_out_of(token, NOW.plus(61)).await, 0);
        assert!(matches!(world.refresh(token, NOW.plus(61)).await, Refresh::Refused));
    }
    assert!(world.is_signed_in(bearer(&other, ADA), NOW.plus(61)).await);
    assert_eq!(world.sign_out_of(&other, NOW.plus(61)).await, 1);
    assert_eq!(world.count().await, "0");
}

#[tokio::test]
async fn an_access_token_ends_its_own_session_even_late() {
    let world = World::new().await;
    for seconds in [0, 59, 60, 3000] {
        let (mine, other) = (world.signed_in(ADA, NOW).await, world.signed_in(ADA, NOW).await);
        let (id, now) = (mine.session(), NOW.plus(seconds));
        let of_eve = world.sign_out_by(world.access(bearer(&mine, EVE)).await, now).await;
        assert_eq!(of_eve, ended(true, &[]));
        assert_ne!(world.row(id).await, "");
        let mine = world.access(bearer(&mine, ADA)).await;
        let first = world.sign_out_by(mine.clone(), now).await;
        assert_eq!(first, ended(true, &[(ADA, Some(id))]), "{seconds}");
        assert_eq!(world.sign_out_by(mine, now).await, ended(true, &[]));
        assert!(world.is_signed_in(bearer(&other, ADA), now).await);
    }
    // An hour without use: it was over before.
    let idle = world.signed_in(ADA, NOW).await;
    let of_idle = world.sign_out_by(world.access(bearer(&idle, ADA)).await, NOW.plus(3600)).await;
    assert_eq!((of_idle, world.row(idle.session()).await), (ended(true, &[]), String::new()));
}

#[tokio::test]
async fn a_withdrawn_key_or_another_database_ends_nothing() {
    let world = World::new().await;
    let (mine, named) = (world.signed_in(ADA, NOW).await, world.signed_in(ADA, NOW).await);
    for key in [TokenKey::Session(mine.session()), TokenKey::Digest(DIGEST)] {
        let token = world.access(Bearer { user_id: ADA, key }).await;
        let elsewhere = DatabaseId::new("0dbab17a-5e1f-4e6c-9d57-6c1f3b9e7a43".into());
        let of_another = AccessToken { database_id: elsewhere, ..token.clone() };
        assert_eq!(world.sign_out_by(of_another, NOW).await, ended(false, &[]));
        let stranger = Some(AccessToken { kid: Kid::new("stranger".into()), ..token.clone() });
        let stranger = SignOut { access: stranger, ..SignOut::default() };
        assert_eq!(world.sign_out(&stranger, NOW).await, ended(false, &[]));
        let until = "UPDATE signing_keys SET accepted_until = to_timestamp";
        world.stage.execute(&format!("{until}({})", NOW.seconds())).await;
        assert_eq!(world.sign_out_by(token, NOW).await, ended(false, &[]));
        world.stage.execute("UPDATE signing_keys SET accepted_until = NULL").await;
    }
    assert!(world.is_signed_in(bearer(&mine, ADA), NOW).await);
    assert!(world.is_signed_in(without_session(ADA), NOW).await);
    // What else the client names ends all the same.
    let stranger = world.access(bearer(&mine, ADA)).await;
    let stranger = Some(AccessToken { kid: Kid::new("stranger".into()), ..stranger });
    let both = SignOut { access: stranger, refresh: [None, Some(named.clone())] };
    let only = ended(false, &[(ADA, Some(named.session()))]);
    assert_eq!(world.sign_out(&both, NOW).await, only);
}

#[tokio::test]
async fn a_token_without_a_session_ends_until_its_own_end() {
    let world = World::new().await;
    let token = world.access(without_session(ADA)).await;
    for late in [60, 3600] {
        let over = world.sign_out_by(token.clone(), NOW.plus(late)).await;
        assert_eq!(over, ended(true, &[]), "{late}");
    }
    assert_eq!(world.stage.value("SELECT count(*) FROM ended_tokens").await, "0");
    let first = world.sign_out_by(token.clone(), NOW).await;
    assert_eq!(first, ended(true, &[(ADA, None)]));
    assert_eq!(world.sign_out_by(token, NOW).await, ended(true, &[]));
    assert!(!world.is_signed_in(without_session(ADA), NOW).await);
    let end = "SELECT extract(epoch FROM kept_until)::int8 FROM ended_tokens";
    assert_eq!(world.stage.value(end).await, NOW.plus(60 + 31 * 86_400).seconds().to_string());
    // It can't be a session that is ended by its digest, nor another's.
    let session = world.signed_in(ADA, NOW).await;
    assert!(world.is_signed_in(bearer(&session, ADA), NOW).await);
}

#[tokio::test]
async fn all_that_is_named_ends_once() {
    let world = World::new().await;
    let tokens = [
        world.signed_in(ADA, NOW).await,
        world.signed_in(EVE, NOW).await,
        world.signed_in(ADA, NOW).await,
    ];
    let [by_access, by_body, by_cookie] = &tokens;
    let access = Some(world.access(bearer(by_access, ADA)).await);
    let refresh = [Some(by_body.clone()), Some(by_cookie.clone())];
    let mut signed_out = world.sign_out(&SignOut { access, refresh }, NOW).await;
    signed_out.ended.sort_by_key(|it| it.session.unwrap().to_string());
    let users = [ADA, EVE, ADA].into_iter().zip(&tokens);
    let mut all: Vec<_> = users.map(|(user, token)| (user, Some(token.session()))).collect();
    all.sort_by_key(|it| it.1.unwrap().to_string());
    assert_eq!(signed_out, ended(true, &all));
    // The same session, three times over.
    let same = world.signed_in(ADA, NOW).await;
    let access = Some(world.access(bearer(&same, ADA)).await);
    let refresh = [Some(same.clone()), Some(same.clone())];
    let once = ended(true, &[(ADA, Some(same.session()))]);
    assert_eq!(world.sign_out(&SignOut { access, refresh }, NOW).await, once);
    assert_eq!(world.sign_out(&SignOut::default(), NOW).await, ended(false, &[]));
}
