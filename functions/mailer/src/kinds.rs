// The kinds of mail, each with the variables of its texts. `build.rs` reads this file too.

/// The variables of a mail with a link and a code. They may reach a mailbox that the user hasn't proven to
/// read, so they contain no text of the user's.
const SECRET: &[&str] = &["app", "link", "page", "code", "minutes", "hours"];

/// The variables of a notice. `username` and `address` are none unless the address is verified.
const NOTICE: &[&str] = &["app", "username", "address"];

/// Each kind with its variables.
pub(crate) const KINDS: [(&str, &[&[&str]]); 8] = [
    ("address_in_use", &[&["app"]]),
    ("change", &[SECRET]),
    ("change_asked", &[NOTICE]),
    ("email_changed", &[NOTICE]),
    ("new_client", &[NOTICE]),
    ("password_changed", &[NOTICE]),
    ("reset", &[SECRET, NOTICE]),
    ("verify", &[SECRET]),
];
