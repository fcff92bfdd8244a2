//! That every statement is one that PostgreSQL takes.

use shared::db::ALL;
use stage::Stage;

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let client = Stage::new().await.client().await;
    for sql in ALL {
        let prepared = client.prepare(sql.text()).await;
        assert!(prepared.is_ok(), "{}: {:?}", sql.text(), prepared.err());
    }
}
