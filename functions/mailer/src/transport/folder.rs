//! A folder of `.eml` files, for the local runner.

use std::path::PathBuf;
use std::{fs, io};

use crate::letter::Letter;
use crate::way_out::{Outcome, Sending, Transport};

/// The folder that mails are written to.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// This folder, which is made for the first mail.
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Writes `<seconds>-<kind>-<id>.eml`, in one step for those that read the folder.
    fn write(&self, letter: &Letter, message: &[u8]) -> io::Result<String> {
        let id: String = letter.id.chars().filter(char::is_ascii_hexdigit).take(16).collect();
        let name = format!("{}-{}-{id}", letter.date.seconds(), letter.kind.name());
        fs::create_dir_all(&self.0)?;
        let part = self.0.join(format!(".{name}.part"));
        fs::write(&part, message)?;
        fs::rename(&part, self.0.join(format!("{name}.eml")))?;
        Ok(name)
    }
}

impl Transport for Folder {
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a> {
        Box::pin(async move {
            let message = match letter.to_message() {
                Ok(message) => message.formatted(),
                Err(cause) => return Outcome::Postponed(cause),
            };
            match self.write(letter, &message) {
                Ok(name) => Outcome::Sent(name),
                Err(error) => Outcome::Unavailable(format!("the folder: {error}")),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use lettre::message::Mailbox;
    use shared::NumericDate;

    use super::*;
    use crate::kind::Kind;
    use crate::letter::mailbox;
    use crate::texts::Text;

    #[tokio::test]
    async fn a_mail_is_a_file_that_has_no_part_of_its_address_in_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mails");
        let text = Text { subject: "s".into(), plain: "t".into(), html: "<p>t</p>".into() };
        let letter = Letter {
            kind: Kind::Reset,
            from: Mailbox::new(None, mailbox("mail@example.com").unwrap()),
            to: mailbox("ada@example.com").unwrap(),
            language: "en",
            text,
            id: "<00ff00ff00ff00ff00ff00ff00ff00ff@example.com>".into(),
            date: NumericDate::from_seconds(1_795_507_200),
        };
        let sent = Folder::new(path.clone()).send(&letter).await;
        assert_eq!(sent, Outcome::Sent("1795507200-reset-00ff00ff00ff00ff".into()));
        let files: Vec<_> =
            fs::read_dir(&path).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(files, ["1795507200-reset-00ff00ff00ff00ff.eml"]);
        let blocked = Folder::new(path.join("1795507200-reset-00ff00ff00ff00ff.eml"));
        assert!(matches!(blocked.send(&letter).await, Outcome::Unavailable(_)));
    }
}
