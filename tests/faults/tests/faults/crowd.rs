//! More containers than the server has connections.

use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use signup::Signup;
use stage::Data;

use crate::container::Container;
use crate::fixture::{Fixture, alone, wait_until};
use crate::service::{sign_up, somebody};

const CONTAINERS: usize = 200;

#[test]
fn two_hundred_containers_and_twenty_connections() {
    let _machine = alone();
    let folder = tempfile::tempdir().unwrap();
    let server = stage::start(Data::Temporary, folder.path(), &["max_connections=20"]);
    let fixture = &Fixture::at(&server);
    let (lucky, unlucky) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let barrier = Barrier::new(CONTAINERS);
    thread::scope(|scope| {
        for _ in 0..CONTAINERS {
            scope.spawn(|| {
                barrier.wait();
                let container: Container<Signup> = fixture.start();
                let answer = container.ask(&sign_up(&somebody()));
                if answer.status == 200 {
                    lucky.lock().unwrap().push(container);
                } else {
                    answer.is_unavailable();
                    unlucky.lock().unwrap().push(container);
                }
            });
        }
    });
    let (lucky, unlucky) = (lucky.into_inner().unwrap(), unlucky.into_inner().unwrap());
    println!("{} have a connection, {} have none", lucky.len(), unlucky.len());
    assert!(!lucky.is_empty() && unlucky.len() >= CONTAINERS - 20);
    // A container with a connection goes on.
    for container in &lucky {
        container.ask(&sign_up(&somebody())).is_good();
    }
    // Once they end, as many of the others get a connection.
    let free = lucky.len();
    let began = Instant::now();
    drop(lucky);
    for container in &unlucky[..free] {
        wait_until("it has a connection", || container.ask(&sign_up(&somebody())).status == 200);
    }
    let took = began.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
}
