//! Sessions through their statements, each sent twice.

mod account;
mod at_once;
mod own;
mod receipts;
mod sign_out;
mod soak;
mod start;
mod tokens;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use shared::db::own_sessions::{Bearer, Mark, OwnSessions};
use shared::db::sessions::{Kind, Outcome, Refresh, Renewed, Sessions, Start};
use shared::db::sign_outs::{SignOut, SignOuts, SignedOut};
use shared::db::{Database, callers, users};
use shared::limits::Refund;
use shared::{
    ClientId, Device, NumericDate, Random, RefreshToken, Role, Salt, SessionId, TokenKey, UserId,
};
use stage::{NOW, Stage};
use tokio_postgres::types::Type;

const ADA: UserId = UserId::new(1);
const EVE: UserId = UserId::new(2);
const LEEWAY: u32 = 60;
/// What ends a token without a session.
const DIGEST: [u8; 32] = [7; 32];

/// A database with two users.
struct World {
    stage: Stage,
    database: Database,
    random: Random,
}

impl World {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let users = "INSERT INTO users (username, email, password) VALUES \
                     ('ada', 'ada@example.com', 'old'), ('eve', 'eve@example.com', 'old')";
        stage.execute(users).await;
        let database = stage.database();
        Self { stage, database, random: Random::counted(1) }
    }

    /// The same database over other connections.
    fn again(&self) -> Self {
        let stage = Stage { url: self.stage.url.clone(), clock: self.stage.clock.clone() };
        let database = stage.database();
        Self { stage, database, random: self.random.clone() }
    }

    fn sessions(&self) -> Sessions {
        Sessions::new(self.database.clone())
    }

    fn own(&self) -> OwnSessions {
        OwnSessions::new(self.database.clone())
    }

    fn token(&self, now: NumericDate) -> RefreshToken {
        RefreshToken::first(SessionId::new(now, &self.random), &self.random)
    }

    /// Starts a session. False if it is refused.
    async fn starts(&self, kind: Kind<'_>, user_id: UserId, epoch: i32, now: NumericDate) -> bool {
        let (client_id, device) = (ClientId::parse("phone").unwrap(), device("start"));
        let start = start(kind, user_id, epoch, now, (&client_id, &device));
        let first = self.sessions().start(&start).await.unwrap();
        assert_eq!(self.sessions().start(&start).await.unwrap(), first);
        first
    }

    /// The first refresh token of a new session.
    async fn signed_in(&self, user_id: UserId, now: NumericDate) -> RefreshToken {
        let token = self.token(now);
        assert!(self.starts(Kind::Token(&token), user_id, 0, now).await);
        token
    }

    async fn refresh(&self, token: &RefreshToken, now: NumericDate) -> Refresh {
        let salt = Salt::new(&self.random);
        let once = async || {
            let device = device("refresh");
            self.sessions().refresh(token, &salt, now, LEEWAY, &device).await.unwrap()
        };
        let first = once().await;
        assert_eq!(format!("{:?}", once().await), format!("{first:?}"));
        first
    }

    async fn renewed(&self, token: &RefreshToken, now: NumericDate) -> Renewed {
        match self.refresh(token, now).await {
            Refresh::Renewed(renewed) => renewed,
            other => panic!("{other:?}"),
        }
    }

    /// What the authorizer finds of a token.
    async fn authorize(&self, bearer: Bearer, generation: i32, now: NumericDate) -> Value {
        let first = self.authorize_once(bearer, generation, now).await;
        assert_eq!(self.authorize_once(bearer, generation, now).await, first);
        first
    }

    async fn authorize_once(&self, bearer: Bearer, generation: i32, now: NumericDate) -> Value {
        let (session, digest) = parts(&bearer);
        let parameters = [
            (&bearer.user_id.get() as _, Type::INT4),
            (&session as _, Type::UUID),
            (&generation as _, Type::INT4),
            (&digest as _, Type::BYTEA),
            (&"kid" as _, Type::TEXT),
            (&now.to_timestamp() as _, Type::FLOAT8),
        ];
        let row = self.database.row(&callers::AUTHORIZE, &parameters).await.unwrap().unwrap();
        serde_json::from_str(row.try_get(0).unwrap()).unwrap()
    }

    async fn is_signed_in(&self, bearer: Bearer, now: NumericDate) -> bool {
        self.authorize(bearer, 0, now).await["is_signed_in"].as_bool().unwrap()
    }

    /// What has ended.
    async fn sign_out(&self, named: &SignOut, now: NumericDate) -> SignedOut {
        let once = async || {
            let sign_outs = SignOuts::new(self.database.clone());
            sign_outs.sign_out(named, now).await.unwrap()
        };
        let first = once().await;
        let again = SignedOut { ended: Vec::new(), ..first };
        assert_eq!(once().await, again);
        first
    }

    /// Signs out by a refresh token. How many sessions have ended.
    async fn sign_out_of(&self, token: &RefreshToken, now: NumericDate) -> usize {
        let named = SignOut { access: None, refresh: [Some(token.clone()), None] };
        self.sign_out(&named, now).await.ended.len()
    }

    /// Ends a token without a session.
    async fn end_token(&self, digest: [u8; 32], expires_at: NumericDate, now: NumericDate) {
        let digest = STANDARD.encode(digest);
        let (end, now) = (expires_at.seconds(), now.seconds());
        let sql = format!(
            "SELECT end_token(decode('{digest}', 'base64'), to_timestamp({end}), to_timestamp({now}))"
        );
        for _ in 0..2 {
            self.stage.execute(&sql).await;
        }
    }

    async fn end_own(&self, caller: Bearer, now: NumericDate) -> Option<i32> {
        let mark = Mark::new(&self.random);
        let once = async || self.own().end_own(&caller, now.plus(60), now, &mark).await.unwrap();
        let first = once().await;
        assert_eq!(once().await, first);
        first
    }

    async fn revoke(&self, caller: Bearer, revoked: SessionId, now: NumericDate) -> Option<i32> {
        let mark = Mark::new(&self.random);
        let first = self.own().revoke(&caller, revoked, now, &mark).await.unwrap();
        assert_eq!(self.own().revoke(&caller, revoked, now, &mark).await.unwrap(), first);
        first
    }

    async fn end_others(&self, caller: Bearer, now: NumericDate) -> Option<i32> {
        let mark = Mark::new(&self.random);
        let first = self.own().end_others(&caller, now, &mark).await.unwrap();
        assert_eq!(self.own().end_others(&caller, now, &mark).await.unwrap(), first);
        first
    }

    async fn end_all(&self, caller: Bearer, now: NumericDate) -> Option<i32> {
        let mark = Mark::new(&self.random);
        let first = self.own().end_all(&caller, now, &mark).await.unwrap();
        assert_eq!(self.own().end_all(&caller, now, &mark).await.unwrap(), first);
        first
    }

    async fn change_password(&self, caller: Bearer, old: &str, new: &str) -> String {
        let (session, digest) = parts(&caller);
        let (keys, every) = (Vec::<Vec<u8>>::new(), Vec::<f64>::new());
        let once = async || {
            let parameters = [
                (&caller.user_id.get() as _, Type::INT4),
                (&session as _, Type::UUID),
                (&digest as _, Type::BYTEA),
                (&old as _, Type::TEXT),
                (&new as _, Type::TEXT),
                (&NOW.to_timestamp() as _, Type::FLOAT8),
                (&keys as _, Type::BYTEA_ARRAY),
                (&every as _, Type::FLOAT8_ARRAY),
                (&every as _, Type::FLOAT8_ARRAY),
                (&None::<&str> as _, Type::TEXT),
                (&keys as _, Type::BYTEA_ARRAY),
                (&every as _, Type::FLOAT8_ARRAY),
                (&Vec::<i32>::new() as _, Type::INT4_ARRAY),
            ];
            let row = self.database.row(&users::CHANGE_PASSWORD, &parameters).await.unwrap();
            row.unwrap().try_get::<_, String>("outcome").unwrap()
        };
        let first = once().await;
        assert_eq!(once().await, first);
        first
    }

    /// The row of a session as text; empty if there is none.
    async fn row(&self, session: SessionId) -> String {
        self.stage.value(&format!("SELECT s::text FROM sign_ins AS s WHERE id = '{session}'")).await
    }

    async fn count(&self) -> String {
        self.stage.value("SELECT count(*) FROM sign_ins").await
    }
}

