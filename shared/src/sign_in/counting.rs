//! What an attempt is charged to: the budget of a client that has signed in before, or those of strangers.

use std::sync::PoisonError;

use super::SignIn;
use super::users::{FoundCredentials, Refused};
use crate::client_proof::{ProofSecret, Proofs};
use crate::db;
use crate::limits::{Guesses, Network};
use crate::username::Username;

impl SignIn {
    /// Counts an attempt and finds the user.
    ///
    /// Each answer has the secret of client proofs. If an operator has replaced it, a proof that was
    /// verified with the old one counts no more: the attempt is counted again. So it is, as a stranger's,
    /// if the proof is of another user than the name is.
    pub(super) async fn count(
        &self,
        username: &Username,
        network: &Network,
        proofs: Option<&Proofs>,
    ) -> Result<Result<FoundCredentials, Refused>, db::Error> {
        let account = Guesses::account(&username.normalized());
        let mut proofs = proofs.filter(|proofs| proofs.name(&account));
        let mut secret = self.held_secret();
        if secret.is_none() && proofs.is_some() {
            secret = self.users.proof_secret().await?;
        }
        loop {
            let now = self.clock.now();
            let client = proofs.zip(secret.as_ref());
            let client = client.and_then(|(proofs, secret)| proofs.client(&account, secret, now));
            let charges = match client {
                Some(client) => self.guesses.of_client(client.user_id, client.class),
                None => self.guesses.of_stranger(username, network),
            };
            let found = self.users.find_credentials(username, &charges, now).await?;
            let (current, user_id) = match &found {
                Ok(found) => (&found.proof_secret, found.user.as_ref().map(|user| user.id)),
                Err(refused) => (&refused.proof_secret, refused.user_id),
            };
            let is_current = *current == secret;
            let is_of_user = client.is_none_or(|client| Some(client.user_id) == user_id);
            secret.clone_from(current);
            self.hold(secret.clone());
            // A stranger who was counted is a stranger with either secret.
            let is_stranger = proofs.is_none() || (client.is_none() && found.is_ok());
            if is_stranger || (is_current && is_of_user) {
                let is_known_client = client.is_some();
                return Ok(found.map(|found| FoundCredentials { is_known_client, ..found }));
            }
            if is_current {
                proofs = None;
            }
        }
    }

    fn held_secret(&self) -> Option<ProofSecret> {
        self.proof_secret.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold(&self, secret: Option<ProofSecret>) {
        *self.proof_secret.lock().unwrap_or_else(PoisonError::into_inner) = secret;
    }
}
