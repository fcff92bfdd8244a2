use std::sync::Arc;

use lettre::message::Mailbox;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use shared::NumericDate;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::kind::Kind;
use crate::letter::mailbox;
use crate::texts::Text;

const AUTHORITY: &[u8] = include_bytes!("../../../tests/keys/ca.pem");
const CERTIFICATE: &[u8] = include_bytes!("../../../tests/keys/server.pem");
const KEY: &[u8] = include_bytes!("../../../tests/keys/server.key");

/// How a server is.
#[derive(Clone, Copy)]
struct Sink {
    host: &'static str,
    implicit_tls: bool,
    offers_tls: bool,
    is_trusted: bool,
    to_login: &'static str,
    to_recipient: &'static str,
}

const GOOD: Sink = Sink {
    host: "localhost",
    implicit_tls: false,
    offers_tls: true,
    is_trusted: true,
    to_login: "235 ok",
    to_recipient: "250 ok",
};

fn acceptor() -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()],
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        );
    TlsAcceptor::from(Arc::new(config.unwrap()))
}

impl Sink {
    /// Speaks SMTP until the client leaves or starts TLS, and returns what it said.
    async fn speak<S: AsyncRead + AsyncWrite + Unpin>(
        self,
        stream: &mut S,
        is_secure: bool,
        greets: bool,
    ) -> (Vec<String>, bool) {
        let mut said = Vec::new();
        let mut stream = BufReader::new(stream);
        if greets {
            stream.write_all(b"220 sink\r\n").await.unwrap();
        }
        let mut is_data = false;
        let mut line = String::new();
        while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
            let text = std::mem::take(&mut line).trim_end().to_owned();
            let answer = match text.split(' ').next().unwrap_or_default() {
                _ if is_data && text != "." => {
                    said.push(text);
                    continue;
                }
                "." => {
                    is_data = false;
                    "250 queued for ada@example.com"
                }
                "EHLO" if is_secure => "250-sink\r\n250 AUTH PLAIN",
                "EHLO" if self.offers_tls => "250-sink\r\n250 STARTTLS",
                "EHLO" => "250 sink",
                "STARTTLS" => {
                    stream.write_all(b"220 go on\r\n").await.unwrap();
                    return (said, true);
                }
                "AUTH" => self.to_login,
                "RCPT" => self.to_recipient,
                "DATA" => {
                    is_data = true;
                    "354 go on"
                }
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            said.push(text);
            if stream.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                break;
            }
        }
        (said, false)
    }

    /// What becomes of a mail, and what the server got: in the clear, and over TLS.
    async fn send(self) -> (Outcome, Vec<String>, Vec<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server {
            host: self.host.into(),
            port: Some(listener.local_addr().unwrap().port()),
            implicit_tls: Some(self.implicit_tls),
            username: Some("user".into()),
            password: Some("hunter2".to_owned().into()),
        };
        let authority = self.is_trusted.then(|| Certificate::from_pem(AUTHORITY).unwrap());
        let smtp = Smtp { source: Source::Value(server), authority, server: Mutex::default() };
        let serving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut clear = Vec::new();
            if !self.implicit_tls {
                let (said, starts_tls) = self.speak(&mut stream, false, true).await;
                clear = said;
                if !starts_tls {
                    return (clear, Vec::new());
                }
            }
            match acceptor().accept(stream).await {
                Ok(mut stream) => (clear, self.speak(&mut stream, true, self.implicit_tls).await.0),
                Err(_) => (clear, Vec::new()),
            }
        });
        let letter = Letter {
            kind: Kind::Reset,
            from: Mailbox::new(None, mailbox("mail@example.com").unwrap()),
            to: mailbox("ada@example.com").unwrap(),
            language: "en",
            text: Text { subject: "s".into(), plain: "the text".into(), html: "<p>t</p>".into() },
            id: "<1@example.com>".into(),
            date: NumericDate::from_seconds(1_795_507_200),
        };
        let outcome = smtp.send(&letter).await;
        drop(smtp);
        let (clear, secure) = serving.await.unwrap();
        (outcome, clear, secure)
    }
}

