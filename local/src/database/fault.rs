//! What is wrong with a database, and what to do next: a sentence for the developer.

use shared::db::Error;

use super::Database;

impl Database {
    /// Why a statement gave nothing.
    pub(crate) fn fault(&self, error: &Error) -> String {
        match error {
            Error::Unreachable(cause) | Error::Lost(cause) => self.unreachable(cause.trim()),
            Error::ReadOnly(cause) => format!(
                "{self} takes no writes ({}): name the server that does, or make this one writable",
                cause.trim()
            ),
            Error::LoginRefused(cause) => self.login_refused(cause.trim()),
            Error::DeadlineExceeded | Error::ConnectTimedOut => {
                format!("{self} doesn't answer in time: {}", self.check())
            }
            Error::Conflict(cause) => {
                format!("{self} is busy with the same rows ({}): try again", cause.trim())
            }
            Error::NotMigrated(cause) => format!(
                "{self} hasn't the tables of this version ({}): start the service on it once, \
                 without a verb, or run `deployment/admin.sh migrate`",
                cause.trim()
            ),
            Error::NotGranted(cause) => format!(
                "{self} doesn't let its user do that ({}): use its owner, or grant what is \
                 missing",
                cause.trim()
            ),
            Error::NoToken(cause) => format!(
                "AWS gives no credentials to make a token for {self} with ({}): check this \
                 machine's AWS credentials, or leave DATABASE_AUTH=iam out",
                brief(cause)
            ),
            Error::NumbersExhausted(cause) => format!(
                "{self} has no number left for another user ({}): users.id ends at 2147483647",
                cause.trim()
            ),
            Error::Failed(cause) => format!(
                "{self} refuses a statement ({}): PostgreSQL's own log says why",
                cause.trim()
            ),
        }
    }

    /// Why a migration stopped, in refinery's words.
    pub(crate) fn migration_fault(&self, cause: &str) -> String {
        // Its own words around PostgreSQL's.
        let cause = cause.rsplit("db error: ").next().unwrap_or(cause).trim();
        let next = if cause.contains("already exists") {
            "it holds tables that Latchkey hasn't made; name an empty database"
        } else if cause.contains("permission denied") {
            "use its owner, or let this user create tables (GRANT CREATE ON SCHEMA public)"
        } else {
            "fix that, then start again"
        };
        format!("{self} can't be migrated ({cause}): {next}")
    }

    /// What to do about one that can't be talked to.
    fn check(&self) -> String {
        match self {
            Self::Given(naming) => format!(
                "start it, or correct {naming}; without that, the runner starts a PostgreSQL of \
                 its own"
            ),
            Self::Running(_) => "try again, now that its service has stopped".to_owned(),
            Self::Started(_) => "start again; what it holds is kept".to_owned(),
        }
    }

    fn unreachable(&self, cause: &str) -> String {
        let has = |words: &str| cause.contains(words);
        if has("password missing") {
            self.login_refused(cause)
        } else if has("no login as RDS writes it") {
            format!(
                "the secret {cause}: complete it, or set DATABASE_HOST, DATABASE_NAME and so on"
            )
        } else if has("arn:") {
            format!("the secret with the database's login can't be used: {}", secret(cause))
        } else if has("3D000") {
            format!(
                "{self} isn't there, though its server is: create it (`createdb`), or correct its \
                 name"
            )
        } else if has("57P03") {
            format!("{self} is starting or stopping: try again in a moment")
        } else if has("53300") {
            format!("{self} has no connection left ({cause}): end some, or raise max_connections")
        } else if has("certificate") {
            format!(
                "{self} shows a certificate that isn't trusted ({cause}): set DATABASE_CA to the \
                 PEM of the authority that signed it"
            )
        } else if has("TLS") {
            format!(
                "{self} speaks no TLS ({cause}): turn it on there (ssl = on); a server on this \
                 machine may do without, if sslmode doesn't require it"
            )
        } else {
            format!("{self} is out of reach ({cause}): {}", self.check())
        }
    }

    fn login_refused(&self, cause: &str) -> String {
        let at = match self {
            Self::Given("DATABASE_HOST") => "DATABASE_USER and DATABASE_PASSWORD",
            Self::Given("DATABASE_SECRET_ARN") => "the user and the password in that secret",
            Self::Given(naming) => &format!("the user and the password in {naming}"),
            Self::Running(_) | Self::Started(_) => "pg_hba.conf beside its data",
        };
        format!("{self} refuses the login ({cause}): correct {at}")
    }
}

