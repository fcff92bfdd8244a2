//! This machine's AWS credentials and region.

use aws_config::BehaviorVersion;

/// Lets the functions find credentials as AWS's own tools do: in the environment, a profile, a
/// role.
pub(crate) fn install() {
    shared::aws::install(|http_client| {
        let loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client);
        Box::pin(loader.load())
    });
}
