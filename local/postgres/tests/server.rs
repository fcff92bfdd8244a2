//! Real servers: that they start, that data are kept, and that nothing outlives its purpose. That
//! they stop with a process that is killed, the local runner's own tests show.

#![expect(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

use std::{net::TcpStream, path::Path, sync::Arc, thread};

use local_postgres::{Data, Error, Server, Settings};

fn settings(data: Data, cache: &Path) -> Settings {
    Settings { data, pg_bin: None, cache: cache.to_owned() }
}

/// What stands between `@` and the next `/`.
fn authority(url: &str) -> &str {
    url.split(['@', '/']).nth(3).unwrap()
}

fn answers(url: &str) -> bool {
    TcpStream::connect(authority(url)).is_ok()
}

#[test]
fn a_temporary_server_leaves_nothing_behind() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start(&settings(Data::Temporary, cache.path())).unwrap();
    let url = server.url("postgres");
    assert!(url.starts_with("postgresql://postgres@127.0.0.1:"), "{url}");
    assert!(url.ends_with("/postgres"), "{url}");
    assert!(answers(&url));
    let directory = server.temporary_directory().unwrap().to_owned();
    assert!(directory.exists());
    drop(server);
    assert!(!answers(&url));
    assert!(!directory.exists());
}

#[test]
fn two_temporary_servers_stand_side_by_side() {
    let cache = tempfile::tempdir().unwrap();
    let settings = Arc::new(settings(Data::Temporary, cache.path()));
    let other = Arc::clone(&settings);
    let other = thread::spawn(move || Server::start(&other).unwrap());
    let one = Server::start(&settings).unwrap();
    let other = other.join().unwrap();
    assert!(answers(&one.url("postgres")) && answers(&other.url("postgres")));
    assert_ne!(one.url("postgres"), other.url("postgres"));
}

#[test]
fn kept_data_are_for_one_server_at_a_time() {
    let cache = tempfile::tempdir().unwrap();
    assert!(Server::running(cache.path()).unwrap().is_none());
    let first = Server::start(&settings(Data::Kept, cache.path())).unwrap();
    let found = Server::running(cache.path()).unwrap().unwrap();
    assert_eq!(found.url("x"), first.url("x"));
    let refused = Server::start(&settings(Data::Fresh, cache.path())).unwrap_err();
    assert!(matches!(refused, Error::InUse(_)), "{refused}");
    assert!(answers(&first.url("postgres")));
    drop(first);
    assert!(Server::running(cache.path()).unwrap().is_none());
    let again = Server::start(&settings(Data::Kept, cache.path())).unwrap();
    assert!(answers(&again.url("postgres")));
    clean(cache.path());
}

/// Removes the data of a cache that PostgreSQL's user could not enter: root's tests only.
fn clean(cache: &Path) {
    if let Ok(elsewhere) = std::fs::read_to_string(cache.join("postgres-directory")) {
        std::fs::remove_dir_all(elsewhere).unwrap();
    }
}
