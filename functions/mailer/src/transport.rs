//! The ways out: SES, SMTP, a folder.

mod folder;
mod ses;
mod smtp;

use std::path::PathBuf;

use shared::secrets_manager::SecretsManager;
use shared::{Environment, mail};

use crate::way_out::Transport;
pub use folder::Folder;
use ses::Ses;
use smtp::Smtp;

/// Reads `MAIL_TRANSPORT` and the settings of each way out. `None` if mail is off or one is bad. `folder` is
/// there in the local runner alone.
pub(crate) fn from_env(
    env: &mut Environment,
    folder: Option<PathBuf>,
    secrets: SecretsManager,
) -> Option<Box<dyn Transport>> {
    let is_on = mail::is_on(env);
    let rule = "must be ses or smtp";
    let name = env.parsed("MAIL_TRANSPORT", "ses", rule, |text| {
        let folder = folder.as_ref().map(|_| "folder");
        ["ses", "smtp"].into_iter().chain(folder).find(|name| *name == text)
    });
    let ses = Ses::from_env(env);
    let smtp = Smtp::from_env(env, secrets, is_on && name == "smtp");
    match (name, folder) {
        _ if !is_on => None,
        ("folder", Some(path)) => Some(Box::new(Folder::new(path))),
        ("smtp", _) => Some(Box::new(smtp?)),
        _ => Some(Box::new(ses)),
    }
}
