//! A target that the suite didn't start.

use std::sync::{Arc, Mutex, OnceLock};

use super::{BCRYPT_COST, Target, runs_all, setting};
use crate::client::Client;
use crate::database::Database;
use crate::jws::Key;
use crate::kind::Kind;
use crate::operator::Operator;
use crate::secrets::Secrets;

impl Target {
    /// The target at this address, by the settings of the environment.
    pub(super) fn elsewhere(base: &str) -> Result<Self, String> {
        let kind = match setting("LATCHKEY_TARGET").as_deref() {
            None | Some("aws") => Kind::Aws,
            Some("emulator") => Kind::Emulator,
            Some("sam-local") => Kind::SamLocal,
            Some(_) => return Err("LATCHKEY_TARGET must be aws, emulator or sam-local".to_owned()),
        };
        let key = setting("LATCHKEY_SIGNING_KEY")
            .map(|digits| Key::from_hex(&digits).ok_or("LATCHKEY_SIGNING_KEY is no key"))
            .transpose()?;
        let bcrypt_cost = setting("LATCHKEY_BCRYPT_COST").map(|number| number.parse());
        let bcrypt_cost =
            bcrypt_cost.transpose().map_err(|_| "LATCHKEY_BCRYPT_COST is no number")?;
        let secrets = Arc::new(Secrets::default());
        Ok(Self {
            kind,
            http: Client::new(base, Arc::clone(&secrets)),
            secrets,
            database: setting("LATCHKEY_DATABASE_URL").map(Database::new),
            operator: setting("LATCHKEY_OPERATOR").map(|command| Operator::shell(&command)),
            key,
            introspection_secret: setting("LATCHKEY_INTROSPECTION_SECRET"),
            runner: None,
            mails: setting("LATCHKEY_MAILS").map(Into::into),
            keeps_policies: setting("LATCHKEY_AUTHORIZER_CACHE_SECONDS")
                .is_some_and(|it| it != "0"),
            answers_in_json: false,
            runs_all: runs_all(),
            ignored: Mutex::default(),
            bcrypt_cost: bcrypt_cost.unwrap_or(BCRYPT_COST),
            ada: OnceLock::new(),
            routes: OnceLock::new(),
            variant: OnceLock::new(),
            costly: OnceLock::new(),
        })
    }
}
