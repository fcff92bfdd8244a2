//! `mailer` on Lambda.

use lambda_runtime::{LambdaEvent, service_fn};
use mailer::Mailer;
use serde_json::Value;
use shared::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    shared::log::init();
    let mailer = &Mailer::from_env(&mut Environment::of_process()).await?;
    lambda_runtime::run(service_fn(|_: LambdaEvent<Value>| async move {
        mailer.run().await;
        Ok::<_, lambda_runtime::Error>(())
    }))
    .await
}
