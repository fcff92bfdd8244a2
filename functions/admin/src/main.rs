//! `admin` on Lambda.

use admin::Admin;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use shared::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    shared::log::init();
    let admin = &Admin::from_env(&mut Environment::of_process()).await?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async move {
        admin.handle(event.payload).await
    }))
    .await
}
