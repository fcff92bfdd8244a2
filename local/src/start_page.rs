//! What the runner prints once it answers: where, and how to try it.

use std::{
    io::{self, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use shared::{
    functions::{MeRoute, SigninRoute, SignupRoute},
    routes::Routes,
};

/// The address, the database if it is the runner's own, three commands to paste (sign up, sign in,
/// read the account), and the address of the API's page.
pub(crate) fn lines(address: SocketAddr, database: Option<&str>) -> Vec<String> {
    let base = format!("http://{}", reachable(address));
    let post = |path: &str, body: &str| {
        format!("curl -s {base}{path} -H 'Content-Type: application/json' -d '{body}'")
    };
    let person = r#""username":"ada","password":"correct horse""#;
    let sign_up =
        post(SignupRoute::SignUp.path(), &format!(r#"{{{person},"email":"ada@example.com"}}"#));
    let sign_in = post(SigninRoute::SignIn.path(), &format!("{{{person}}}"));
    let me = MeRoute::Me.path();
    let mut lines = vec![format!("Latchkey answers at {base} until Ctrl-C stops it.")];
    lines.extend(database.map(|url| format!("Its database is {url}.")));
    lines.extend([
        "Sign up, sign in, and ask who you are:".to_owned(),
        String::new(),
        sign_up,
        format!("TOKEN=$({sign_in} | cut -d '\"' -f 4)"),
        format!("curl -s {base}{me} -H \"Authorization: Bearer $TOKEN\""),
        String::new(),
        format!("Or try everything by hand at {base}/docs."),
    ]);
    lines
}

/// Where this machine reaches a server that listens there.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Prints lines to standard output. Nobody reading there is no reason to stop.
pub(crate) fn print(lines: &[String]) -> io::Result<()> {
    let mut output = io::stdout().lock();
    let printed = lines.iter().try_for_each(|line| writeln!(output, "{line}"));
    match printed.and_then(|()| output.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_names_an_address_that_answers() {
        let lines = lines("0.0.0.0:8123".parse().unwrap(), None);
        let commands: Vec<_> = lines.iter().filter(|line| line.contains("curl")).collect();
        assert_eq!(commands.len(), 3);
        for command in commands {
            assert!(command.contains(" http://127.0.0.1:8123/api/auth/"), "{command}");
        }
    }
}
