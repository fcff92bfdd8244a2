//! The texts of `mail/<language>/`, with their variables filled in.

use std::fmt;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context, escape_formatter};

use crate::kind::{CODE_MINUTES, Kind};

#[cfg(test)]
include!("kinds.rs");

/// Each language with the text and the HTML of each kind.
type Languages = [(&'static str, &'static [(&'static str, &'static str, &'static str)])];

const LANGUAGES: &Languages = &include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// The languages that mails can have.
pub(crate) fn languages() -> impl Iterator<Item = &'static str> {
    LANGUAGES.iter().map(|(language, _)| *language)
}

/// The texts of all mails.
#[derive(Debug)]
pub(crate) struct Texts {
    environment: Environment<'static>,
    app: String,
}

/// The parts of a mail that come from its user and its secret.
#[derive(Default)]
pub(crate) struct Parts<'a> {
    /// The link, the code, and the link's lifetime in hours.
    pub(crate) secret: Option<(&'a str, &'a str, u32)>,
    /// The username and the address, if the mailbox is proven.
    pub(crate) proven: Option<(&'a str, &'a str)>,
}

/// What a mail says.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// The subject: one line.
    pub subject: String,
    /// The plain text.
    pub plain: String,
    /// The same as HTML.
    pub html: String,
}

/// Without its texts, which may have a link and a code.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text").finish_non_exhaustive()
    }
}

impl Texts {
    /// The texts of the service of this name.
    pub(crate) fn new(app: &str) -> Result<Self, minijinja::Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // A line of nothing but a tag leaves no empty line.
        let mut syntax = SyntaxConfig::builder();
        syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
        environment.set_syntax(syntax.build()?);
        environment.set_formatter(|output, state, value| match value.as_str() {
            Some(text) if matches!(state.auto_escape(), AutoEscape::Html) => {
                output.write_str(&escaped(text)).map_err(Into::into)
            }
            _ => escape_formatter(output, state, value),
        });
        for (language, kinds) in LANGUAGES {
            for (kind, text, html) in *kinds {
                environment.add_template_owned(path(language, kind, "txt"), *text)?;
                environment.add_template_owned(path(language, kind, "html"), *html)?;
            }
        }
        Ok(Self { environment, app: one_line(app) })
    }

    /// What a mail says in one of [`languages`].
    pub(crate) fn render(
        &self,
        language: &str,
        kind: Kind,
        parts: &Parts<'_>,
    ) -> Result<Text, minijinja::Error> {
        let (link, code, hours) = parts.secret.unzip3();
        // Without a fragment, the page asks for the code.
        let page = link.and_then(|link| link.split('#').next());
        let (username, address) = parts.proven.unzip();
        // A name that an adopted database has with a line break in it is left out.
        let username = username.filter(|name| !name.contains(char::is_control));
        let values = context! {
            app => &self.app, link, page, code, hours, minutes => CODE_MINUTES, username, address,
        };
        let text = self.fill(language, kind, "txt", &values)?;
        let (first, plain) = text.split_once('\n').unwrap_or((&text, ""));
        let subject = one_line(first.trim_start_matches("Subject:"));
        let plain = plain.trim_start_matches(['\r', '\n']).to_owned();
        Ok(Text { subject, plain, html: self.fill(language, kind, "html", &values)? })
    }

    fn fill(
        &self,
        language: &str,
        kind: Kind,
        form: &str,
        values: &Value,
    ) -> Result<String, minijinja::Error> {
        self.environment.get_template(&path(language, kind.name(), form))?.render(values)
    }
}

fn path(language: &str, kind: &str, form: &str) -> String {
    format!("{language}/{kind}.{form}")
}

/// A text in HTML. Unlike minijinja's own, it leaves a slash, so that a link can be found in the source too.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#x27;")
}

/// A text without control characters, such as line breaks.
pub(crate) fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ").trim().to_owned()
}

/// [`Option::unzip`] for three.
trait Unzip3<A, B, C> {
    fn unzip3(self) -> (Option<A>, Option<B>, Option<C>);
}

impl<A, B, C> Unzip3<A, B, C> for Option<(A, B, C)> {
    fn unzip3(self) -> (Option<A>, Option<B>, Option<C>) {
        self.map_or((None, None, None), |(a, b, c)| (Some(a), Some(b), Some(c)))
    }
}

#[cfg(test)]
mod tests;
