//! What mail does at a sign-in.

use crate::environment::Environment;
use crate::limits::Guesses;

/// What mail does at a sign-in; by default nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct SignInMail {
    /// Whether users are notified of a sign-in by a new client.
    pub notifies_of_new_clients: bool,
    /// Whether a user needs a verified address to sign in.
    pub requires_verified_email: bool,
}

impl SignInMail {
    /// Reads `NEW_CLIENT_MAIL` and `REQUIRE_VERIFIED_EMAIL`. Without a limit per account, every client is a
    /// new one, so there is no notice.
    pub fn from_env(env: &mut Environment) -> Self {
        let knows_clients = Guesses::know_clients(env);
        let notifies_of_new_clients = env.is_on("NEW_CLIENT_MAIL", false) && knows_clients;
        let requires_verified_email = env.is_on("REQUIRE_VERIFIED_EMAIL", false);
        Self { notifies_of_new_clients, requires_verified_email }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(settings: &[(&'static str, &str)]) -> (bool, bool) {
        let mut env: Environment = settings.iter().copied().collect();
        let mail = SignInMail::from_env(&mut env);
        env.check().unwrap();
        (mail.notifies_of_new_clients, mail.requires_verified_email)
    }

    #[test]
    fn users_are_notified_unless_no_client_is_known() {
        let notifying = ("NEW_CLIENT_MAIL", "on");
        assert_eq!(of(&[]), (false, false));
        assert_eq!(of(&[notifying]), (true, false));
        assert_eq!(of(&[notifying, ("GUESSES_PER_ACCOUNT", "off")]), (false, false));
        assert_eq!(of(&[("REQUIRE_VERIFIED_EMAIL", "on")]), (false, true));
    }
}
