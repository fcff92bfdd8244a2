//! The mails of the local runner: it sends what the outbox has, each minute and whenever a function asks
//! for it, and shows what was sent at `/_mails`, to this machine alone.

mod eml;
mod page;

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

pub(crate) use self::page::PATH;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    gateway::{Answer, INTEGRATION_TIMEOUT, plain_answer},
    lambda::Lambda,
};

/// The schedule of the template.
const SCHEDULE: Duration = Duration::from_mins(1);

/// The folder of mails in the folder of what the runner keeps.
pub(crate) fn folder(cache: &Path) -> PathBuf {
    cache.join("mails")
}

/// Invokes the mailer by the schedule and whenever a function asks for it, for ever.
pub(crate) async fn play(mailer: Lambda) {
    let nudge = shared::nudge::local();
    let mut schedule = interval(SCHEDULE);
    schedule.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = schedule.tick() => {}
            () = nudge.notified() => {}
        }
        if let Err(failure) = mailer.invoke(b"{}".to_vec(), 2 * INTEGRATION_TIMEOUT).await {
            let cause = failure.to_string();
            shared::log::notice(None, "mailer_failed", Some(&cause));
        }
    }
}

/// The pages of the mails in a folder.
#[derive(Debug, Clone)]
pub(crate) struct Mails(PathBuf);

impl Mails {
    pub(crate) const fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The page at this address; `None` if it is none of them, or not for this caller. A name in `Host`
    /// could be another site's that leads here.
    pub(crate) fn answer(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        caller: IpAddr,
    ) -> Option<Answer> {
        let rest = uri.path().strip_prefix(PATH)?;
        let name = match rest {
            "" | "/" => None,
            rest => Some(rest.strip_prefix('/')?),
        };
        let is_of_foreign_site =
            headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
        if *method != Method::GET
            || !caller.is_loopback()
            || !is_of_this_machine(uri, headers)
            || is_of_foreign_site
        {
            return None;
        }
        let (status, body) = match name {
            None => (StatusCode::OK, page::list(&self.list())),
            Some(name) => match self.read(name) {
                Some(mail) => (StatusCode::OK, page::one(&mail)),
                None => (StatusCode::NOT_FOUND, page::none()),
            },
        };
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            (header::CONTENT_SECURITY_POLICY, page::POLICY),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::X_FRAME_OPTIONS, "DENY"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        ];
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
        Some(plain_answer(status, headers.into_iter().collect(), Bytes::from(body)))
    }

    /// The mails with their names, the newest first.
    fn list(&self) -> Vec<(String, eml::Mail)> {
        let files = std::fs::read_dir(&self.0).into_iter().flatten().flatten();
        let mut files: Vec<_> = files
            .filter_map(|file| {
                let name = file.file_name().into_string().ok()?.strip_suffix(".eml")?.to_owned();
                Some((file.metadata().ok()?.modified().ok()?, name))
            })
            .collect();
        files.sort();
        let names = files.into_iter().rev().map(|(_, name)| name);
        names.filter_map(|name| Some((name.clone(), self.read(&name)?))).collect()
    }

    fn read(&self, name: &str) -> Option<eml::Mail> {
        let is_plain = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_');
        if !name.bytes().all(is_plain) {
            return None;
        }
        let text = std::fs::read_to_string(self.0.join(format!("{name}.eml"))).ok()?;
        Some(eml::Mail::parse(&text))
    }
}

fn is_of_this_machine(uri: &Uri, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = uri.authority().map(http::uri::Authority::as_str).or(host).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|it| it.is_ascii_digit()) { name } else { host }
    });
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
