//! Real servers: that they start, that data are kept, and that nothing outlives its purpose. That
//! they stop with a process that is killed, the local runner's own tests show.

#![expect(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

use std::{cell::RefCell, fs, net::TcpStream, path::Path, sync::Arc, thread};

use local_postgres::{Data, Error, Server, Settings, Step};

fn settings(data: Data, cache: &Path) -> Settings {
    Settings { data, pg_bin: None, cache: cache.to_owned(), configuration: vec![] }
}

/// The part between `@` and the next `/`.
fn authority(url: &str) -> &str {
    url.split(['@', '/']).nth(3).unwrap()
}

fn answers(url: &str) -> bool {
    TcpStream::connect(authority(url)).is_ok()
}

#[test]
fn a_temporary_server_leaves_nothing_behind() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start(&settings(Data::Temporary, cache.path()), &|_| {}).unwrap();
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
fn two_temporary_servers_run_side_by_side() {
    let cache = tempfile::tempdir().unwrap();
    let settings = Arc::new(settings(Data::Temporary, cache.path()));
    let other = Arc::clone(&settings);
    let other = thread::spawn(move || Server::start(&other, &|_| {}).unwrap());
    let one = Server::start(&settings, &|_| {}).unwrap();
    let other = other.join().unwrap();
    assert!(answers(&one.url("postgres")) && answers(&other.url("postgres")));
    assert_ne!(one.url("postgres"), other.url("postgres"));
}

#[test]
fn kept_data_are_for_one_server_at_a_time() {
    let cache = tempfile::tempdir().unwrap();
    assert!(Server::running(cache.path()).unwrap().is_none());
    let first = Server::start(&settings(Data::Kept, cache.path()), &|_| {}).unwrap();
    let found = Server::running(cache.path()).unwrap().unwrap();
    assert_eq!(found.url("x"), first.url("x"));
    let refused = Server::start(&settings(Data::Fresh, cache.path()), &|_| {}).unwrap_err();
    assert!(matches!(refused, Error::InUse(_)), "{refused}");
    assert!(answers(&first.url("postgres")));
    drop(first);
    assert!(Server::running(cache.path()).unwrap().is_none());
    let again = Server::start(&settings(Data::Kept, cache.path()), &|_| {}).unwrap();
    assert!(answers(&again.url("postgres")));
    clean(cache.path());
}

#[test]
fn each_step_is_steps_before_it_begins_and_only_where_it_is_taken() {
    let cache = tempfile::tempdir().unwrap();
    let steps = || {
        let steps = RefCell::new(Vec::new());
        drop(Server::start(&settings(Data::Kept, cache.path()), &|it| steps.borrow_mut().push(it)));
        steps.into_inner().into_iter().filter(|it| *it != Step::Fetching).collect::<Vec<_>>()
    };
    let first = steps();
    assert!(matches!(first.as_slice(), [Step::Making(_), Step::Starting]), "{first:?}");
    assert_eq!(steps(), [Step::Starting]);
    let held = fs::File::open(cache.path().join("postgres-server.lock")).unwrap();
    held.lock().unwrap();
    let steps = RefCell::new(Vec::new());
    let let_go = RefCell::new(Some(held));
    let started = Server::start(&settings(Data::Kept, cache.path()), &|step| {
        steps.borrow_mut().push(step);
        drop(let_go.take());
    });
    drop(started.unwrap());
    assert_eq!(steps.into_inner(), [Step::Stopping, Step::Starting]);
    clean(cache.path());
}

#[test]
fn what_stops_a_start_is_steps_with_what_to_do_next() {
    let cache = tempfile::tempdir().unwrap();
    let refusal = |cache: &Path, data| {
        Server::start(&settings(data, cache), &|_| {}).unwrap_err().to_string()
    };
    // A file where the folder should be.
    let file = cache.path().join("file");
    fs::write(&file, "").unwrap();
    let steps = refusal(&file.join(".local"), Data::Kept);
    assert!(steps.contains(".local") && steps.contains("start in another one"), "{steps}");
    // Data of a version that no machine has, here or in the temporary directory.
    drop(Server::start(&settings(Data::Kept, cache.path()), &|_| {}).unwrap());
    let elsewhere = fs::read_to_string(cache.path().join("postgres-directory"));
    let folder = elsewhere.map_or_else(|_| cache.path().join("postgres"), Into::into);
    let version = folder.join("data/PG_VERSION");
    let ours = fs::read_to_string(&version).unwrap();
    fs::write(&version, "99\n").unwrap();
    let steps = refusal(cache.path(), Data::Kept);
    assert!(steps.contains("PostgreSQL 99") && steps.contains("--fresh"), "{steps}");
    // Data that are broken.
    fs::write(&version, ours).unwrap();
    fs::remove_file(folder.join("data/global/pg_control")).unwrap();
    let steps = refusal(cache.path(), Data::Kept);
    assert!(steps.contains("pg_control") && steps.contains("--fresh"), "{steps}");
    assert_eq!(steps.lines().count(), 1, "{steps}");
    // And that `--fresh` is a way out.
    drop(Server::start(&settings(Data::Fresh, cache.path()), &|_| {}).unwrap());
    clean(cache.path());
}

/// Removes the data of a cache that PostgreSQL's user could not enter: root's tests only.
fn clean(cache: &Path) {
    if let Ok(elsewhere) = std::fs::read_to_string(cache.join("postgres-directory")) {
        std::fs::remove_dir_all(elsewhere).unwrap();
    }
}
