//! The mails that the service has sent, read from the folder that its runner writes them to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, thread};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::target::Target;

/// Covers a busy machine and the schedule of one minute, should a nudge be missed.
const DEADLINE: Duration = Duration::from_secs(75);
const POLL: Duration = Duration::from_millis(10);

/// The mails that were read, by their files, which don't change.
static READ: Mutex<BTreeMap<PathBuf, Arc<Mail>>> = Mutex::new(BTreeMap::new());

/// A mail.
#[derive(Debug, Default)]
pub(crate) struct Mail {
    /// What it is for, as `verify` or `password_changed`: a part of its file's name.
    pub(crate) kind: String,
    /// Its headers, unfolded and decoded.
    pub(crate) headers: Vec<(String, String)>,
    /// Its text.
    pub(crate) plain: String,
    /// The same in HTML.
    pub(crate) html: String,
    /// The file.
    pub(crate) raw: String,
}

impl Mail {
    fn read(path: &Path) -> Option<Arc<Self>> {
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mail) = read.get(path) {
            return Some(Arc::clone(mail));
        }
        let kind = path.file_stem()?.to_str()?.split('-').nth(1)?.to_owned();
        let raw = fs::read_to_string(path).ok()?;
        let mail = Arc::new(Self { kind, ..Self::parse(raw) });
        read.insert(path.to_owned(), Arc::clone(&mail));
        Some(mail)
    }

    fn parse(raw: String) -> Self {
        let (headers, body) = split(&raw);
        let mut mail = Self { headers, ..Self::default() };
        let content = mail.header("Content-Type").to_owned();
        let (_, boundary) = content.split_once("boundary=").expect("a mail of two parts");
        let mark = format!("--{}", boundary.trim_matches('"'));
        let parts: Vec<_> = body.split(&mark).skip(1).collect();
        assert!(parts.len() == 3 && parts[2].trim() == "--", "{raw}");
        for (part, kind) in parts.iter().zip(["text/plain", "text/html"]) {
            let (headers, body) = split(part.trim_start());
            let part = Self { headers, ..Self::default() };
            assert!(part.header("Content-Type").starts_with(kind), "{raw}");
            let text = transferred(part.header("Content-Transfer-Encoding"), body);
            let whole = if kind == "text/plain" { &mut mail.plain } else { &mut mail.html };
            *whole = text.trim_end().replace("\r\n", "\n");
        }
        Self { raw, ..mail }
    }

    /// All values of a header.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a header that it has once.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let values = self.values(name);
        assert_eq!(values.len(), 1, "{name}: {:?}", self.headers);
        values[0]
    }

    /// The one link in its text.
    #[track_caller]
    pub(crate) fn link(&self) -> &str {
        self.only_line("link", |line| line.starts_with("http"))
    }

    /// The page that the link opens, the parameter of its fragment, and the secret.
    #[track_caller]
    pub(crate) fn parts_of_link(&self) -> (&str, &str, &str) {
        let (page, fragment) = self.link().split_once('#').expect("a fragment");
        let (parameter, secret) = fragment.split_once('=').expect("a parameter");
        (page, parameter, secret)
    }

    /// The secret in its link: the `token` of a body.
    #[track_caller]
    pub(crate) fn token(&self) -> &str {
        self.parts_of_link().2
    }

    /// The one code in its text, as `7K3M-Q9XA`.
    #[track_caller]
    pub(crate) fn code(&self) -> &str {
        let is_sign = |it: &u8| it.is_ascii_digit() || it.is_ascii_uppercase();
        let is_code = |line: &str| {
            let halves = line.split_once('-');
            halves.is_some_and(|(a, b)| {
                [a, b].iter().all(|it| it.len() == 4 && it.as_bytes().iter().all(is_sign))
            })
        };
        self.only_line("code", is_code)
    }

    #[track_caller]
    fn only_line(&self, what: &str, is_it: impl Fn(&str) -> bool) -> &str {
        let lines: Vec<_> = self.plain.lines().filter(|line| is_it(line)).collect();
        assert_eq!(lines.len(), 1, "no {what}, or several: {}", self.plain);
        lines[0]
    }

    /// Its secrets, in each spelling that would be harmful in a log.
    pub(crate) fn secrets(&self) -> Vec<String> {
        if !["verify", "change", "reset"].contains(&self.kind.as_str()) {
            return Vec::new();
        }
        let code = self.code();
        vec![self.token().to_owned(), code.to_owned(), code.replace('-', "")]
    }
}

/// The headers, unfolded and decoded, and the body.
fn split(text: &str) -> (Vec<(String, String)>, &str) {
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let headers = head.split("\r\n").map(|line| {
        let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("{line:?}"));
        (name.to_owned(), decoded(value.trim()))
    });
    (headers.collect(), body)
}

