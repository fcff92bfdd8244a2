//! Whether this service sends mail.

use crate::environment::Environment;

/// Whether `MAIL_SENDER` is set. Without it, every route of mail is 404 and no mail is asked for.
pub fn is_on(env: &mut Environment) -> bool {
    env.text("MAIL_SENDER").is_some()
}