#[tokio::test]
async fn a_mail_goes_over_verified_tls_and_nothing_in_the_clear() {
    for implicit_tls in [false, true] {
        let (outcome, clear, secure) = Sink { implicit_tls, ..GOOD }.send().await;
        assert_eq!(outcome, Outcome::Sent("<1@example.com>".into()));
        assert!(clear.iter().all(|line| line.starts_with("EHLO")), "{clear:?}");
        for line in [
            "MAIL FROM:<mail@example.com>",
            "RCPT TO:<ada@example.com>",
            "To: ada@example.com",
            "Auto-Submitted: auto-generated",
            "the text",
        ] {
            assert!(secure.iter().any(|said| said.starts_with(line)), "{line}: {secure:?}");
        }
    }
}

#[tokio::test]
async fn a_server_without_a_verified_certificate_gets_no_mail_and_no_password() {
    for sink in [
        Sink { is_trusted: false, ..GOOD },
        Sink { is_trusted: false, implicit_tls: true, ..GOOD },
        // The certificate is of another name.
        Sink { host: "127.0.0.1", ..GOOD },
        Sink { offers_tls: false, ..GOOD },
    ] {
        let (outcome, clear, secure) = sink.send().await;
        assert!(matches!(outcome, Outcome::Unavailable(_)), "{outcome:?}");
        let said = format!("{clear:?}{secure:?}");
        for secret in ["AUTH", "MAIL", "RCPT", "ada", "the text"] {
            assert!(!said.contains(secret), "{secret}: {said}");
        }
    }
}

#[tokio::test]
async fn each_answer_means_what_it_says_and_none_repeats_the_address() {
    for (to_recipient, expected) in [
        ("550 no ada@example.com", Outcome::Refused("550".into())),
        ("553 no ada@example.com", Outcome::Refused("553".into())),
        ("450 later, ada@example.com", Outcome::Unavailable("the server answered 450".into())),
        ("554 no ada@example.com", Outcome::Unavailable("the server answered 554".into())),
        ("454 Throttling failure", Outcome::Throttled),
        ("ada@example.com", Outcome::Unavailable("an answer that can't be read".into())),
    ] {
        assert_eq!(Sink { to_recipient, ..GOOD }.send().await.0, expected, "{to_recipient}");
    }
    let outcome = Sink { to_login: "535 no", ..GOOD }.send().await.0;
    assert_eq!(outcome, Outcome::Unavailable("the server answered 535".into()));
}

#[tokio::test]
async fn a_server_that_is_away_is_no_fault_of_the_mail() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let server = parse(&Secret::new(format!(r#"{{"host":"localhost","port":{port}}}"#))).unwrap();
    let smtp = Smtp { source: Source::Value(server), authority: None, server: Mutex::default() };
    assert!(smtp.server().await.is_ok());
    let error = smtp.server().await.unwrap().test_connection().await.unwrap_err();
    assert!(matches!(outcome(&error), Outcome::Unavailable(_)), "{error}");
}

#[test]
fn a_secret_is_json_with_a_host() {
    let read = |text: &str| {
        let mut env = Environment::from_iter([("SMTP_SECRET", text)]);
        let smtp = Smtp::from_env(&mut env, SecretsManager::default(), true);
        (smtp.is_some(), env.check().map_err(|invalid| invalid.to_string()))
    };
    assert_eq!(
        read(r#"{"host":"smtp.example.com","username":"u","password":"hunter2"}"#),
        (true, Ok(()))
    );
    for text in ["{}", "hunter2", r#"{"host":""}"#, r#"{"host":"x","pasword":"hunter2"}"#] {
        let (is_some, error) = read(text);
        let error = error.unwrap_err();
        assert!(!is_some && error.contains("SMTP_SECRET must be JSON"), "{error}");
        assert!(!error.contains("hunter2"));
    }
    let smtp = Smtp::from_env(
        &mut Environment::from_iter([("SMTP_SECRET", r#"{"host":"x","password":"hunter2"}"#)]),
        SecretsManager::default(),
        true,
    );
    assert!(!format!("{smtp:?}").contains("hunter2"));
}
