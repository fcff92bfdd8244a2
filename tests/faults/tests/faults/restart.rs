//! A server that is stopped immediately and started again.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use stage::{Data, Mode, Server};

use crate::fixture::{Fixture, side_by_side, wait_until};
use crate::service::{Service, sign_up, somebody};

const SECOND: Duration = Duration::from_secs(1);

/// Stops a server as `pg_ctl stop --mode=immediate` does: without waiting or cleaning up.
fn stop_at_once(fixture: &Fixture, server: Server) {
    let file = fixture.value("SELECT pg_read_file('postmaster.pid')");
    let pid = file.lines().next().unwrap();
    assert!(Command::new("kill").args(["-QUIT", pid]).status().unwrap().success());
    drop(server);
}

#[test]
fn a_restart_is_over_for_the_functions_once_it_is_over() {
    let _machine = side_by_side();
    let folder = tempfile::tempdir().unwrap();
    // PostgreSQL may run as another user.
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let mut server = stage::start(Data::Kept, folder.path(), &[]);
    let mut fixture = Fixture::at(&server);
    let service = Service::start(&fixture);
    // Through a proxy that refuses connects, and through one that cuts them after accepting.
    for while_down in [Mode::Refuse, Mode::Pass] {
        let users = fixture.value("SELECT count(*) FROM users");
        stop_at_once(&fixture, server);
        fixture.proxy.set(while_down);
        for _ in 0..2 {
            for answer in service.ask() {
                answer.is_unavailable_within(SECOND);
            }
        }
        server = stage::start(Data::Kept, folder.path(), &[]);
        let up = Instant::now();
        fixture.stage.url = server.url("latchkey");
        fixture.proxy.lead_to(&fixture.stage.url);
        fixture.proxy.set(Mode::Pass);
        for answer in service.ask() {
            answer.is_good();
        }
        let took = up.elapsed();
        assert!(took < SECOND, "{took:?}");
        // The earlier user and the one who signed up now exist; the refused one doesn't.
        let now = fixture.value(&format!("SELECT count(*) - {users} FROM users"));
        assert_eq!(now, "1");
    }
}

#[test]
fn a_function_that_starts_while_it_is_down_recovers() {
    let _machine = side_by_side();
    let fixture = Fixture::new();
    fixture.proxy.set(Mode::Refuse);
    let signup = fixture.start::<signup::Signup>();
    signup.ask(&sign_up(&somebody())).is_unavailable_within(SECOND);
    fixture.proxy.set(Mode::Pass);
    signup.ask(&sign_up(&somebody())).is_good_within(SECOND);
    wait_until("one connection", || fixture.proxy.open() == 1);
}
