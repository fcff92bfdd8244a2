//! The pages of the mails.

use super::eml::Mail;

/// Where the mails are shown.
pub(crate) const PATH: &str = "/_mails";

/// Nothing is loaded, and a mail's own page has no rights.
pub(super) const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE: &str = "body{font:16px system-ui;margin:2rem auto;max-width:50rem;padding:0 1rem}\
    table{border-spacing:1rem .25rem;margin-left:-1rem}th{text-align:left}\
    iframe{border:1px solid #888;width:100%;height:28rem;background:#fff}pre{white-space:pre-wrap}";

/// The list of the mails with their names, which is read again every two seconds.
pub(super) fn list(mails: &[(String, Mail)]) -> String {
    let rows = mails.iter().map(|(name, mail)| {
        let (date, to, subject) = (escaped(&mail.date), escaped(&mail.to), escaped(&mail.subject));
        format!(
            "<tr><td>{date}</td><td>{to}</td><td><a href=\"{PATH}/{name}\">{subject}</a></td></tr>"
        )
    });
    let rows: String = rows.collect();
    let table = if rows.is_empty() {
        "<p>No mail yet.</p>".to_owned()
    } else {
        format!("<table><tr><th>Sent</th><th>To</th><th>Subject</th></tr>{rows}</table>")
    };
    page("Mails", "<meta http-equiv=\"refresh\" content=\"2\">", &format!("<h1>Mails</h1>{table}"))
}

/// A mail as text, with links to press, and as HTML.
pub(super) fn one(mail: &Mail) -> String {
    let headers = [("From", &mail.from), ("To", &mail.to), ("Sent", &mail.date)];
    let headers =
        headers.map(|(name, it)| format!("<tr><th>{name}</th><td>{}</td></tr>", escaped(it)));
    let text: String = mail.plain.lines().map(line).collect();
    // It opens links in a tab of their own, since it may not leave its frame.
    let html = escaped(&format!("<base target=\"_blank\">{}", mail.html));
    let subject = escaped(&mail.subject);
    let body = format!(
        "<p><a href=\"{PATH}\">All mails</a></p><h1>{subject}</h1><table>{}</table><pre>{text}</pre>\
         <iframe title=\"The mail as HTML\" referrerpolicy=\"no-referrer\" \
         sandbox=\"allow-popups allow-popups-to-escape-sandbox\" srcdoc=\"{html}\"></iframe>",
        headers.concat()
    );
    page(&subject, "", &body)
}

/// The page for a name of no mail.
pub(super) fn none() -> String {
    page("No mail", "", &format!("<p>There is no such mail. <a href=\"{PATH}\">All mails</a></p>"))
}

fn line(line: &str) -> String {
    let text = escaped(line);
    let is_link = line.starts_with("http://") || line.starts_with("https://");
    if is_link && !line.contains(' ') {
        format!("<a href=\"{text}\" rel=\"noreferrer\">{text}</a>\n")
    } else {
        format!("{text}\n")
    }
}

fn page(title: &str, head: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>{head}\
         <style>{STYLE}</style></head><body>{body}</body></html>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
