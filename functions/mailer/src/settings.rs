//! The settings of mails.

use lettre::message::Mailbox;
use shared::{Environment, log};

use crate::letter::mailbox;
use crate::texts::{languages, one_line};

/// What all mails share.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The sender's mailbox with its name.
    pub(crate) sender: Mailbox,
    /// The address of the page that links open, without a fragment.
    pub(crate) link_url: String,
    /// The language for readers that prefer none of those that there are.
    pub(crate) language: &'static str,
    /// `APP_NAME`.
    pub(crate) app: String,
}

impl Settings {
    /// Reads `MAIL_SENDER`, `MAIL_SENDER_NAME`, `MAIL_LINK_URL`, `MAIL_LANGUAGE` and `APP_NAME`. `None` if
    /// mail is off or a setting is bad. `is_local`: links may be of plain HTTP.
    pub(crate) fn from_env(env: &mut Environment, is_local: bool) -> Option<Self> {
        let app = log::app_name(env);
        let name = env.text("MAIL_SENDER_NAME").unwrap_or_else(|| app.clone());
        let url = env.parsed("MAIL_LINK_URL", None, URL_RULE, |text| {
            is_link_url(text, is_local).then(|| Some(text.to_owned()))
        });
        let language = language(env, &languages().collect::<Vec<_>>());
        let sender = env.text("MAIL_SENDER")?;
        let Some(address) = mailbox(&sender) else {
            env.refuse("MAIL_SENDER", "must be an address as accounts@example.com");
            return None;
        };
        if url.is_none() && env.text("MAIL_LINK_URL").is_none() {
            env.refuse("MAIL_LINK_URL", "must be set if MAIL_SENDER is");
        }
        let sender = Mailbox::new(Some(one_line(&name)), address);
        Some(Self { sender, link_url: url?, language: language?, app })
    }
}

/// Reads `MAIL_LANGUAGE`: one of these, in any case. `None` if it, or its default, isn't there.
fn language(env: &mut Environment, available: &[&'static str]) -> Option<&'static str> {
    let name = env.text("MAIL_LANGUAGE").unwrap_or_else(|| "en".to_owned());
    let language = available.iter().copied().find(|it| it.eq_ignore_ascii_case(&name));
    if language.is_none() {
        let available = available.join(", ");
        env.refuse(
            "MAIL_LANGUAGE",
            &format!("must be a language of the folder `mail`: {available}"),
        );
    }
    language
}

const URL_RULE: &str = "must be an address as https://example.com/mail, without a fragment";

/// Whether links may begin with this. A link of plain HTTP could be read on its way.
fn is_link_url(text: &str, is_local: bool) -> bool {
    let rest = text.strip_prefix("https://");
    let rest = rest.or_else(|| text.strip_prefix("http://").filter(|_| is_local));
    let is_plain = |it: char| it.is_ascii_graphic() && !"\"#<>\\^`{|}".contains(it);
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && text.chars().all(is_plain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)], is_local: bool) -> Result<Option<Settings>, String> {
        let mut env = pairs.iter().copied().collect();
        let settings = Settings::from_env(&mut env, is_local);
        env.check().map_err(|invalid| invalid.to_string())?;
        Ok(settings)
    }

    const SENDER: (&str, &str) = ("MAIL_SENDER", "mail@example.com");

    #[test]
    fn without_a_sender_mail_is_off() {
        assert!(read(&[], false).unwrap().is_none());
        assert!(read(&[("MAIL_LINK_URL", "https://a.example/mail")], false).unwrap().is_none());
    }

    #[test]
    fn a_sender_needs_a_link() {
        assert_eq!(
            read(&[SENDER], false).unwrap_err(),
            "bad settings: MAIL_LINK_URL must be set if MAIL_SENDER is"
        );
        let settings = read(&[SENDER, ("MAIL_LINK_URL", "https://a.example/mail")], false);
        let settings = settings.unwrap().unwrap();
        assert_eq!(settings.sender.to_string(), "Latchkey <mail@example.com>");
        assert_eq!(
            (settings.language, settings.link_url.as_str()),
            ("en", "https://a.example/mail")
        );
    }

    #[test]
    fn a_link_is_of_https_and_has_no_fragment() {
        for (url, deployed, local) in [
            ("https://a.example/mail", true, true),
            ("https://a.example/mail?x=1", true, true),
            ("http://127.0.0.1:8000/mail", false, true),
            ("https://a.example/mail#x", false, false),
            ("https:///mail", false, false),
            ("https://", false, false),
            ("javascript:alert(1)", false, false),
            ("https://a.example/\"><b", false, false),
            ("a.example/mail", false, false),
            ("https://a.example/a b", false, false),
            ("https://a.example/\r\nX: y", false, false),
        ] {
            for (is_local, expected) in [(false, deployed), (true, local)] {
                let is_good = read(&[SENDER, ("MAIL_LINK_URL", url)], is_local).is_ok();
                assert_eq!(is_good, expected, "{url} {is_local}");
            }
        }
    }

    #[test]
    fn bad_settings_are_named() {
        let pairs = [
            ("MAIL_SENDER", "mail@example.com\r\nBcc: eve@evil.example"),
            ("MAIL_LANGUAGE", "tlh"),
            ("MAIL_LINK_URL", "https://a.example"),
        ];
        let error = read(&pairs, false).unwrap_err();
        for setting in ["MAIL_SENDER must", "MAIL_LANGUAGE must be a language"] {
            assert!(error.contains(setting), "{error}");
        }
    }

    #[test]
    fn the_language_is_one_that_there_is_also_by_default() {
        let read = |name: &'static str, available: &[&'static str]| {
            let mut env = [("MAIL_LANGUAGE", name)].into_iter().collect();
            let found = language(&mut env, available);
            (found, env.check().map_err(|invalid| invalid.to_string()))
        };
        for (name, found) in [("", "en"), ("de", "de"), ("pt-BR", "pt-br"), ("pt-br", "pt-br")] {
            assert_eq!(read(name, &["de", "en", "pt-br"]), (Some(found), Ok(())), "{name}");
        }
        for name in ["", "en", "pt"] {
            let (found, error) = read(name, &["de", "pt-br"]);
            assert_eq!(found, None, "{name}");
            let sentence = "MAIL_LANGUAGE must be a language of the folder `mail`: de, pt-br";
            assert_eq!(error.unwrap_err(), format!("bad settings: {sentence}"));
        }
    }

    #[test]
    fn a_name_of_several_lines_is_one() {
        let pairs = [
            SENDER,
            ("MAIL_LINK_URL", "https://a.example"),
            ("MAIL_SENDER_NAME", "The\r\nBcc: eve@evil.example"),
        ];
        let name = read(&pairs, false).unwrap().unwrap().sender.name.unwrap();
        assert!(!name.contains(char::is_control), "{name:?}");
    }
}
