//! `authorizer` on Lambda.

use authorizer::{Authorizer, Event};
use lambda_runtime::{LambdaEvent, service_fn};
use shared::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    shared::log::init();
    // Both futures are boxed: unboxed, they nest deeper than the compiler's recursion limit.
    let authorizer = Box::pin(Authorizer::from_env(&mut Environment::of_process())).await?;
    let authorizer = &authorizer;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| {
        Box::pin(async move { authorizer.authorize(event.payload).await })
    }))
    .await
}
