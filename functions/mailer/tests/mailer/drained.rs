use std::collections::BTreeSet;

use crate::world::{Sink, World};

#[tokio::test]
async fn a_thousand_mails_are_drained_by_several_mailers_once_each() {
    let (world, sink) = (World::new().await, Sink::accepting());
    world
        .stage
        .execute(
            "INSERT INTO users (username, email, password) \
        SELECT 'u' || n, 'u' || n || '@example.com', 'x' FROM generate_series(1, 1000) AS n",
        )
        .await;
    let now = world.stage.clock.now().seconds();
    world
        .stage
        .execute(&format!(
            "INSERT INTO mails (kind, address, language, asked_at, due_at) \
        SELECT 'reset', 'u' || n || '@example.com', '', to_timestamp({now}), to_timestamp({now}) \
        FROM generate_series(1, 1000) AS n"
        ))
        .await;
    let mailers = [
        world.mailer(&sink, 0).await,
        world.mailer(&sink, 1_000_000).await,
        world.mailer(&sink, 2_000_000).await,
        world.mailer(&sink, 3_000_000).await,
    ];
    let [a, b, c, d] = &mailers;
    let done =
        Box::pin(async { tokio::try_join!(a.run(), b.run(), c.run(), d.run()) }).await.unwrap();
    let sent = [done.0, done.1, done.2, done.3].map(|report| report.sent);
    assert_eq!(sent.iter().sum::<u32>(), 1_000, "{sent:?}");
    assert!(sent.iter().all(|sent| *sent > 0), "{sent:?}");
    let to: BTreeSet<_> = sink.taken().iter().map(|it| it.to.to_string()).collect();
    assert_eq!((to.len(), world.waiting().await.as_str()), (1_000, "0"));
    assert_eq!(world.stage.value("SELECT count(*) FROM one_time_secrets").await, "1000");
}