/// What to do about a secret that can't be read, or holds something else.
pub(crate) fn secret(cause: &str) -> String {
    format!("{}; check its ARN, and this machine's AWS credentials and region", brief(cause))
}

/// The first sentence of a cause: what AWS's client says goes on for pages.
fn brief(cause: &str) -> &str {
    let line = cause.lines().next().unwrap_or_default();
    let sentence = line.split_once(". ").map_or(line, |(first, _)| first);
    // Behind it, the same once more as `Debug` writes it.
    let words = sentence.split_once(" { ").and_then(|(before, _)| before.rsplit_once(" ("));
    words.map_or(sentence, |(words, _)| words).trim_end_matches(['.', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: Database = Database::Given("DATABASE_URL");

    #[test]
    fn each_fault_is_one_line_that_says_what_to_do_next() {
        let unreachable = |cause: &str| Error::Unreachable(cause.to_owned());
        for (error, words) in [
            (unreachable("Connection refused (os error 111)"), "correct DATABASE_URL"),
            (unreachable("SQLSTATE 3D000 "), "createdb"),
            (unreachable("SQLSTATE 57P03 "), "try again"),
            (unreachable("SQLSTATE 53300 "), "max_connections"),
            (unreachable("password missing"), "the password in DATABASE_URL"),
            (unreachable("invalid peer certificate: UnknownIssuer"), "DATABASE_CA"),
            (unreachable("server does not support TLS"), "a server on this machine may do without"),
            (Error::Lost("connection closed".into()), "correct DATABASE_URL"),
            (Error::ReadOnly("SQLSTATE 25006 ".into()), "takes no writes"),
            (Error::LoginRefused("SQLSTATE 28P01 ".into()), "the password"),
            (Error::DeadlineExceeded, "correct DATABASE_URL"),
            (Error::Conflict("SQLSTATE 40001 ".into()), "try again"),
            (Error::NotMigrated("SQLSTATE 42P01 ".into()), "migrate"),
            (Error::NotGranted("SQLSTATE 42501 users".into()), "grant"),
            (Error::NoToken("no answer within 3 seconds".into()), "DATABASE_AUTH"),
            (Error::Failed("SQLSTATE XX000 ".into()), "log"),
        ] {
            let sentence = GIVEN.fault(&error);
            assert!(
                sentence.contains(words) && sentence.contains("DATABASE_URL"),
                "{error:?}: {sentence}"
            );
            assert!(!sentence.contains('\n') && !sentence.contains(" )"), "{error:?}: {sentence}");
        }
    }

    #[test]
    fn a_migration_fault_has_the_words_of_postgresql() {
        let refinery = "`error applying migration V1__x`, `db error`: db error: ERROR: relation \
                        \"users\" already exists";
        let sentence = GIVEN.migration_fault(refinery);
        assert!(sentence.contains("(ERROR: relation \"users\" already exists)"), "{sentence}");
        assert!(sentence.ends_with("an empty database"), "{sentence}");
        let sentence =
            GIVEN.migration_fault("`x`: db error: ERROR: permission denied for schema public");
        assert!(sentence.contains("GRANT CREATE"), "{sentence}");
        assert!(GIVEN.migration_fault("odd").ends_with("(odd): fix that, then start again"));
    }

    #[test]
    fn only_the_first_sentence_of_awss_client_is_shown() {
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x";
        let chain = format!(
            "{arn} can't be read: dispatch failure: other: no credentials found in chain. \
             Attempted:\n  Environment: not set (DispatchFailure(DispatchFailure {{ source: X }}))"
        );
        let sentence = Database::Given("DATABASE_SECRET_ARN").fault(&Error::Unreachable(chain));
        assert!(sentence.contains("no credentials found in chain; check"), "{sentence}");
        let partial =
            Error::Unreachable(format!("{arn} is no login as RDS writes it, or lacks a part"));
        let sentence = Database::Given("DATABASE_SECRET_ARN").fault(&partial);
        assert!(sentence.ends_with("set DATABASE_HOST, DATABASE_NAME and so on"), "{sentence}");
        let service = "can't be read: service error: unhandled error (AccessDeniedException): no \
                       (ServiceError(ServiceError { source: Unhandled { x: 1 } }))";
        let words = "can't be read: service error: unhandled error (AccessDeniedException): no";
        assert_eq!(brief(service), words);
        assert_eq!(brief("no secret x"), "no secret x");
        assert_eq!(brief("dispatch failure:\n  a\n  b"), "dispatch failure");
    }
}
