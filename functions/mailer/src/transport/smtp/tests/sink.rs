//! A server that a test decides over.

use std::sync::Arc;

use lettre::message::Mailbox;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use shared::NumericDate;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::super::*;
use crate::kind::Kind;
use crate::letter::mailbox;
use crate::texts::Text;

const AUTHORITY: &[u8] = include_bytes!("../../../../tests/keys/ca.pem");
const CERTIFICATE: &[u8] = include_bytes!("../../../../tests/keys/server.pem");
const KEY: &[u8] = include_bytes!("../../../../tests/keys/server.key");

/// How a server is.
#[derive(Clone, Copy)]
pub(super) struct Sink {
    pub(super) host: &'static str,
    pub(super) implicit_tls: bool,
    pub(super) offers_tls: bool,
    pub(super) is_trusted: bool,
    pub(super) to_login: &'static str,
    pub(super) to_sender: &'static str,
    pub(super) to_recipient: &'static str,
    /// To the whole mail; if it is empty, the server closes the connection.
    pub(super) to_mail: &'static str,
    /// The beginning of a line that it never answers.
    pub(super) hangs_at: Option<&'static str>,
    pub(super) to: &'static str,
}

pub(super) const GOOD: Sink = Sink {
    host: "localhost",
    implicit_tls: false,
    offers_tls: true,
    is_trusted: true,
    to_login: "235 ok",
    to_sender: "250 ok",
    to_recipient: "250 ok",
    to_mail: "250 queued for ada@example.com",
    hangs_at: None,
    to: "ada@example.com",
};

pub(super) fn letter(to: &str) -> Letter {
    Letter {
        kind: Kind::Reset,
        from: Mailbox::new(None, mailbox("mail@example.com").unwrap()),
        to: mailbox(to).unwrap(),
        language: "en",
        text: Text { subject: "s".into(), plain: "the text".into(), html: "<p>t</p>".into() },
        id: "<1@example.com>".into(),
        date: NumericDate::from_seconds(1_795_507_200),
    }
}

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
            let hangs = |at| text.starts_with(at) && (!is_data || text == ".");
            if self.hangs_at.is_some_and(hangs) {
                while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {}
                break;
            }
            let answer = match text.split(' ').next().unwrap_or_default() {
                _ if is_data && text != "." => {
                    said.push(text);
                    continue;
                }
                "." => {
                    is_data = false;
                    self.to_mail
                }
                "EHLO" if !is_secure && self.offers_tls => "250-sink\r\n250 STARTTLS",
                // Also in the clear, as somebody between answers who wants the password.
                "EHLO" => "250-sink\r\n250 AUTH PLAIN",
                "STARTTLS" => {
                    stream.write_all(b"220 go on\r\n").await.unwrap();
                    return (said, true);
                }
                "AUTH" => self.to_login,
                "MAIL" => self.to_sender,
                "RCPT" => self.to_recipient,
                "DATA" => {
                    is_data = true;
                    "354 go on"
                }
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            said.push(text);
            if answer.is_empty() {
                break;
            }
            if stream.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                break;
            }
        }
        (said, false)
    }

    /// What becomes of a mail, and what the server got: in the clear, and over TLS.
    pub(super) async fn send(self) -> (Outcome, Vec<String>, Vec<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server {
            host: self.host.into(),
            port: Some(listener.local_addr().unwrap().port()),
            implicit_tls: Some(self.implicit_tls),
            username: Some("user".into()),
            password: Some("hunter2".to_owned().into()),
        };
        let authority = self.is_trusted.then(|| Certificate::from_pem(AUTHORITY).unwrap());
        let limit = if self.hangs_at.is_some() { Duration::from_millis(300) } else { LIMIT };
        let (source, server) = (Source::Value(server), Mutex::default());
        let smtp = Smtp { source, authority, limit, server };
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
        let outcome = smtp.send(&letter(self.to)).await;
        drop(smtp);
        let (clear, secure) = serving.await.unwrap();
        (outcome, clear, secure)
    }
}
