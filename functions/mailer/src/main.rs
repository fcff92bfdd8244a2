//! `mailer` on Lambda.

use lambda_runtime::{LambdaEvent, service_fn};
use mailer::Mailer;
use serde_json::Value;
use shared::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    shared::log::init();
    // Boxed, as the functions with routes are: unboxed, they nest too deep for the compiler.
    let mailer = Box::pin(Mailer::from_env(&mut Environment::of_process())).await?;
    let mailer = &mailer;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        Box::pin(async move { mailer.handle(event.payload).await })
    }))
    .await
}
