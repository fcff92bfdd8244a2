//! `authorizer` on Lambda.

use authorizer::{Authorizer, Event};
use lambda_runtime::{LambdaEvent, service_fn};
use shared::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    shared::log::init();
    let authorizer = &Authorizer::from_env(&mut Environment::of_process()).await?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| async move {
        authorizer.authorize(event.payload).await
    }))
    .await
}