/// A header's value with its encoded words (RFC 2047) decoded.
fn decoded(value: &str) -> String {
    let value = value.replace("?= =?utf-8?b?", "?==?utf-8?b?");
    let mut parts = value.split("=?utf-8?b?");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (word, rest) = part.split_once("?=").expect("the end of a word");
        let bytes = STANDARD.decode(word).expect("base64");
        text.push_str(&String::from_utf8(bytes).expect("UTF-8"));
        text.push_str(rest);
    }
    text
}

/// A body without its transfer encoding (RFC 2045 §6).
fn transferred(encoding: &str, body: &str) -> String {
    let bytes = match encoding {
        "7bit" => body.as_bytes().to_vec(),
        "base64" => {
            let body: String = body.split_whitespace().collect();
            STANDARD.decode(body).expect("base64")
        }
        "quoted-printable" => {
            let body = body.replace("=\r\n", "");
            let mut parts = body.split('=');
            let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
            for part in parts {
                bytes.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
                bytes.extend(&part.as_bytes()[2..]);
            }
            bytes
        }
        other => panic!("{other}"),
    };
    String::from_utf8(bytes).expect("UTF-8")
}

/// What `found` returns, as soon as that is something.
#[track_caller]
fn await_some<T>(what: impl Fn() -> String, found: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "{}", what());
        thread::park_timeout(POLL);
    }
}

impl Target {
    /// All mails that it has sent, the oldest first.
    pub(crate) fn mails(&self) -> Vec<Arc<Mail>> {
        let files = self.mail_folder().and_then(|folder| fs::read_dir(folder).ok());
        let mut files: Vec<_> = files
            .into_iter()
            .flatten()
            .map(|file| file.expect("a file").path())
            .filter(|path| path.extension().is_some_and(|it| it == "eml"))
            .map(|path| (fs::metadata(&path).and_then(|it| it.modified()).ok(), path))
            .collect();
        files.sort();
        files.iter().filter_map(|(_, path)| Mail::read(path)).collect()
    }

    /// The mails of a kind that it has sent to an address, the oldest first.
    pub(crate) fn mails_to(&self, kind: &str, address: &str) -> Vec<Arc<Mail>> {
        let mut mails = self.mails();
        mails.retain(|mail| mail.kind == kind && mail.header("To") == address);
        mails
    }

    /// Waits until it has sent `count` mails of a kind to an address, and returns them, the oldest first.
    #[track_caller]
    pub(crate) fn await_mails(&self, kind: &str, address: &str, count: usize) -> Vec<Arc<Mail>> {
        let mails = await_some(
            || format!("{count} mails of {kind} to {address} didn't come"),
            || Some(self.mails_to(kind, address)).filter(|mails| mails.len() >= count),
        );
        assert_eq!(mails.len(), count, "{kind} to {address}");
        mails
    }

    /// Waits until it has sent the one mail of a kind to an address.
    #[track_caller]
    pub(crate) fn await_mail(&self, kind: &str, address: &str) -> Arc<Mail> {
        self.await_mails(kind, address, 1).remove(0)
    }

    /// Waits until no mail that was asked for this address waits to be sent: none comes any more.
    #[track_caller]
    pub(crate) fn await_no_waiting(&self, address: &str) {
        await_some(
            || format!("a mail to {address} waits"),
            || {
                let waiting = "SELECT count(*) FROM mails WHERE address = $1";
                (self.database().count(waiting, &[&address]) == 0).then_some(())
            },
        );
    }

    /// Records the secrets of all mails.
    pub(crate) fn record_mails(&self) {
        for secret in self.mails().iter().flat_map(|mail| mail.secrets()) {
            self.secrets.add(&secret);
        }
    }

    /// Asks for a mail.
    #[track_caller]
    pub(crate) fn ask(&self, route: &str, address: &str) -> crate::client::Answer {
        let body = serde_json::json!({ "email": address });
        self.http.post_json(route, &body).send()
    }

    /// Asks for a mail, and waits for it: the one that `before` hasn't had yet.
    #[track_caller]
    pub(crate) fn mail_of(&self, route: &str, address: &str) -> Arc<Mail> {
        let kind = if route == super::FORGOT { "reset" } else { "verify" };
        let before = self.mails_to(kind, address).len();
        assert_eq!(self.ask(route, address).status, 202);
        let mails = await_some(
            || format!("no further mail of {kind} to {address} came"),
            || Some(self.mails_to(kind, address)).filter(|mails| mails.len() > before),
        );
        Arc::clone(&mails[before])
    }
}
