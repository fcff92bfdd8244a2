//! A server that is stopped at once and started again.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use stage::{Data, Mode, Server};

use crate::ground::{Ground, side_by_side, wait_until};
use crate::service::{Service, sign_up, somebody};

const SECOND: Duration = Duration::from_secs(1);

/// Ends a server as `pg_ctl stop --mode=immediate` does: nobody is waited for, nothing is tidied.
fn stop_at_once(ground: &Ground, server: Server) {
    let file = ground.value("SELECT pg_read_file('postmaster.pid')");
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
    let mut ground = Ground::at(&server);
    let services = [Service::start(&ground), Service::start_for_many(&ground, 2)];
    // By a way on which connects are refused, and by one that is cut behind its door.
    for while_down in [Mode::Refuse, Mode::Pass] {
        let users = ground.value("SELECT count(*) FROM users");
        stop_at_once(&ground, server);
        ground.proxy.set(while_down);
        for _ in 0..2 {
            for answer in services.iter().flat_map(Service::ask) {
                answer.is_unavailable_within(SECOND);
            }
        }
        server = stage::start(Data::Kept, folder.path(), &[]);
        let up = Instant::now();
        ground.stage.url = server.url("latchkey");
        ground.proxy.lead_to(&ground.stage.url);
        ground.proxy.set(Mode::Pass);
        for answer in services.iter().flat_map(Service::ask) {
            answer.is_good();
        }
        let took = up.elapsed();
        assert!(took < SECOND, "{took:?}");
        // What was there is there, and those who signed up now; who was refused isn't.
        let now = ground.value(&format!("SELECT count(*) - {users} FROM users"));
        assert_eq!(now, "2");
    }
}

#[test]
fn who_starts_while_it_is_down_recovers_too() {
    let _machine = side_by_side();
    let ground = Ground::new();
    ground.proxy.set(Mode::Refuse);
    let signup = ground.start::<signup::Signup>();
    signup.ask(&sign_up(&somebody())).is_unavailable_within(SECOND);
    ground.proxy.set(Mode::Pass);
    signup.ask(&sign_up(&somebody())).is_good_within(SECOND);
    wait_until("one connection", || ground.proxy.open() == 1);
}
