//! What the runner prints once it answers: where, and how to try it.

use std::{
    io::{self, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use crate::mails;
use shared::{
    functions::{MeRoute, SigninRoute, SignupRoute},
    routes::Routes,
};

/// The address, the database if it is the runner's own, the mails if it sends any, three commands to paste (sign up, sign in,
/// read the account), and the address of the API's page.
pub(crate) fn lines(base: &str, database: Option<&str>, sends_mail: bool) -> Vec<String> {
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
    let mails = || format!("The mails that it sends are at {base}{}.", mails::PATH);
    lines.extend(sends_mail.then(mails));
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

/// The service's address on this machine, for a server that listens there.
pub(crate) fn base(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let base = format!("http://{}", SocketAddr::new(ip, address.port()));
    // A client leaves out the default port: an issuer must not have it.
    base.strip_suffix(":80").map_or(base.clone(), str::to_owned)
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
    use shared::jwt::Issuer;

    use super::*;

    #[test]
    fn every_command_names_an_address_that_answers() {
        let lines = lines(&base("0.0.0.0:8123".parse().unwrap()), None, true);
        let commands: Vec<_> = lines.iter().filter(|line| line.contains("curl")).collect();
        assert_eq!(commands.len(), 3);
        for command in commands {
            assert!(command.contains(" http://127.0.0.1:8123/api/auth/"), "{command}");
        }
    }

    #[test]
    fn the_address_is_an_issuer_on_this_machine_and_nowhere_else() {
        for (listens, expected, is_issuer) in [
            ("127.0.0.1:8000", "http://127.0.0.1:8000", true),
            ("0.0.0.0:8000", "http://127.0.0.1:8000", true),
            ("127.0.0.1:80", "http://127.0.0.1", true),
            ("[::1]:80", "http://[::1]", true),
            ("[::]:8000", "http://[::1]:8000", true),
            ("192.168.0.7:8000", "http://192.168.0.7:8000", false),
        ] {
            let base = base(listens.parse().unwrap());
            assert_eq!(base, expected);
            assert_eq!(base.parse::<Issuer>().is_ok(), is_issuer, "{base}");
        }
    }
}