/// A session that ends after ten days, or an hour without use.
fn start<'a>(
    kind: Kind<'a>,
    user_id: UserId,
    session_epoch: i32,
    now: NumericDate,
    (client_id, device): (&'a ClientId, &'a Device),
) -> Start<'a> {
    static REFUND: Refund = Refund::NONE;
    let expires_at = now.plus(864_000);
    let idle_seconds = 3600;
    let (refund, notice) = (&REFUND, None);
    Start {
        user_id,
        session_epoch,
        kind,
        client_id,
        now,
        expires_at,
        idle_seconds,
        device,
        refund,
        notice,
    }
}

fn device(user_agent: &str) -> Device {
    Device { user_agent: Some(user_agent.into()), ip_prefix: Some("192.0.2.0/24".into()) }
}

fn bearer(token: &RefreshToken, user_id: UserId) -> Bearer {
    Bearer { user_id, key: TokenKey::Session(token.session()) }
}

/// What a statement takes of a token: its session, or what ends it without one.
fn parts(bearer: &Bearer) -> (Option<uuid::Uuid>, Option<&[u8]>) {
    match &bearer.key {
        TokenKey::Session(session) => (Some(*session.as_uuid()), None),
        TokenKey::Digest(digest) => (None, Some(digest)),
    }
}

fn without_session(user_id: UserId) -> Bearer {
    Bearer { user_id, key: TokenKey::Digest(DIGEST) }
}
