//! A server that accepts late, as Aurora does while it resumes.

use std::io::copy;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use signup::Signup;
use stage::Stage;

use crate::container::{Container, runtime};
use crate::fixture::side_by_side;
use crate::service::{sign_up, somebody};

const RESUMING: Duration = Duration::from_secs(5);

/// A proxy to `url` that answers nothing until the server has resumed.
fn resuming(url: &str) -> String {
    let (before, rest) = url.split_once('@').unwrap();
    let (address, after) = rest.split_once('/').unwrap();
    let (listener, address) = (TcpListener::bind("127.0.0.1:0").unwrap(), address.to_owned());
    let here = listener.local_addr().unwrap();
    let resumed = Instant::now() + RESUMING;
    thread::spawn(move || {
        // The kernel accepts the connection, so the client waits for the first answer.
        while let Some(left) = resumed.checked_duration_since(Instant::now()) {
            thread::park_timeout(left);
        }
        for client in listener.incoming() {
            let (client, server) = (client.unwrap(), TcpStream::connect(&address).unwrap());
            pass(client.try_clone().unwrap(), server.try_clone().unwrap());
            pass(server, client);
        }
    });
    format!("{before}@{here}/{after}")
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    thread::spawn(move || {
        let _ = copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
}

#[test]
fn a_server_that_resumes_is_waited_for_as_long_as_the_setting_says() {
    let _machine = side_by_side();
    let stage = runtime().block_on(Stage::new());
    let url = resuming(&stage.url_of(shared::db::Group::Signup));
    let start = |seconds: &str| -> Container<Signup> {
        Container::with(runtime(), &url, &[("DATABASE_CONNECT_SECONDS", seconds)])
    };
    let began = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| {
            // Both init and the first request waited.
            let answer = start("1").ask(&sign_up(&somebody()));
            answer.is_unavailable_within(Duration::from_secs(3));
            assert_eq!(answer.retry_after.as_deref(), Some("15"), "{answer:?}");
        });
        scope.spawn(|| {
            let signup = start("10");
            signup.ask(&sign_up(&somebody())).is_good();
            assert!(began.elapsed() >= Duration::from_secs(4));
        });
    });
}
